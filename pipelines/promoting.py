"""Promoting: a challenger takes the champion's place when a comparison allows it and a second person approves; and the way back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fairdeal.data_contracts.typologies import Detector
from fairdeal.disputes.roles import same_person
from fairdeal.pipelines import registry
from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.comparing import newest_comparison
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.ledger import PROMOTIONS, Ledger, only_one
from fairdeal.pipelines.registry import Registered, Standing


class Step(StrEnum):
    """What the ledger knows of who decides."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    ROLLED_BACK = "rolled_back"


def propose(home: Path, ledger: Ledger, detector: Detector, *, maker: str, reason: str, at: datetime) -> dict[str, Any]:
    """Proposes the challenger on the newest comparison; nothing changes until somebody else approves.

    Raises
    ------
    WrongUse
        When there is no comparison of this very pair, or it does not allow the promotion.
    """
    with only_one(home, "promotion"):
        champion, challenger = _named(home, detector, Standing.CHAMPION), _named(home, detector, Standing.CHALLENGER)
        compared = _allowed(ledger, detector, champion, challenger)
        return _enter(
            ledger,
            detector,
            Step.PROPOSED,
            {
                "model": challenger.as_dict(),
                "replaces": champion.as_dict(),
                "comparison_id": compared["comparison_id"],
                "by": maker,
                "reason": reason,
                "at": at.isoformat(),
            },
        )


def approve(home: Path, ledger: Ledger, detector: Detector, *, checker: str, at: datetime) -> dict[str, Any]:
    """Approves what was proposed last: from the next run on the challenger decides. Given again, it brings a killed approval to its end.

    Raises
    ------
    WrongUse
        When nothing is proposed, the checker is the maker, or another champion or comparison has come since.
    """
    with only_one(home, "promotion"):
        last, champion = _last(ledger, detector), _named(home, detector, Standing.CHAMPION)
        is_done = last is not None and last["event"] == Step.APPROVED and last["model"] == champion.as_dict()
        if last is None or last["event"] == Step.ROLLED_BACK or is_done:
            raise WrongUse(
                f"{detector}: nothing is proposed; `fairdeal promote {detector} --maker NAME --reason TEXT` proposes the challenger"
            )
        model = Registered(**{**last["model"], "detector": detector})
        if same_person(str(last["maker"] if last["event"] == Step.APPROVED else last["by"]), checker):
            raise WrongUse(f"{detector}: {checker} proposed it; somebody else must approve; ask a colleague")
        if last["event"] == Step.PROPOSED:
            if champion.as_dict() != last["replaces"]:
                raise WrongUse(f"{detector}: another model became champion since the proposal; compare and propose again")
            compared = _allowed(ledger, detector, champion, model)
            if compared["comparison_id"] != last["comparison_id"]:
                raise WrongUse(f"{detector}: another comparison was made since the proposal; look at it and propose again")
            registry.load(home, model.as_dict())  # a model that cannot be read is not approved
            told = {name: last[name] for name in ("model", "replaces", "comparison_id", "reason")}
            last = _enter(ledger, detector, Step.APPROVED, {**told, "maker": last["by"], "by": checker, "at": at.isoformat()})
        # The ledger first: whoever is killed here gives the command again.
        registry.give_standing(home, model, Standing.CHAMPION)
        return last


def roll_back(home: Path, ledger: Ledger, detector: Detector, *, person: str, reason: str, at: datetime) -> dict[str, Any]:
    """The champion that the present one replaced decides again from the next run on; one person may, since it was approved before.

    Raises
    ------
    WrongUse
        When the champion replaced nobody.
    """
    with only_one(home, "promotion"):
        last = _last(ledger, detector)
        champion = _named(home, detector, Standing.CHAMPION)
        if last is not None and last["event"] == Step.ROLLED_BACK and last["replaces"] == champion.as_dict():
            told = last  # killed before the registry heard of it
        else:
            came = [
                entry for entry in history(ledger, detector) if entry["event"] == Step.APPROVED and entry["model"] == champion.as_dict()
            ]
            if not came:
                raise WrongUse(f"{detector}: {champion.model_version} is the first champion; there is none before it to go back to")
            entry = {"model": came[-1]["replaces"], "replaces": champion.as_dict(), "by": person, "reason": reason, "at": at.isoformat()}
            registry.load(home, entry["model"])
            told = _enter(ledger, detector, Step.ROLLED_BACK, entry)
        registry.give_standing(home, Registered(**{**told["model"], "detector": detector}), Standing.CHAMPION)
        return told


def history(ledger: Ledger, detector: Detector) -> list[dict[str, Any]]:
    """Every proposal, approval and way back of a detector, oldest first."""
    query = sa.select(PROMOTIONS).where(PROMOTIONS.c.detector == detector.value).order_by(PROMOTIONS.c.seq)
    with ledger.engine.connect() as connection:
        return [{"event": row["event"], **loads(row["content"])} for row in connection.execute(query).mappings()]


def _last(ledger: Ledger, detector: Detector) -> dict[str, Any] | None:
    found = history(ledger, detector)
    return found[-1] if found else None


def _enter(ledger: Ledger, detector: Detector, event: Step, content: dict[str, Any]) -> dict[str, Any]:
    with ledger.transaction() as tx:
        tx.execute(sa.insert(PROMOTIONS).values(detector=detector.value, event=event.value, content=dumps(content)))
    return {"event": event.value, "detector": detector.value, **content}


def _named(home: Path, detector: Detector, standing: Standing) -> Registered:
    found = registry.named(home, detector, standing)
    if found is None:
        raise WrongUse(
            f"{detector}: no {standing}; `fairdeal train {detector}` makes one; the first model is champion, the next challenger"
        )
    return found


def _allowed(ledger: Ledger, detector: Detector, champion: Registered, challenger: Registered) -> dict[str, Any]:
    compared = newest_comparison(ledger, detector)
    if compared is None or [compared[name]["registry_version"] for name in ("champion", "challenger")] != [
        champion.registry_version,
        challenger.registry_version,
    ]:
        raise WrongUse(f"{detector}: champion and challenger were not compared; `fairdeal compare {detector}` comes before a promotion")
    if any(entry["event"] == Step.APPROVED and entry["comparison_id"] == compared["comparison_id"] for entry in history(ledger, detector)):
        raise WrongUse(f"{detector}: this comparison led to a promotion that was taken back; compare on later days first")
    if not compared["may_promote"]:
        broken = "; ".join(check["told"] for check in compared["checks"] if check["holds"] is not True)
        raise WrongUse(f"{detector}: the comparison does not allow it: {broken}; train another challenger, or wait for more days")
    return compared
