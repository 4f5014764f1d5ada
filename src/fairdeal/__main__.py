"""``python -m fairdeal`` is the ``fairdeal`` command."""

from __future__ import annotations

from fairdeal.pipelines.command_line import main

main()
