"""Two texts side by side, with what both say marked."""

from __future__ import annotations

import re

#: Runs of so many letters that both texts have are marked: of scripts whose signs are words, and of others.
OF_WORD_SIGNS, OF_LETTERS = 4, 12

_WORD_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def common_spans(one: str, other: str) -> list[tuple[int, int]]:
    """Where ``one`` says what ``other`` says too: start and end of each run, counted in characters; letter case does not matter.

    Examples
    --------
    >>> common_spans("质量很好，物流很快", "确实质量很好，推荐")
    [(0, 5)]
    """
    width = OF_WORD_SIGNS if _WORD_SIGNS.search(one) else OF_LETTERS
    first, second = _plain(one), _plain(other)
    windows = {second[start : start + width] for start in range(len(second) - width + 1)}
    spans: list[tuple[int, int]] = []
    for start in range(len(first) - width + 1):
        if first[start : start + width] in windows:
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], start + width)
            else:
                spans.append((start, start + width))
    return spans


def _plain(text: str) -> str:
    """Lower case, letter by letter, so that positions stay."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
