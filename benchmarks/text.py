"""Speed on texts: how many a processor scores in a second, and near-duplicates against MinHash with locality-sensitive hashing.

Texts are reviews of public sets, English and Chinese. Near-duplicates are planted: a part of the texts is posted again by other accounts
with a few words changed, left out or put in; what counts as a pair is decided by the exact Jaccard index of four-letter shingles. Peer is
datasketch's MinHashLSH with as many bands of as many rows, candidates verified the same way, so that both find the same pairs but for
chance; used as its pages show, and besides in its fastest way.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from datasketch import MinHash, MinHashLSH

from benchmarks import parser, peak_mb, tell
from fairdeal.features.twins import BANDS, ROWS, SHORTEST, WIDTH, find_twins, letters
from fairdeal.models.ngrams import counts
from fairdeal.models.text import fit_text

#: File, text column and label of each set.
SETS = {"cg-or": ("cg-or/reviews.parquet", "Text", "True_Label"), "dianping": ("dianping/reviews.parquet", "text", "label")}
#: Jaccard index from which two texts are a pair, and the most twins of one text that are asked for.
SIMILAR, MOST = 0.6, 1_000
Pairs = set[tuple[str, str]]
Done = TypeVar("Done")


def texts_of(data: Path, name: str, most: int) -> tuple[list[str], np.ndarray]:
    """So many texts of a set, and which carry the first of its labels."""
    file, text, label = SETS[name]
    if not (data / file).exists():
        sys.exit(f"{data}: no {file}; allowed is a folder that holds the set; give it with --data")
    rows = pl.read_parquet(data / file, columns=[text, label]).drop_nulls().sample(fraction=1, shuffle=True, seed=0).head(most)
    kinds = rows[label].cast(pl.String)
    return rows[text].to_list(), (kinds == kinds.min()).to_numpy().astype(np.float64)


def tell_scoring(name: str, texts: list[str], truth: np.ndarray) -> tuple[int, float]:
    """Texts scored from raw text, and the seconds of the processor they took; a tenth is learned from."""
    learned = max(len(texts) // 10, 100)
    model = fit_text(counts(texts[:learned]), truth[:learned], np.ones(learned), 0)
    judged = texts[learned:]
    _, seconds = timed(lambda: model.score(judged))
    length = sum(map(len, judged)) / max(len(judged), 1)
    tell(f"text.{name}.per_cpu_second", len(judged) / seconds, "texts per CPU s", data=f"{len(judged)} texts, {length:.0f} characters each")
    return len(judged), seconds


def planted(texts: Sequence[str], share: float, seed: int) -> dict[str, str]:
    """The texts by account, and near-duplicates of a share of them by other accounts."""
    rng = np.random.default_rng(seed)
    corpus = {f"a{number:07d}": text for number, text in enumerate(texts)}
    for number in rng.permutation(len(texts))[: int(share * len(texts))].tolist():
        for copy in range(int(rng.integers(1, 4))):
            corpus[f"c{number:07d}-{copy}"] = changed(texts[number], rng)
    return corpus


def changed(text: str, rng: np.random.Generator) -> str:
    """The text with one stretch in twelve left out, doubled or replaced by another of its own."""
    words = text.split() if text.count(" ") > len(text) / 12 else list(text)
    glue = " " if text.count(" ") > len(text) / 12 else ""
    said: list[str] = []
    for word in words:
        draw = rng.random()
        said.extend(
            [] if draw < 0.02 else [word, word] if draw < 0.03 else [words[int(rng.integers(len(words)))]] if draw < 0.05 else [word]
        )
    return glue.join(said)


def shingles(text: str) -> frozenset[str]:
    """What two texts are compared by."""
    read = letters(text)
    return frozenset(read[at : at + WIDTH] for at in range(len(read) - WIDTH + 1)) if len(read) >= SHORTEST else frozenset()


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def ours(corpus: dict[str, str]) -> Pairs:
    """Pairs that the product finds."""
    found = find_twins(list(corpus), list(corpus.values()), least_similarity=SIMILAR, most=MOST)
    return {(one, other) for one, other in found.select("id", "twin_id").iter_rows() if one < other}


def as_documented(sets: Iterable[frozenset[str]]) -> list[MinHash]:
    """Signatures as datasketch's own pages show: one shingle after the other, by its own hash."""
    signatures = []
    for parts in sets:
        signature = MinHash(num_perm=BANDS * ROWS)
        for part in parts:
            signature.update(part.encode())
        signatures.append(signature)
    return signatures


def at_its_fastest(sets: Iterable[frozenset[str]]) -> list[MinHash]:
    """The same signatures all at once, by the fastest hash of the standard library."""
    return list(MinHash.bulk(([part.encode() for part in parts] for parts in sets), num_perm=BANDS * ROWS, hashfunc=zlib.crc32))


def theirs(corpus: dict[str, str], signed: Callable[[Iterable[frozenset[str]]], list[MinHash]]) -> Pairs:
    """Pairs that datasketch's index proposes, verified as ours are."""
    index, found = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS)), Pairs()
    sets = {name: read for name, text in corpus.items() if (read := shingles(text))}
    for name, signature in zip(sets, signed(sets.values()), strict=True):
        found |= {(min(name, other), max(name, other)) for other in index.query(signature)}
        index.insert(name, signature)
    return {(one, other) for one, other in found if similarity(sets[one], sets[other]) >= SIMILAR}


def timed(work: Callable[[], Done]) -> tuple[Done, float]:
    """What a piece of work gives, and the seconds of the processor it takes."""
    gc.collect()
    began = time.process_time()
    done = work()
    return done, time.process_time() - began


def tell_near_duplicates(texts: list[str], share: float, seed: int) -> None:
    """Seconds for all pairs, ours and the peer's, and which part of the true pairs each finds."""
    corpus = planted(texts, share, seed)
    (mine, seconds), (peers, longer) = timed(lambda: ours(corpus)), timed(lambda: theirs(corpus, as_documented))
    _, fastest = timed(lambda: theirs(corpus, at_its_fastest))
    sets = {name: shingles(text) for name, text in corpus.items()}
    origin: dict[str, list[str]] = {}
    for name in corpus:
        origin.setdefault(name[1:8], []).append(name)
    true = {(one, other) for same in origin.values() for one in same for other in same if one < other}
    true = {pair for pair in true | mine | peers if similarity(sets[pair[0]], sets[pair[1]]) >= SIMILAR}
    data = f"{len(corpus)} texts by as many accounts, {len(true)} pairs of a Jaccard index of {SIMILAR} or more"
    tell("text.neardup_ratio", longer / seconds, "times", peer=1.0, ratio=longer / seconds, data=data)
    tell("text.neardup_fastest_ratio", fastest / seconds, "times", peer=1.0, ratio=fastest / seconds, data=f"{data}; its fastest use")
    tell(
        "text.neardup_per_cpu_second",
        len(corpus) / seconds,
        "texts per CPU s",
        peer=len(corpus) / longer,
        ratio=longer / seconds,
        data=data,
    )
    for name, kind in (("recall", true), ("precision", None)):
        value, peer = (len(found & true) / max(len(true if kind else found), 1) for found in (mine, peers))
        tell(f"text.neardup_{name}", value, "share", peer=peer, ratio=value / peer if peer else None, data=data)


def main(arguments: argparse.Namespace) -> None:
    sets = {name: texts_of(arguments.data, name, arguments.texts) for name in SETS}
    scored = [tell_scoring(name, texts, truth) for name, (texts, truth) in sets.items()]
    together = f"{' and '.join(SETS)}, from raw text to score"
    tell("text.per_cpu_second", sum(count for count, _ in scored) / sum(second for _, second in scored), "texts per CPU s", data=together)
    tell_near_duplicates([text for texts, _ in sets.values() for text in texts], arguments.share, 0)
    tell("text.peak_mb", peak_mb(), "MB", data=together)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--texts", type=int, default=10_000, help="texts of each set at most (default: %(default)s)")
    options.add_argument("--share", type=float, default=0.1, help="part of the texts that is posted again, changed (default: %(default)s)")
    main(options.parse_args())
