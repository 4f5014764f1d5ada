"""Reads every file of a mapping, one after the other, and prints what became of each and the most memory that this process ever held.

``python -m tests.broken.reading_within MAPPING`` in a process of its own: a peak is a process's own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fairdeal.sources.discovery import discover
from fairdeal.sources.mapping import load_mapping
from fairdeal.sources.reading import read


def main(mapping_path: str) -> None:
    mapping = load_mapping(Path(mapping_path))
    told = {}
    for file in discover(mapping).all:
        report = read(mapping, [file]).files[0]
        told[file.path] = {"status": report.status, "message": report.message, "megabytes": _peak()}
    print(json.dumps(told))


def _peak() -> int:
    """Most resident memory so far, in megabytes; what `getrusage` tells may be the parent's, from before this program began."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    main(sys.argv[1])
