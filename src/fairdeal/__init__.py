"""Fairdeal finds fake deals, fake reviews and abnormal payments, and brings each one to a fair end."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("fairdeal")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
