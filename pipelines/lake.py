"""The lake: accepted and derived rows as Parquet files that never change; the ledger says which of them count."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.contract import Contract
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.pipelines.canonical_json import loads
from fairdeal.pipelines.errors import OutsideFailure
from fairdeal.pipelines.files import rename_whole, sha256_of, write_whole
from fairdeal.pipelines.ledger import BATCHES, LAKE, Ledger


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file as the ledger names it, its path relative to the home folder."""

    path: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class AcceptedFile(LakeFile):
    """One file of accepted rows: the batch that brought it, and whether any of its rows takes the place of another."""

    batch: int
    has_corrections: bool


#: No batch has a greater number.
EVERY_BATCH = 2**31 - 1
#: What an accepted row carries beside its contract's columns: where it stood, whether its key was known before, and its batch.
PROVENANCE = {"__file": pl.String(), "__line": pl.Int64(), "__corrects": pl.Boolean(), "__batch": pl.Int64()}


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
        #: Contents that were looked at, by path, size and moment of change: history is not hashed again for every table.
        self._looked_at: dict[tuple[str, int, int], str] = {}

    def write(self, place: str, rows: pl.DataFrame) -> LakeFile:
        """Writes rows as one Parquet file at ``place`` (relative, without suffix); it counts once the ledger says so."""
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression="zstd", statistics=True)
        path = f"{place}.parquet"
        return LakeFile(path, write_whole(self.home / path, buffer.getvalue()), rows.height)

    def gather(self, place: str, pieces: Sequence[LakeFile]) -> LakeFile:
        """Several files' rows as one file at ``place``, in their order; the pieces are gone then. Rows are never all held in memory."""
        target = self.home / f"{place}.parquet"
        if len(pieces) == 1:
            rename_whole(self.home / pieces[0].path, target)
            return LakeFile(f"{place}.parquet", pieces[0].sha256, pieces[0].rows)
        part = self.home / f"{place}.part"
        rows = pl.concat([pl.scan_parquet(self.home / piece.path) for piece in pieces], how="diagonal_relaxed")
        rows.sink_parquet(part, compression="zstd", statistics=True)
        rename_whole(part, target)
        self.take_away(pieces)
        return LakeFile(f"{place}.parquet", sha256_of(target), sum(piece.rows for piece in pieces))

    def take_away(self, files: Iterable[LakeFile]) -> None:
        """Deletes files that the ledger does not name."""
        for file in files:
            (self.home / file.path).unlink(missing_ok=True)

    def read(self, file: LakeFile | Mapping[str, Any]) -> pl.DataFrame:
        """Rows of one file.

        Raises
        ------
        OutsideFailure
            When the file that the ledger names is gone or another one.
        """
        return pl.read_parquet(self._checked(file))

    def scan(self, file: LakeFile | Mapping[str, Any]) -> pl.LazyFrame:
        """Rows of one file, not executed; raises as `read` does, now."""
        return pl.scan_parquet(self._checked(file))

    def _checked(self, file: LakeFile | Mapping[str, Any]) -> Path:
        path, sha256 = (file.path, file.sha256) if isinstance(file, LakeFile) else (file["path"], file["sha256"])
        place = self.home / str(path)
        if not place.exists():
            raise OutsideFailure(f"{place}: the ledger names this file and it is gone; restore the home folder from its backup")
        if sha256_of(place) != sha256:
            raise OutsideFailure(f"{place}: it is not what the ledger entered; restore the home folder from its backup")
        return place

    def _sound(self, file: AcceptedFile) -> Path:
        """Where an accepted file lies, after a look at its content, once as long as it is not touched; raises as `read` does."""
        place = self.home / file.path
        if not place.exists():
            return self._checked(file)
        stat = place.stat()
        seen = (file.path, stat.st_size, stat.st_mtime_ns)
        if self._looked_at.get(seen) != file.sha256:
            self._checked(file)
            self._looked_at[seen] = file.sha256
        return place

    def files(self, source: str, table: str, watermark: int) -> list[AcceptedFile]:
        """The accepted files of a table up to a batch, oldest first."""
        query = (
            sa.select(BATCHES.c.seq, BATCHES.c.report, LAKE.c.path, LAKE.c.sha256, LAKE.c.rows)
            .join_from(LAKE, BATCHES, LAKE.c.batch_id == BATCHES.c.batch_id)
            .where(BATCHES.c.source == source, LAKE.c.table_name == table, BATCHES.c.seq <= watermark)
            .order_by(BATCHES.c.seq)
        )
        with self.ledger.engine.connect() as connection:
            found = [
                AcceptedFile(path, sha256, rows, seq, has_corrections=bool(loads(report)["tables"].get(table, {}).get("corrections")))
                for seq, report, path, sha256, rows in connection.execute(query)
            ]
        for file in found:
            if not (self.home / file.path).exists():
                self.read(file)
        return found

    def _scan(self, table: str, files: Sequence[AcceptedFile]) -> pl.LazyFrame:
        """Every accepted version of every row in some files, with `PROVENANCE`; not executed."""
        if not files:
            return INBOUND[table].empty().with_columns(pl.lit(None, dtype).alias(name) for name, dtype in PROVENANCE.items()).lazy()
        frames = [pl.scan_parquet(self._sound(file)).with_columns(__batch=pl.lit(file.batch, dtype=pl.Int64)) for file in files]
        # An extra may hold numbers in one delivery and words in the next: it is text then.
        return pl.concat(frames, how="diagonal_relaxed")

    def rows(self, source: str, table: str, *, watermark: int, known_before: datetime, since: datetime | None = None) -> pl.LazyFrame:
        """The table as it was known before a moment, not executed: of each key the newest version then known, in no order.

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
        polars.LazyFrame
            Contract columns, then extras (``x_…``).

        Notes
        -----
        Whether a row takes the place of another was found out when it was accepted. So versions are compared only of keys that have
        more than one; all others are read as they stand, and what nobody asks for is not read at all.
        """
        contract = INBOUND[table]
        files = self.files(source, table, watermark)
        rows = self._scan(table, files)
        known = known_at(contract)
        if known is not None:
            rows = rows.filter((known < known_before.astimezone(UTC)).fill_null(contract.event_at is None))
        cut = pl.lit(True)
        if since is not None and contract.event_at is not None:
            cut = pl.col(contract.event_at) >= since.astimezone(UTC)
        recent = rows.filter(cut)
        corrected = [file for file in files if file.has_corrections]
        if corrected:
            on: dict[str, Any] = {"on": list(contract.key), "nulls_equal": True}
            keys = self._scan(table, corrected).filter("__corrects").select(contract.key).unique()
            several = recent.join(keys, how="semi", **on)
            # A correction may have moved an event back beyond the cut: the newest version decides, wherever it lies.
            moved = rows.filter(~cut).join(several.select(contract.key), how="semi", **on)
            order = [known] if known is not None else []
            newest = (
                pl.concat([several, moved])
                .sort(*order, "__batch", "__file", "__line", nulls_last=False)
                .unique(contract.key, keep="last", maintain_order=True)
                .filter(cut)
            )
            recent = pl.concat([recent.join(keys, how="anti", **on), newest])
        return recent.drop(*PROVENANCE)

    def table(self, source: str, table: str, *, watermark: int, known_before: datetime, since: datetime | None = None) -> pl.DataFrame:
        """The rows of `rows`, sorted by key, so that the order of files changes nothing."""
        rows = self.rows(source, table, watermark=watermark, known_before=known_before, since=since)
        return rows.collect(engine="streaming").sort(INBOUND[table].key)

    def versions_of(self, source: str, table: str, keys: pl.DataFrame, beside: Sequence[LakeFile] = ()) -> pl.DataFrame:
        """Every accepted version of the rows with these keys, with `PROVENANCE`; ``beside`` are files that the ledger does not name yet."""
        pending = [AcceptedFile(file.path, file.sha256, file.rows, EVERY_BATCH, has_corrections=True) for file in beside]
        every = self._scan(table, [*self.files(source, table, EVERY_BATCH), *pending])
        on: dict[str, Any] = {"on": list(INBOUND[table].key), "nulls_equal": True}
        # Nearly all keys are new: the whole rows are read only of those that are not.
        heard = every.select(on["on"]).join(keys.lazy(), how="semi", **on).unique().collect(engine="streaming")
        if not heard.height:
            return pl.DataFrame(schema=every.collect_schema())
        return every.join(heard.lazy(), how="semi", **on).collect(engine="streaming")


def union(frames: Sequence[pl.DataFrame], contract: Contract) -> pl.DataFrame:
    """Rows of several frames under one contract, extras kept."""
    return pl.concat([contract.empty(), *frames], how="diagonal_relaxed")
