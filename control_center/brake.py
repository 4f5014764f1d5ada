"""The brake: a day far out of the usual range, or made by less than it should be, is published with holds in place of machine blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from fairdeal.control_center.claims import Manifest
from fairdeal.control_center.manifest import tally
from fairdeal.control_center.records import Record, Subject, is_machine_block, subject_of
from fairdeal.data_contracts.actions import Action, StepUp

#: Makes the median absolute deviation of normal figures their standard deviation.
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Usual:
    """One figure of today against the earlier feeds'.

    Attributes
    ----------
    what
        ``blocks``, or ``money`` with the currency.
    seen, usual, limit
        Today's figure, the median of the earlier feeds, and the most that passes.
    """

    what: str
    seen: int
    usual: float
    limit: float

    @property
    def is_beyond(self) -> bool:
        return self.seen > self.limit


@dataclass(frozen=True)
class BrakeVerdict:
    """What the brake saw and did.

    Attributes
    ----------
    degraded
        A figure is beyond its limit; someone is to be called.
    figures
        Every figure compared; empty while there are too few earlier feeds.
    held
        Machine blocks that became holds.
    carried_changed
        Of these, records that were carried unchanged before.
    text_zh, text_en
        One sentence that says what was seen and what is usual.
    """

    degraded: bool
    figures: tuple[Usual, ...]
    held: int
    carried_changed: int
    text_zh: str
    text_en: str

    def changes(self, composed: Mapping[str, int]) -> dict[str, int]:
        """`Composed.changes` after the brake: a carried block that became a hold is a change."""
        return {
            **composed,
            "changed": composed["changed"] + self.carried_changed,
            "carried": composed["carried"] - self.carried_changed,
        }


def apply_brake(
    records: Sequence[Record],
    history: Sequence[Manifest],
    *,
    carried_from: Mapping[Subject, str] | None = None,
    causes: Sequence[tuple[str, str]] = (),
    window: int = 28,
    minimum_feeds: int = 5,
    deviations: float = 6.0,
    multiple: float = 4.0,
    floor_blocks: int = 20,
    floor_money_minor: int = 5_000_000,
) -> tuple[list[Record], BrakeVerdict]:
    """The records, with holds in place of machine blocks when the day is far out of range, and the verdict.

    Parameters
    ----------
    records
        From `compose`; not changed.
    history
        Manifests of earlier feeds, in any order. Degraded ones teach nothing: what they publish is what the brake left over.
    carried_from
        `Composed.carried_from`, so that a carried block that becomes a hold names the record it replaces.
    causes
        What else is wrong with the day, each in Chinese and English; with any the machine's blocks become holds whatever their number.
    window
        How many of the last feeds make the usual range.
    minimum_feeds
        With fewer there is no usual range, and the brake rests.
    deviations, multiple
        Beyond is more than the median plus ``deviations`` robust standard deviations, and more than ``multiple`` medians. Both,
        as a very steady past makes the first narrow and a very small one the second.
    floor_blocks, floor_money_minor
        Below these nothing is beyond: from two blocks to nine is no event. Money in minor units, of each currency by itself.

    Notes
    -----
    Blocks are all blocks, money is the expected loss under ``hold`` and ``block`` together, so that turning one into the other
    changes nothing. Blocks that a person confirmed are never touched. Where a new level is real, people raise the floors;
    otherwise the brake lets go when fewer than ``minimum_feeds`` of the window are left.

    Median and MAD instead of mean and deviation: one earlier flood would otherwise widen the range for the next
    (Rousseeuw & Croux 1993).
    """
    past = [m for m in sorted(history, key=lambda manifest: int(manifest["feed_seq"]))[-window:] if not m["degraded"]]
    figures = _figures(records, past, deviations, multiple, floor_blocks, floor_money_minor) if len(past) >= minimum_feeds else []
    beyond = [figure for figure in figures if figure.is_beyond]
    if not beyond and not causes:
        if not figures:
            zh = f"可比的历史名单只有 {len(past)} 份(至少需要 {minimum_feeds} 份),尚无常态范围,未作限流判断。"
            en = f"Only {len(past)} comparable earlier feeds ({minimum_feeds} are needed): no usual range yet, nothing was braked."
        else:
            zh = f"冻结与拦截的数量和金额在最近 {len(past)} 份名单的常态范围之内。"
            en = f"Blocks and money held are within the usual range of the last {len(past)} feeds."
        return list(records), BrakeVerdict(False, tuple(figures), 0, 0, zh, en)
    braked = [_held(record, carried_from or {}) for record in records]
    changed = [after for after, before in zip(braked, records, strict=True) if after is not before]
    carried_changed = sum(subject_of(record) in (carried_from or {}) for record in changed)
    zh = "".join(f"{cause};" for cause, _ in causes)
    zh += "".join(f"{_name_zh(f)}为 {f.seen},常态约 {f.usual:.0f},上限 {f.limit:.0f};" for f in beyond)
    told = [cause for _, cause in causes]
    told += [f"{f.what}: {f.seen} seen, about {f.usual:.0f} usual, at most {f.limit:.0f} pass" for f in beyond]
    return braked, BrakeVerdict(
        True,
        tuple(figures),
        len(changed),
        carried_changed,
        f"{zh}{len(changed)} 项机器拦截改为暂缓,请人工核查。",
        f"{'; '.join(told)}; {len(changed)} machine blocks became holds, a person must look.",
    )


def _figures(
    records: Sequence[Record], past: Sequence[Manifest], deviations: float, multiple: float, floor_blocks: int, floor_money_minor: int
) -> list[Usual]:
    today = tally(records)

    def compare(what: str, seen: int, earlier: list[int], floor: int) -> Usual:
        usual = float(median(earlier))
        spread = _MAD_TO_SIGMA * median(abs(figure - usual) for figure in earlier)
        return Usual(what, seen, usual, max(float(floor), usual + deviations * spread, multiple * usual))

    held_money = _held_money(today.money)
    earlier_money = [_held_money(manifest["money_by_action_and_currency"]) for manifest in past]
    figures = [compare("blocks", today.by_action[Action.BLOCK], [m["by_action"].get(Action.BLOCK, 0) for m in past], floor_blocks)]
    return figures + [
        compare(f"money {currency}", amount, [money.get(currency, 0) for money in earlier_money], floor_money_minor)
        for currency, amount in sorted(held_money.items())
    ]


def _name_zh(figure: Usual) -> str:
    return "拦截数量" if figure.what == "blocks" else f"冻结与拦截金额({figure.what.removeprefix('money ')},最小货币单位)"


def _held_money(money: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Money under ``hold`` and ``block`` together, per currency."""
    sums: dict[str, int] = {}
    for action in (Action.HOLD, Action.BLOCK):
        for currency, amount in money.get(action, {}).items():
            sums[currency] = sums.get(currency, 0) + amount
    return sums


def _held(record: Record, carried_from: Mapping[Subject, str]) -> Record:
    if not is_machine_block(record):
        return record
    replaced = carried_from.get(subject_of(record), record["supersedes"])
    return {**record, "action": str(Action.HOLD), "step_up_method": str(StepUp.NONE), "supersedes": replaced}
