"""Dense blocks: groups of actors and targets that deal with each other far more, and more evenly, than their traffic explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit

from fairdeal.models.frames import Floats
from fairdeal.models.splitting import Ints

Mask = NDArray[np.bool_]
Singles = NDArray[np.float32]

#: Directions in which blocks are looked for; how many of a direction's first parties a search starts from, and at most what part of all.
DIRECTIONS, START, PART = 12, 200, 8
#: Directions carried besides, so that the wanted ones settle, and passes over the graph until they have.
SPARE, PASSES = 6, 12
#: Squared length, as a part of the longest, that a direction is taken to have at least.
LEAST_STRENGTH = 1e-10
#: Evidence (natural log units) that every further member must bring: without a price, chance alone would fill a block.
PRICE = 2.0
#: Rounds of taking members in and out, members of either side a block needs, and overlap from which two blocks are one.
ROUNDS, FEWEST, SAME = 15, 3, 0.5
#: Evidence below which nothing is told: what chance leaves in a market without any ring.
LEAST_EVIDENCE = 30.0


@dataclass(frozen=True, eq=False)
class Block:
    """One block.

    Parameters
    ----------
    actors, targets
        Row and column numbers of its members, ascending.
    edges
        Edges within it.
    expected
        Edges that the members' own traffic explains.
    evidence
        Log-likelihood ratio of a block against none, less the price of its members.
    unevenness
        Geometric mean, over both sides, of the variance of members' edges within the block over their mean; at least one. Members who
        were paid to deal do about as much each; a community grown by itself has a core and a fringe.
    actor_gain, target_gain
        Evidence that each member brings, after its price.
    """

    actors: Ints
    targets: Ints
    edges: int
    expected: float
    evidence: float
    unevenness: float
    actor_gain: Floats
    target_gain: Floats

    @property
    def suspicion(self) -> float:
        """What blocks are ordered by: evidence, the less the less evenly it is spread."""
        return self.evidence / self.unevenness

    def member_scores(self) -> tuple[Floats, Floats]:
        """0 to 1 per actor and per target: how surely each belongs."""
        return expit(self.actor_gain), expit(self.target_gain)


def find_blocks(graph: sp.csr_array, *, most: int = 10, seed: int = 0) -> list[Block]:
    """The most suspicious blocks of a graph of actors and targets, the most suspicious first.

    Parameters
    ----------
    graph
        Shape (actors, targets); how often, or how strongly, each actor dealt with each target, never negative.
    most
        Blocks told at most.
    seed
        Where the search for directions starts; the same graph and seed give the same blocks.

    Returns
    -------
    list of Block
        No two of which are nearly the same. Empty where nothing stands out.

    Notes
    -----
    What is expected of two parties is the product of their traffic over all traffic (Newman, "Modularity and community structure in
    networks", 2006), so that edges to popular targets, a ring's camouflage, count for little. Directions are the singular vectors of
    what is left over, each side scaled by its traffic (Chaudhuri and others, "Spectral clustering of graphs with general degrees", 2012).
    From each, members are taken in and out until the Poisson likelihood ratio of Kulldorff, "A spatial scan statistic" (1997), no longer
    grows. On camouflage see Hooi and others, "FRAUDAR" (2016), whose densest block is often the host's own core.
    """
    if min(graph.shape) <= FEWEST or graph.nnz == 0:
        return []
    search = _Search(sp.csr_array(graph, dtype=np.float64))
    found = sorted(search.blocks(seed), key=lambda block: (-block.suspicion, block.actors.tolist()))
    kept: list[Block] = []
    for block in found:
        if block.evidence >= LEAST_EVIDENCE and not any(_overlap(block, other) > SAME for other in kept):
            kept.append(block)
    return kept[:most]


def _overlap(one: Block, other: Block) -> float:
    both = len(np.intersect1d(one.actors, other.actors)) + len(np.intersect1d(one.targets, other.targets))
    return both / (len(one.actors) + len(one.targets) + len(other.actors) + len(other.targets) - both)


class _Search:
    """A graph with its traffic, and the search for blocks in it."""

    def __init__(self, graph: sp.csr_array) -> None:
        self._graph, self._turned = graph, sp.csr_array(graph.T)
        self._out = np.asarray(graph.sum(axis=1)).ravel()
        self._in = np.asarray(graph.sum(axis=0)).ravel()
        self._all = float(self._out.sum())

    def blocks(self, seed: int) -> list[Block]:
        found = []
        for actors, targets in self._directions(seed):
            block = self._settled(_first(actors), _first(targets))
            if block is not None:
                found.append(block)
        return found

    def _directions(self, seed: int) -> list[tuple[Singles, Singles]]:
        """Singular vectors of the surplus over what is expected, both ways round."""
        # Directions are only starts: single precision does, at half the time.
        graph, back = self._graph.astype(np.float32), self._turned.astype(np.float32)
        out, into = self._out.astype(np.float32), self._in.astype(np.float32)
        by_out, by_in = 1.0 / np.sqrt(out + out.mean()), 1.0 / np.sqrt(into + into.mean())
        whole = np.float32(self._all)

        def surplus(vectors: Singles) -> Singles:
            scaled = by_in[:, None] * vectors
            return np.asarray(by_out[:, None] * (graph @ scaled - np.outer(out, into @ scaled) / whole))

        def turned(vectors: Singles) -> Singles:
            scaled = by_out[:, None] * vectors
            return np.asarray(by_in[:, None] * (back @ scaled - np.outer(into, out @ scaled) / whole))

        # Subspace iteration (Halko, Martinsson and Tropp, "Finding structure with randomness", 2011), all directions at a time.
        count = min(DIRECTIONS, min(self._graph.shape) - 1)
        wide = min(count + SPARE, min(self._graph.shape))
        right = np.random.default_rng(seed).standard_normal((self._graph.shape[1], wide), dtype=np.float32)
        for _ in range(PASSES):
            right = _upright(turned(surplus(right)))
        left = surplus(right)
        # The strongest last: only the order of parties within a direction counts, so that none needs a length.
        turn = np.linalg.eigh(_gram(left))[1].astype(np.float32)
        inner, outer = left @ turn, right @ turn
        return [(sign * inner[:, -at], sign * outer[:, -at]) for at in range(1, count + 1) for sign in (np.float32(1), np.float32(-1))]

    def _settled(self, actors: Mask, targets: Mask) -> Block | None:
        """The block that a start settles to; None where it falls apart."""
        for _ in range(ROUNDS):
            taken = self._chosen(self._graph, self._out, actors, self._in, targets)
            told = None if taken is None else self._chosen(self._turned, self._in, targets, self._out, taken)
            if taken is None or told is None:
                return None
            if (taken == actors).all() and (told == targets).all():
                break
            actors, targets = taken, told
        return self._block(actors, targets)

    def _chosen(self, edges: sp.csr_array, traffic: Floats, mine: Mask, others_traffic: Floats, others: Mask) -> Mask | None:
        """Of one side all who bring more evidence than they cost, the other side as it is; None where too few do."""
        gains = self._gains(np.asarray(edges @ others.astype(np.float64)), traffic, mine, float(others_traffic[others].sum()))
        return None if gains is None or (gains > 0).sum() < FEWEST else gains > 0

    def _gains(self, within: Floats, traffic: Floats, mine: Mask, others: float) -> Floats | None:
        """Evidence that each party of a side brings, or would bring, less its price; None where there is no surplus.

        ``within`` are its edges into the block's other side, whose traffic is ``others``.
        """
        edges, expected = float(within[mine].sum()), float(traffic[mine].sum()) * others / self._all
        if not edges > expected > 0:
            return None
        ratio = edges / expected
        return np.asarray(within * np.log(ratio) - (ratio - 1.0) * others / self._all * traffic - PRICE, dtype=np.float64)

    def _block(self, actors: Mask, targets: Mask) -> Block | None:
        of_actors = np.asarray(self._graph @ targets.astype(np.float64))
        of_targets = np.asarray(self._turned @ actors.astype(np.float64))
        actor_gain = self._gains(of_actors, self._out, actors, float(self._in[targets].sum()))
        target_gain = self._gains(of_targets, self._in, targets, float(self._out[actors].sum()))
        if actor_gain is None or target_gain is None:
            return None
        edges, expected = float(of_actors[actors].sum()), float(self._out[actors].sum() * self._in[targets].sum() / self._all)
        uneven = [max(1.0, float(side.var() / side.mean())) for side in (of_actors[actors], of_targets[targets])]
        evidence = edges * float(np.log(edges / expected)) - edges + expected - PRICE * float(actors.sum() + targets.sum())
        return Block(
            actors=np.flatnonzero(actors),
            targets=np.flatnonzero(targets),
            edges=round(edges),
            expected=expected,
            evidence=evidence,
            unevenness=float(np.sqrt(uneven[0] * uneven[1])),
            actor_gain=actor_gain[actors],
            target_gain=target_gain[targets],
        )


def _gram(vectors: Singles) -> Floats:
    """Inner products of every two of the vectors, which are columns."""
    return (vectors.T @ vectors).astype(np.float64)


def _upright(vectors: Singles) -> Singles:
    """The same space by columns of length one at right angles: of many rows and few columns much faster than by QR."""
    strength, turn = np.linalg.eigh(_gram(vectors))
    strength = np.maximum(strength, strength[-1] * LEAST_STRENGTH)
    return np.asarray(vectors @ (turn / np.sqrt(strength)), dtype=np.float32)


def _first(values: Singles) -> Mask:
    """The greatest values, of equal ones those that come first."""
    count = max(FEWEST, min(START, len(values) // PART))
    least = np.partition(values, -count)[-count]
    chosen = values > least
    chosen[np.flatnonzero(values == least)[: count - int(chosen.sum())]] = True
    return np.asarray(chosen, dtype=bool)
