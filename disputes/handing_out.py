"""A file of evidence as it is handed out: it can load nothing, run nothing, and is what it says it is."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from fairdeal.disputes.attaching import ReadFile

HARMLESS = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}


def handed_out(read: ReadFile, *, is_shown: bool = False) -> HttpResponse:
    """The answer that holds a file: to be kept, or, where it ``is_shown``, to stand in a page."""
    kind = f"{read.media_type}; charset=utf-8" if read.media_type.startswith("text/") else read.media_type
    headers = {**HARMLESS, "Content-Disposition": content_disposition_header(not is_shown, read.name) or "attachment"}
    return HttpResponse(read.content, content_type=kind, headers=headers)
