"""Telling a person how far the work is: on stderr, so that stdout stays for what was asked."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

#: Where human text goes. Into a file or a pipe a sentence goes as one line, however long, so that it can be searched.
console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=not sys.stderr.isatty())


def tell(text: str) -> None:
    """One line of progress."""
    console.print(f"[dim]·[/dim] {escape(text)}")


def tell_error(text: str) -> None:
    """What went wrong, as it is: brackets in it are no markup."""
    console.print(f"[red]error[/] {escape(text)}", soft_wrap=True)
