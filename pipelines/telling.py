"""Telling a person how far the work is: on stderr, so that stdout stays for what was asked."""

from __future__ import annotations

from rich.console import Console

#: Where human text goes.
console = Console(stderr=True, highlight=False)


def tell(text: str) -> None:
    """One line of progress."""
    console.print(f"[dim]·[/dim] {text}")
