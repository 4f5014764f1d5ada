"""Broken input that grows: what a small or a shapeless file may make a process hold is bounded."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.broken.kinds import BANK, HEADER, line, pack, parquet_file, payments_table

MEGABYTE = 1 << 20
#: What the libraries take on their own, some 220 megabytes, and room for one file in hand.
MOST_MEGABYTES = 450


def _dictionary(rows: int) -> bytes:
    """One text of a megabyte, meant ``rows`` times."""
    order = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * MEGABYTE]))
    return parquet_file(
        {**payments_table("K", 1), "order": order}
        | {n: v.take(pa.array([0] * rows)) for n, v in payments_table("K", 1).items() if n != "order"},
        compression="zstd",
    )


#: File name to its content and a word of the message.
GROWING: dict[str, tuple[Callable[[], bytes], str]] = {
    "zeros.csv.gz": (lambda: gzip.compress(b"0" * (64 * MEGABYTE)) * 40, "grow past"),
    "zeros.csv.zst": (lambda: pack(b"0" * (64 * MEGABYTE), "zstd") * 100, "grow past"),
    "zeros.jsonl.gz": (lambda: gzip.compress(b"[" * (64 * MEGABYTE)) * 40, "grow past"),
    "zeros.parquet.gz": (lambda: gzip.compress(b"PAR1" + b"0" * (64 * MEGABYTE)) * 40, "grow past"),
    "rows.csv.zst": (
        lambda: pack(f"{HEADER}\n".encode(), "zstd") + pack((line("K", 1) + "\n").encode() * 700_000, "zstd") * 100,
        "grow past",
    ),
    "blanks.csv.gz": (lambda: gzip.compress(b"\n" * (64 * MEGABYTE)) * 40, "grow past"),
    "dictionary.parquet": (lambda: _dictionary(1_000_000), "unfold past"),
    "nulls.parquet": (lambda: parquet_file({"id": pa.nulls(100_000_000, pa.int8())}), "unfold past"),
    "one-line.csv": (lambda: f"{HEADER}\n".encode() + b"x" * (200 * MEGABYTE), ""),
    "one-value.csv": (lambda: f'{HEADER}\n"'.encode() + b"x" * (200 * MEGABYTE), ""),
    "one-line.jsonl": (lambda: b'{"id": "' + b"x" * (200 * MEGABYTE), ""),
    "short-lines.csv": (lambda: f"{HEADER}\n".encode() + b"x\n" * (20 * MEGABYTE), "are no rows"),
    "short-lines.jsonl": (lambda: b"x\n" * (20 * MEGABYTE), "are no rows"),
    "quotes.csv": (lambda: f"{HEADER}\n".encode() + b'"\n' * (20 * MEGABYTE), ""),
    "header.csv": (lambda: b"x," * (50 * MEGABYTE), ""),
    "brackets.jsonl": (lambda: b'{"id":' + b"[" * (100 * MEGABYTE), ""),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
@pytest.mark.slow
def test_a_file_that_grows_is_read_within_bounds(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "mapping.toml").write_text(BANK, encoding="utf-8")
    for name, (content, _) in GROWING.items():
        (tmp_path / "in" / name).write_bytes(content())
    done = subprocess.run(
        [sys.executable, "-m", "tests.broken.reading_within", str(tmp_path / "mapping.toml")],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told) == len(GROWING)
    print({path: facts["megabytes"] for path, facts in told.items()})
    for path, (name, (_, word)) in zip(sorted(told), sorted(GROWING.items()), strict=True):
        assert path == f"in/{name}"
        assert told[path]["megabytes"] < MOST_MEGABYTES, told
        assert word in str(told[path]["message"]), told[path]
