"""Speed of the search for rings: seconds for a graph whose popularity follows a power law, with a block of paid orders in it."""

from __future__ import annotations

import argparse
import time

import numpy as np
import scipy.sparse as sp

from benchmarks import parser, peak_mb, tell
from fairdeal.models.blocks import find_blocks


def tell_speed(edges: int, seed: int) -> None:
    """Seconds for rings in a graph of so many edges whose popularity follows a power law, with a block of paid orders in it."""
    random = np.random.default_rng(seed)
    users, targets = edges // 5, edges // 20
    where = (random.integers(0, users, edges), np.minimum((targets * random.random(edges) ** 3).astype(np.int64), targets - 1))
    ring = (np.repeat(np.arange(100), 20), random.integers(0, 30, 2_000) + targets // 2)
    both = tuple(np.concatenate(pair) for pair in zip(where, ring, strict=True))
    graph = sp.csr_array((np.ones(len(both[0])), both), shape=(users, targets))
    began, worked = time.perf_counter(), time.process_time()
    blocks = find_blocks(graph)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    found = len(np.intersect1d(blocks[0].actors, np.arange(100))) if blocks else 0
    data = f"{graph.nnz} edges, {users} users, {targets} targets; {found} of 100 planted users in the first block"
    tell("graph.ring_s", seconds, "s", data=data)
    # What the machine's other work does not change.
    tell("graph.ring_cpu_s", cpu, "CPU s", data=data)
    tell("graph.peak_mb", peak_mb(), "MB", data=data)


def main(arguments: argparse.Namespace) -> None:
    tell_speed(arguments.edges, 0)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--edges", type=int, default=1_000_000, help="edges of the graph (default: %(default)s)")
    main(options.parse_args())
