"""Figures on public data sets and on this machine: every module runs as ``python -m benchmarks.NAME`` and prints JSON Lines.

A line holds ``figure``, ``value`` and ``unit``; where there is one also ``peer`` (what the one compared with reached, in the same unit),
``ratio`` (how many times as good as the peer: above 1 is better) and ``data`` (what it was measured on).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
from pathlib import Path


def tell(figure: str, value: float, unit: str, *, peer: float | None = None, ratio: float | None = None, data: str | None = None) -> None:
    """Prints one figure; what is not known is left out, a value that could not be had is null."""
    line: dict[str, object] = {"figure": figure, "value": value if math.isfinite(value) else None, "unit": unit}
    line |= {name: given for name, given in (("peer", peer), ("ratio", ratio), ("data", data)) if given is not None}
    print(json.dumps(line, allow_nan=False), flush=True)


def parser(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the public data sets (default: %(default)s)")
    return made


def peak_mb() -> float:
    """Most memory this program has held. The kernel's own mark where it is told: `getrusage` goes on from that of the parent process."""
    status = Path("/proc/self/status")
    if status.exists():
        marks = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        if marks:
            return int(marks[0]) / 1024
    kilobyte = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kilobyte
