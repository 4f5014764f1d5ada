"""One small marketplace for all tests of the simulator, read back the way a stranger would read it."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from fairdeal.simulator.simulate import Simulated, simulate

DAYS, ORDERS_PER_DAY, SEED = 40, 500, 11


@dataclass(frozen=True)
class World:
    """The written folder. Every table's columns are text, as its provider wrote them, and ``__file`` names the file."""

    folder: Path
    simulated: Simulated

    def _files(self, table: str) -> list[Path]:
        return sorted(self.folder.glob(f"{table}/{table}-*"))

    def _together(self, frames: dict[Path, pl.DataFrame]) -> pl.DataFrame:
        named = [frame.with_columns(pl.lit(path.name).alias("__file")) for path, frame in frames.items()]
        return pl.concat(named, how="diagonal_relaxed")

    @cached_property
    def orders(self) -> pl.DataFrame:
        return self._together({path: pl.read_csv(path, infer_schema=False) for path in self._files("orders")})

    @cached_property
    def payments(self) -> pl.DataFrame:
        return self._together({path: _json_lines(_zstandard(path)) for path in self._files("payments")})

    @cached_property
    def refunds(self) -> pl.DataFrame:
        return self._together(
            {path: pl.read_csv(path.read_bytes().decode("gb18030").encode(), infer_schema=False) for path in self._files("refunds")}
        )

    @cached_property
    def reviews(self) -> pl.DataFrame:
        return self._together({path: _json_lines(path.read_bytes()) for path in self._files("reviews")})

    @cached_property
    def shipments(self) -> pl.DataFrame:
        return self._together({path: pl.read_parquet(path) for path in self._files("shipments")})

    @cached_property
    def account_events(self) -> pl.DataFrame:
        content = {}
        for path in self._files("account_events"):
            content[path] = pl.read_csv(io.BytesIO(_zstandard(path)), infer_schema=False)
        return self._together(content)

    @cached_property
    def reports(self) -> pl.DataFrame:
        return self._together(
            {path: pl.read_csv(gzip.decompress(path.read_bytes()), separator=";", infer_schema=False) for path in self._files("reports")}
        )

    @cached_property
    def buyers(self) -> pl.DataFrame:
        return pl.read_csv(self.folder / "buyers.csv", infer_schema=False)

    @cached_property
    def merchants(self) -> pl.DataFrame:
        return pl.read_csv(self.folder / "merchants.csv", infer_schema=False)

    @cached_property
    def listings(self) -> pl.DataFrame:
        return pl.read_csv(self.folder / "listings.csv", infer_schema=False)

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by our name."""
        return {
            "orders": self.orders,
            "payments": self.payments,
            "refunds": self.refunds,
            "reviews": self.reviews,
            "shipments": self.shipments,
            "account_events": self.account_events,
            "labels": self.reports,
            "merchants": self.merchants,
            "buyers": self.buyers,
            "listings": self.listings,
        }

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "truth" / f"{name}.parquet")

    @cached_property
    def planted(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = json.loads((self.folder / "truth" / "planted_defects.json").read_text(encoding="utf-8"))
        return found


def _zstandard(path: Path) -> bytes:
    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as packed:
        content: bytes = packed.read()
    return content


def _json_lines(content: bytes) -> pl.DataFrame:
    """All values as text, whatever JSON type they have."""
    rows = [json.loads(line) for line in content.decode().split("\n") if line]
    return pl.DataFrame(
        [{name: None if value is None else str(value) for name, value in row.items()} for row in rows], infer_schema_length=None
    )


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("market")
    return World(folder, simulate(folder, days=DAYS, orders_per_day=ORDERS_PER_DAY, seed=SEED))
