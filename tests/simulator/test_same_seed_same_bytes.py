from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from fairdeal.simulator.simulate import simulate


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_give_the_same_bytes_in_another_process_with_other_threads_and_hashes(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    simulate(here, days=6, orders_per_day=150, seed=5)
    program = (
        "import sys; from pathlib import Path; from fairdeal.simulator.simulate import simulate; "
        "simulate(Path(sys.argv[1]), days=6, orders_per_day=150, seed=5)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "POLARS_MAX_THREADS": "1", "TZ": "America/New_York"}
    subprocess.run([sys.executable, "-c", program, str(there)], check=True, env=environment)
    assert digests(here) == digests(there)


@pytest.mark.parametrize(
    "change",
    [{"seed": 6}, {"difficulty": 0.9}, {"orders_per_day": 151}, {"first_day": date(2026, 1, 2)}],
    ids=lambda change: next(iter(change)),
)
def test_another_argument_gives_other_trade(tmp_path: Path, change: dict[str, object]) -> None:
    arguments: dict[str, object] = {"days": 3, "orders_per_day": 150, "seed": 5}
    simulate(tmp_path / "one", **arguments)  # type: ignore[arg-type]
    simulate(tmp_path / "two", **{**arguments, **change})  # type: ignore[arg-type]
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert one["mapping.toml"] == two["mapping.toml"]
    traded = {name for name in one if name.startswith(("orders/", "payments/"))}
    assert all(one[name] != two.get(name) for name in traded)


def test_another_seed_gives_other_ids_even_to_the_same_things(tmp_path: Path) -> None:
    simulate(tmp_path / "one", days=1, orders_per_day=100, seed=5)
    simulate(tmp_path / "two", days=1, orders_per_day=100, seed=6)
    ids = [
        {line.split(",")[0] for line in (tmp_path / name / "buyers.csv").read_text(encoding="utf-8").splitlines()[1:]}
        for name in ("one", "two")
    ]
    assert not (ids[0] & ids[1]) - {""}
