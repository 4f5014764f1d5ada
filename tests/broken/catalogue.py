"""The whole catalogue."""

from __future__ import annotations

from tests.broken.files import FILES
from tests.broken.kinds import Broken
from tests.broken.records import JSON
from tests.broken.tables import PARQUET
from tests.broken.texts import TEXTS
from tests.broken.values import VALUES

CATALOGUE: tuple[Broken, ...] = (*VALUES, *TEXTS, *JSON, *PARQUET, *FILES)
