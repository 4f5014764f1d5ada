"""Writes that are done once: what a write under an idempotency key was answered is kept with its effect, or neither is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Header
from ninja.responses import Status

from fairdeal.disputes.access import keyed_hash
from fairdeal.disputes.access_models import KeptAnswer
from fairdeal.disputes.api.problems import Problem, problem_of
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.verdict_rows import as_utc

#: The header of every write.
KEY = Header(
    None,
    alias="Idempotency-Key",
    min_length=1,
    max_length=255,
    pattern=r"^[!-~]+$",
    description="A name that you give this write. Sent again with the same body it is answered as the first time and done once; "
    "with another body it is refused. Kept for seven days.",
)


def once(request: HttpRequest, key: str | None, make: Callable[[], Any], *, status: int = 200, asked: Any = None) -> Status:
    """Do a write, in one transaction with what is kept of it.

    Parameters
    ----------
    key
        Under which it is kept; None: it is not.
    make
        Does it and gives the answer's body. What it refuses is an answer too.
    status
        Of the answer when it was done.
    asked
        What stands for the body where it was a form with a file; None: the body itself.

    Raises
    ------
    Problem
        What was refused, now or the first time; or that the key was used for another write.
    """
    if key is None:
        with transaction.atomic():
            return Status(status, _plain(make()))
    asked_sha256 = _request_sha256(request, asked)
    with transaction.atomic():
        kept, is_first = _kept(request, key, asked_sha256)
        if is_first:
            kept.status, kept.body = _answer(make, status)
            kept.save(update_fields=["status", "body"])
    if kept.request_sha256 != asked_sha256:
        raise Problem(
            409,
            "key_used_otherwise",
            f"Idempotency-Key {key}: it came with another request at {as_utc(kept.kept_at)}; one key stands for one write; "
            "give this write a key of its own",
        )
    if kept.status >= 400:
        raise _again(kept)
    return Status(kept.status, kept.body)


def _kept(request: HttpRequest, key: str, asked: str) -> tuple[KeptAnswer, bool]:
    """What is kept under a key, and whether it was begun just now. Whoever has the same key in hand is waited for."""
    user: Any = request.user
    key = keyed_hash(key)  # it may hold what is not to be kept
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(user=user, key=key, request_sha256=asked, kept_at=timezone.now()), True
    except IntegrityError:
        return KeptAnswer.objects.get(user=user, key=key), False


def _answer(make: Callable[[], Any], status: int) -> tuple[int, Any]:
    try:
        with transaction.atomic():
            return status, _plain(make())
    except RefusedChange as refused:
        problem = problem_of(refused)
    except Problem as raised:
        problem = raised
    return problem.status, problem.body


def _again(kept: KeptAnswer) -> Problem:
    code = kept.body["type"].rpartition(":")[2]
    more = {name: value for name, value in kept.body.items() if name not in ("type", "title", "status", "detail")}
    return Problem(kept.status, code, kept.body["detail"], **more)


def _request_sha256(request: HttpRequest, asked: Any) -> str:
    """Stands for what was asked: address and body; spaces and the order of names in the body do not matter."""
    if asked is not None:
        asked_so = f"{request.method} {request.get_full_path()}\n{json.dumps(asked, sort_keys=True, default=str)}"
        return hashlib.sha256(asked_so.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        body = json.dumps(json.loads(request.body), sort_keys=True)
    except (ValueError, RecursionError):  # an operation without a body, that was sent one nevertheless
        body = request.body.hex()
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{body}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The value as it comes back from where it is kept."""
    return json.loads(json.dumps(value, default=lambda other: as_utc(other) if isinstance(other, datetime) else str(other)))
