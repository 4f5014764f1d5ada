"""Sets Django up when it is imported: once, in the process from which others are forked; they have only to turn to their home."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from fairdeal.disputes.django_setup import configure

_HOME = Path(tempfile.mkdtemp(prefix="fairdeal-forked-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
configure(_HOME)

from fairdeal.disputes import services  # noqa: E402 - models exist after configure() only

__all__ = ["services"]
