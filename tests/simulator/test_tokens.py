from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.simulator.tokens import PREFIXES, space, tokens

CODES = st.lists(st.integers(0, 2**62), min_size=1, max_size=50, unique=True)


@given(CODES, st.sampled_from(sorted(PREFIXES)), st.integers(0, 2**64))
def test_different_codes_have_different_tokens_of_one_shape(codes: list[int], kind: str, seed: int) -> None:
    made = tokens(kind, np.array(codes, dtype=np.int64), seed)
    assert made.is_unique().all()
    assert all(re.fullmatch(PREFIXES[kind] + "[a-kmnp-z2-9]{13}", token) for token in made)


@given(CODES, st.integers(0, 1000))
def test_a_token_depends_on_its_code_only(codes: list[int], seed: int) -> None:
    together = tokens("order", np.array(codes, dtype=np.int64), seed)
    alone = [tokens("order", np.array([code], dtype=np.int64), seed)[0] for code in codes]
    assert together.to_list() == alone


def test_the_order_of_tokens_says_nothing_about_the_order_of_codes() -> None:
    made = tokens("payment", np.arange(20_000, dtype=np.int64), 1)
    rank = made.rank("ordinal").to_numpy().astype(np.float64)
    assert abs(np.corrcoef(np.arange(20_000), rank)[0, 1]) < 0.03


def test_kinds_and_seeds_do_not_share_tokens() -> None:
    codes = np.arange(100, dtype=np.int64)
    bodies = [set(tokens(kind, codes, seed).str.slice(1)) for kind, seed in (("order", 1), ("order", 2), ("payment", 1))]
    assert not bodies[0] & bodies[1]
    assert not bodies[0] & bodies[2]


def test_no_token_looks_like_a_card_number() -> None:
    made = tokens("instrument", np.arange(50_000, dtype=np.int64) + space(3), 4)
    assert not made.str.contains(r"\d{12}").any()


def test_no_codes_give_no_tokens() -> None:
    assert tokens("order", np.zeros(0, dtype=np.int64), 1).to_list() == []
