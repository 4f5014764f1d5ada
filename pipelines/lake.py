"""The lake: accepted and derived rows as Parquet files that never change; the ledger says which of them count."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.contract import Contract
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.pipelines.errors import OutsideFailure
from fairdeal.pipelines.files import write_whole
from fairdeal.pipelines.ledger import BATCHES, LAKE, Ledger


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file as the ledger names it, its path relative to the home folder."""

    path: str
    sha256: str
    rows: int


def known_at(contract: Contract) -> pl.Expr | None:
    """When a row became known: when it was last changed, else when it happened.

    Of tables that only describe, null where no change is told: such a row was always known. None for a table without moments.
    """
    named = [name for name in (contract.version_at, contract.event_at) if name is not None]
    return pl.coalesce(named) if named else None


class Lake:
    """Tables of one home folder.

    Parameters
    ----------
    home
        The home folder.
    ledger
        Says which files count.
    """

    def __init__(self, home: Path, ledger: Ledger) -> None:
        self.home = home
        self.ledger = ledger

    def write(self, place: str, rows: pl.DataFrame) -> LakeFile:
        """Writes rows as one Parquet file at ``place`` (relative, without suffix); it counts once the ledger says so."""
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression="zstd", statistics=True)
        path = f"{place}.parquet"
        return LakeFile(path, write_whole(self.home / path, buffer.getvalue()), rows.height)

    def read(self, file: LakeFile | dict[str, object]) -> pl.DataFrame:
        """Rows of one file.

        Raises
        ------
        OutsideFailure
            When the file that the ledger names is gone or another one.
        """
        path, sha256 = (file["path"], file["sha256"]) if isinstance(file, dict) else (file.path, file.sha256)
        place = self.home / str(path)
        if not place.exists():
            raise OutsideFailure(f"{place}: the ledger names this file and it is gone; restore the home folder from its backup")
        content = place.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise OutsideFailure(f"{place}: it is not what the ledger entered; restore the home folder from its backup")
        return pl.read_parquet(io.BytesIO(content))

    def files(self, source: str, table: str, watermark: int) -> list[tuple[int, LakeFile]]:
        """The accepted files of a table up to a batch, with the batch's number."""
        query = (
            sa.select(BATCHES.c.seq, LAKE.c.path, LAKE.c.sha256, LAKE.c.rows)
            .join_from(LAKE, BATCHES, LAKE.c.batch_id == BATCHES.c.batch_id)
            .where(BATCHES.c.source == source, LAKE.c.table_name == table, BATCHES.c.seq <= watermark)
            .order_by(BATCHES.c.seq)
        )
        with self.ledger.engine.connect() as connection:
            return [(seq, LakeFile(path, sha256, rows)) for seq, path, sha256, rows in connection.execute(query)]

    def scan(self, source: str, table: str, watermark: int) -> pl.LazyFrame:
        """Every accepted version of every row, with ``__batch``."""
        frames = []
        for seq, file in self.files(source, table, watermark):
            if not (self.home / file.path).exists():
                self.read(file)
            frames.append(pl.scan_parquet(self.home / file.path).with_columns(__batch=pl.lit(seq, dtype=pl.Int64)))
        if not frames:
            empty = INBOUND[table].empty().with_columns(__file=pl.lit(None, pl.String), __line=pl.lit(None, pl.Int64))
            return empty.with_columns(__batch=pl.lit(None, pl.Int64)).lazy()
        # An extra may hold numbers in one delivery and words in the next: it is text then.
        return pl.concat(frames, how="diagonal_relaxed")

    def table(self, source: str, table: str, *, watermark: int, known_before: datetime, since: datetime | None = None) -> pl.DataFrame:
        """The table as it was known before a moment: of each key the newest version then known.

        Parameters
        ----------
        watermark
            Number of the last batch that counts.
        known_before
            Rows and versions that became known at or after this are not there yet.
        since
            Leaves out rows that happened before this; tables that only describe are never cut.

        Returns
        -------
        polars.DataFrame
            Contract columns, then extras (``x_…``); sorted by key, so that the order of files changes nothing.
        """
        contract = INBOUND[table]
        rows = self.scan(source, table, watermark)
        known = known_at(contract)
        if known is not None:
            rows = rows.filter((known < known_before.astimezone(UTC)).fill_null(contract.event_at is None))
        cut = pl.lit(True)
        if since is not None and contract.event_at is not None:
            cut = pl.col(contract.event_at) >= since.astimezone(UTC)
            recent = rows.filter(cut)
            # A correction may have moved an event back beyond the cut: the newest version decides, wherever it lies.
            moved = rows.filter(~cut).join(recent.select(contract.key), on=contract.key, how="semi", nulls_equal=True)
            rows = pl.concat([recent, moved])
        newest = [known] if known is not None else []
        return (
            rows.collect()
            .sort(*newest, "__batch", "__file", "__line", nulls_last=False)
            .unique(contract.key, keep="last", maintain_order=True)
            .filter(cut)
            .sort(contract.key)
            .drop("__batch", "__file", "__line")
        )

    def versions_of(self, source: str, table: str, watermark: int, keys: pl.DataFrame) -> pl.DataFrame:
        """Every accepted version of the rows with these keys."""
        contract = INBOUND[table]
        return self.scan(source, table, watermark).join(keys.lazy(), on=contract.key, how="semi", nulls_equal=True).collect()


def union(frames: Sequence[pl.DataFrame], contract: Contract) -> pl.DataFrame:
    """Rows of several frames under one contract, extras kept."""
    return pl.concat([contract.empty(), *frames], how="diagonal_relaxed")
