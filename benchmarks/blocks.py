"""Rings in a graph: blocks planted into a real host under three kinds of camouflage, beside greedy peeling.

200 users and 200 targets are drawn by seed and joined with the density named; camouflage adds as many edges per planted user to random
or to popular targets. Judged are F1 and AUC over planted users and targets; a figure is the worst camouflage's mean over the seeds.
"""

from __future__ import annotations

import argparse
import heapq
import statistics
import sys
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sp

from benchmarks import parser, tell
from fairdeal.models import metrics
from fairdeal.models.blocks import find_blocks

CAMOUFLAGES = ("none", "random", "biased")
PLANTED = 200
DENSITIES = (0.20, 0.10, 0.05, 0.03, 0.02)
#: FRAUDAR (KDD 2016), run once on a host of this size without camouflage.
FRAUDAR = {0.10: 0.61, 0.05: 0.03}


def host_graph(data: Path) -> sp.csr_array:
    """Who rated whom at a real trading place; ids renumbered."""
    path = data / "hosts" / "trading_trust.parquet"
    if not path.exists():
        sys.exit(f"{path}: not there; allowed is a folder that holds the host graph; give it with --data")
    edges = pl.read_parquet(path).unique()
    _, users = np.unique(edges["user_id"].to_numpy(), return_inverse=True)
    _, targets = np.unique(edges["target_id"].to_numpy(), return_inverse=True)
    return sp.csr_array((np.ones(len(users)), (users, targets)))


def planted(host: sp.csr_array, density: float, camouflage: str, seed: int) -> tuple[sp.csr_array, np.ndarray]:
    """The host with a block in it, and who belongs to the block: users, then targets."""
    random = np.random.default_rng(seed)
    users = random.choice(host.shape[0], PLANTED, replace=False)
    targets = random.choice(host.shape[1], PLANTED, replace=False)
    block = random.random((PLANTED, PLANTED)) < density
    rows, columns = np.nonzero(block)
    starts, ends = [users[rows]], [targets[columns]]
    if camouflage != "none":
        popular = np.asarray(host.sum(axis=0)).ravel()
        chance = popular / popular.sum() if camouflage == "biased" else None
        for user, count in zip(users, block.sum(axis=1), strict=True):
            starts.append(np.full(count, user))
            ends.append(random.choice(host.shape[1], count, replace=False, p=chance))
    where = (np.concatenate(starts), np.concatenate(ends))
    graph = sp.csr_array(host + sp.csr_array((np.ones(len(where[0])), where), shape=host.shape))
    graph.data[:] = 1.0
    truth = np.zeros(sum(host.shape))
    truth[users], truth[host.shape[0] + targets] = 1.0, 1.0
    return graph, truth


def ours(graph: sp.csr_array, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Members of the most suspicious block, and a score per party: its share in any block, by the block's suspicion."""
    member, score = np.zeros(sum(graph.shape)), np.zeros(sum(graph.shape))
    for number, block in enumerate(find_blocks(graph, seed=seed)):
        parties = np.concatenate([block.actors, graph.shape[0] + block.targets])
        score[parties] = np.maximum(score[parties], block.suspicion * np.concatenate(block.member_scores()))
        if number == 0:
            member[parties] = 1.0
    return member, score


def densest(graph: sp.csr_array) -> np.ndarray:
    """The densest block by greedy peeling, edges to popular targets weighing less by the logarithm of their traffic; no more than that."""
    users = graph.shape[0]
    weighed = sp.csr_array(graph @ sp.diags_array(1.0 / np.log(np.asarray(graph.sum(axis=0)).ravel() + 5.0)))
    turned = sp.csr_array(weighed.T)
    weight = np.concatenate([np.asarray(weighed.sum(axis=1)).ravel(), np.asarray(turned.sum(axis=1)).ravel()])
    heap = [(float(value), party) for party, value in enumerate(weight)]
    heapq.heapify(heap)
    left, alive, total = len(weight), np.ones(len(weight), dtype=bool), float(weighed.sum())
    best, best_at, removed = total / left, 0, list[int]()
    while heap and left > 1:
        value, party = heapq.heappop(heap)
        if not alive[party] or value > weight[party] + 1e-9:
            continue
        alive[party], left, total = False, left - 1, total - weight[party]
        removed.append(party)
        side, at, offset = (weighed, party, users) if party < users else (turned, party - users, 0)
        row = slice(side.indptr[at], side.indptr[at + 1])
        for other, edge in zip(side.indices[row], side.data[row], strict=True):
            if alive[other + offset]:
                weight[other + offset] -= edge
                heapq.heappush(heap, (float(weight[other + offset]), int(other + offset)))
        if total / left > best:
            best, best_at = total / left, len(removed)
    chosen = np.ones(len(weight))
    chosen[removed[:best_at]] = 0.0
    return chosen


def f1(truth: np.ndarray, chosen: np.ndarray) -> float:
    return float(2 * (truth * chosen).sum() / (truth.sum() + chosen.sum()))


def tell_planted(host: sp.csr_array, density: float, seeds: int) -> None:
    """The worst camouflage's mean F1 and AUC, its spread over seeds, and the peeling's on the same graphs."""
    name, data = f"d{round(100 * density):02d}", f"block of density {density:.2f} in a host of {host.nnz} edges, {seeds} seeds"
    means = {}
    for camouflage in CAMOUFLAGES:
        found, areas = list[float](), list[float]()
        for seed in range(seeds):
            graph, truth = planted(host, density, camouflage, seed)
            member, score = ours(graph, seed)
            found.append(f1(truth, member))
            areas.append(metrics.auc(truth, score))
        simple = statistics.fmean(
            f1(truth, densest(graph)) for graph, truth in (planted(host, density, camouflage, seed) for seed in range(2))
        )
        means[camouflage] = (statistics.fmean(found), statistics.fmean(areas), statistics.pstdev(found), simple)
    worst = min(means, key=lambda camouflage: means[camouflage][0])
    value, area, spread, simple = means[worst]
    peer = FRAUDAR.get(density)
    tell(f"blocks.f1_{name}", value, "share", peer=peer, ratio=None if peer is None else value / peer, data=f"{data}; worst: {worst}")
    tell(f"blocks.f1_{name}_std", spread, "share", data=f"{data}; {worst}")
    tell(f"blocks.auc_{name}", area, "share", data=f"{data}; {worst}")
    tell(f"blocks.f1_{name}_simple", simple, "share", data=f"{data}; {worst}; greedy peeling, 2 seeds")


def main(arguments: argparse.Namespace) -> None:
    host = host_graph(arguments.data)
    for density in DENSITIES:
        tell_planted(host, density, arguments.seeds)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--seeds", type=int, default=10, help="blocks planted per density and camouflage (default: %(default)s)")
    main(options.parse_args())
