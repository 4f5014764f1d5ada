from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fairdeal.models.blocks import Block, find_blocks


def market(seed: int, *, actors: int = 600, targets: int = 300, edges: int = 3_000) -> sp.csr_array:
    """Honest trade: popular shops and eager buyers, nobody in league."""
    rng = np.random.default_rng(seed)
    who = (actors * rng.random(edges) ** 2).astype(int)
    where = (targets * rng.random(edges) ** 3).astype(int)
    return sp.csr_array((np.ones(edges), (who, where)), shape=(actors, targets))


def with_ring(graph: sp.csr_array, actors: range, targets: range, density: float, seed: int = 0) -> sp.csr_array:
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((len(actors), len(targets))) < density)
    ring = sp.csr_array((np.ones(len(rows)), (rows + actors.start, columns + targets.start)), shape=graph.shape)
    return sp.csr_array(graph + ring)


def share_found(block: Block, actors: range) -> float:
    return len(np.intersect1d(block.actors, np.asarray(actors))) / len(actors)


@pytest.mark.parametrize("seed", range(5))
def test_a_ring_is_found_with_its_members(seed: int) -> None:
    ring = range(200, 260)
    first = find_blocks(with_ring(market(seed), ring, range(100, 130), 0.4, seed))[0]
    assert share_found(first, ring) > 0.9
    assert len(first.actors) < 80
    assert first.edges > 2 * first.expected
    for scores in first.member_scores():
        assert ((scores > 0.5) & (scores <= 1)).all()


def test_two_rings_are_two_blocks() -> None:
    one, other = range(200, 250), range(400, 450)
    graph = with_ring(with_ring(market(1), one, range(100, 125), 0.5), other, range(200, 225), 0.5)
    first, second = find_blocks(graph)[:2]
    found = {max((share_found(block, ring), name) for name, ring in (("one", one), ("other", other)))[1] for block in (first, second)}
    assert found == {"one", "other"}


def test_orders_at_popular_shops_hide_nobody() -> None:
    ring = range(200, 260)
    rng = np.random.default_rng(3)
    host = market(3, actors=3_000, targets=1_500, edges=15_000)
    popular = (1_500 * rng.random(600) ** 3).astype(int)
    camouflage = sp.csr_array((np.ones(600), (np.repeat(np.asarray(ring), 10), popular)), shape=host.shape)
    graph = sp.csr_array(with_ring(host, ring, range(700, 730), 0.35) + camouflage)
    assert share_found(find_blocks(graph)[0], ring) > 0.9


def test_an_even_block_is_more_suspicious_than_a_grown_one_of_the_same_evidence() -> None:
    even, grown = (Block(np.arange(3), np.arange(3), 90, 10.0, 100.0, uneven, np.ones(3), np.ones(3)) for uneven in (1.0, 8.0))
    assert even.suspicion > grown.suspicion


def test_honest_trade_has_no_ring() -> None:
    for seed in range(5):
        assert find_blocks(market(seed)) == []


def test_the_numbers_that_parties_bear_mean_nothing() -> None:
    graph = with_ring(market(2), range(200, 260), range(100, 130), 0.4)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(graph.shape[0]), rng.permutation(graph.shape[1])
    turned = find_blocks(sp.csr_array(graph[rows][:, columns]))[0]
    plain = find_blocks(graph)[0]
    assert sorted(rows[turned.actors].tolist()) == plain.actors.tolist()
    assert sorted(columns[turned.targets].tolist()) == plain.targets.tolist()


def test_nothing_and_next_to_nothing_have_no_blocks() -> None:
    assert find_blocks(sp.csr_array((10, 10))) == []
    assert find_blocks(sp.csr_array(np.ones((2, 2)))) == []
    assert find_blocks(sp.csr_array(np.eye(6))) == []


def test_the_same_graph_gives_the_same_blocks() -> None:
    graph = with_ring(market(4), range(200, 240), range(100, 120), 0.5)
    one, other = find_blocks(graph), find_blocks(graph)
    assert [block.evidence for block in one] == [block.evidence for block in other]
