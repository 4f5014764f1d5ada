"""Losses: who bears what when a subject turns out to be a cheat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from fairdeal.data_contracts.typologies import Typology
from fairdeal.models.errors import WrongFrame, WrongSetting
from fairdeal.models.frames import floats, require


class Party(StrEnum):
    """Those among whom a loss is divided."""

    BUYER = "buyer"
    MERCHANT = "merchant"
    PLATFORM = "platform"
    CARRIER = "carrier"
    PAYMENT_PROVIDER = "payment_provider"


@dataclass(frozen=True)
class LossRow:
    """What one subject of a typology costs whom.

    Parameters
    ----------
    row_id
        Cited by every decision that used the row.
    shares
        Part of the subject's amount that each party loses; parties not named lose none. The sum may lie below one (part of the
        money comes back) or above (goods and money are both gone).
    fixed_minor
        What each party loses whatever the amount: handling fees, the harm of a false review; minor units of the subject's currency.
    why
        The ground of the division.
    """

    row_id: str
    shares: Mapping[Party, float]
    fixed_minor: Mapping[Party, int]
    why: str


@dataclass(frozen=True)
class LossTable:
    """The division of losses in one version; changing a row changes later decisions only, since each cites its row and version.

    Notes
    -----
    Parts that a law fixes name it in ``why``; the other parts are written defaults that a platform replaces by its own
    under ``[loss]``.
    """

    version: str
    rows: Mapping[Typology, LossRow]

    def cited(self, typology: Typology) -> str:
        """Row and version as decisions cite them."""
        return f"{self.rows[typology].row_id}/{self.version}"


def _row(row_id: str, why: str, shares: Mapping[Party, float], fixed: Mapping[Party, int] | None = None) -> LossRow:
    return LossRow(row_id=row_id, shares=shares, fixed_minor=fixed or {}, why=why)


_B, _M, _P, _C, _PP = Party.BUYER, Party.MERCHANT, Party.PLATFORM, Party.CARRIER, Party.PAYMENT_PROVIDER

#: The written default. Amounts are shares of what the subject moves; fixed sums are in minor units (hundredths).
DEFAULT_LOSSES = LossTable(
    version="1",
    rows={
        Typology.STOLEN_INSTRUMENT: _row(
            "stolen",
            "电子商务法 Art. 57: the payment provider bears an unauthorised payment unless it proves the user's fault; "
            "a part returns to the shop as chargeback",
            {_PP: 0.60, _M: 0.30, _B: 0.10},
            {_PP: 2_000},
        ),
        Typology.CARD_TESTING: _row(
            "card-test",
            "small sums that prepare large ones: the provider pays per attempt, the platform for the authorisations",
            {_PP: 0.70, _M: 0.30},
            {_PP: 1_500, _P: 500},
        ),
        Typology.ACCOUNT_TAKEOVER: _row(
            "takeover",
            "电子商务法 Art. 57; the platform answers in part where its own log-in failed",
            {_PP: 0.45, _P: 0.30, _B: 0.25},
            {_P: 3_000},
        ),
        Typology.PAYMENT_ERROR: _row(
            "pay-error",
            "电子商务法 Art. 55: a wrong instruction is traced and corrected; the provider answers for what it caused",
            {_PP: 0.70, _B: 0.30},
            {_P: 500},
        ),
        Typology.BRUSHING: _row(
            "brushing",
            "the money returns to the merchant; buyers misled by false sales and the platform's ranking bear the harm",
            {_B: 0.15, _P: 0.10},
            {_P: 500, _C: 300},
        ),
        Typology.SELF_PURCHASE: _row("self-purchase", "as brushing, without a carrier's work", {_B: 0.15, _P: 0.10}, {_P: 500}),
        Typology.REVERSE_BRUSHING: _row(
            "reverse-brushing",
            "orders bought to get a rival punished: the shop under attack loses its rank",
            {_M: 0.50, _P: 0.05},
            {_M: 1_000},
        ),
        Typology.REFUND_ABUSE: _row("refund-abuse", "money goes back, goods stay away", {_M: 0.85, _P: 0.10, _C: 0.05}),
        Typology.FALSE_SHIPPING: _row(
            "false-shipping", "消保法 Art. 55 aside, the buyer waits for goods that were not sent", {_B: 0.70, _P: 0.20, _C: 0.10}
        ),
        Typology.BAIT_LISTING: _row("bait", "the buyer gets other than what was shown", {_B: 0.60, _P: 0.20}, {_P: 500}),
        Typology.PAID_PRAISE: _row(
            "paid-praise", "a review moves no money of its own: harm to later buyers and to honest shops", {}, {_B: 2_000, _M: 600, _P: 400}
        ),
        Typology.MALICIOUS_REVIEW: _row("malicious-review", "sales lost by the shop that is attacked", {}, {_M: 4_000, _P: 500}),
        Typology.REVIEW_EXTORTION: _row("extortion", "what is paid to have the review withdrawn, and sales lost", {}, {_M: 8_000, _P: 500}),
        Typology.IMPERSONATION: _row("impersonation", "buyers led to pay elsewhere", {}, {_B: 15_000, _P: 2_000}),
    },
)


def loss_table(settings: Mapping[str, Any] | None = None) -> LossTable:
    """The default table with a platform's own rows in place of ours.

    Parameters
    ----------
    settings
        The settings' ``[loss]``: ``version``, and per typology a table of ``party = share``, ``fixed = {party = minor units}``,
        ``why`` and ``row_id``. A typology that is named replaces our shares and fixed sums as a whole. A table that changes rows
        must name its version, so that a citation stays unambiguous.

    Raises
    ------
    WrongSetting
        On an unknown typology, party or a negative or not numeric part.

    Examples
    --------
    >>> loss_table({"version": "2026-05", "stolen_instrument": {"payment_provider": 1.0}}).cited(Typology.STOLEN_INSTRUMENT)
    'stolen/2026-05'
    """
    given = dict(settings or {})
    version = given.pop("version", None)
    rows = dict(DEFAULT_LOSSES.rows)
    for name, told in given.items():
        if name not in tuple(Typology):
            raise WrongSetting(f"settings [loss]: {name!r}; allowed are version, {', '.join(Typology)}; correct the name")
        if not isinstance(told, Mapping):
            raise WrongSetting(f"settings [loss.{name}]: {told!r}; wanted is a table of party = share; write it as one")
        where, typology = f"settings [loss.{name}]", Typology(name)
        parts = dict(told)
        rows[typology] = replace(
            rows[typology],
            fixed_minor={party: int(part) for party, part in _parts(parts.pop("fixed", {}), f"{where} fixed").items()},
            why=str(parts.pop("why", "set by the platform")),
            row_id=_row_id(parts.pop("row_id", rows[typology].row_id), where),
            shares=_parts(parts, where),
        )
    if given and version is None:
        raise WrongSetting('settings [loss]: rows are changed but no version is given; decisions cite it; add version = "…"')
    if version is not None and not (isinstance(version, str) and 0 < len(version) <= 16):
        raise WrongSetting(f"settings [loss]: version {version!r}; wanted is a text of 1 to 16 characters; correct it")
    return LossTable(version=DEFAULT_LOSSES.version if version is None else version, rows=rows)


def _row_id(told: Any, where: str) -> str:
    if not (isinstance(told, str) and 0 < len(told) <= 20):
        raise WrongSetting(f"{where}: row_id {told!r}; wanted is a text of 1 to 20 characters; correct it")
    return told


def _parts(told: Any, where: str) -> dict[Party, float]:
    if not isinstance(told, Mapping):
        raise WrongSetting(f"{where}: {told!r}; wanted is a table of party = number; write it as one")
    found: dict[Party, float] = {}
    for name, part in told.items():
        if name not in tuple(Party):
            raise WrongSetting(f"{where}: party {name!r}; allowed are {', '.join(Party)}; correct the name")
        if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part < 10**9:
            raise WrongSetting(f"{where}: {name} = {part!r}; allowed is a number of zero and more; correct it")
        found[Party(name)] = float(part)
    return found


def expected_loss(frame: pd.DataFrame, probability: pd.Series, table: LossTable) -> tuple[pd.Series, pd.DataFrame]:
    """Probability times the money the parties would bear.

    Parameters
    ----------
    frame
        ``typology`` and ``amount_minor`` per subject; a null amount counts as none, its fixed sums remain.
    probability
        Per subject, same order, never null.
    table
        Who bears what.

    Returns
    -------
    total
        Int64, minor units of the subject's currency; the exact sum of the parties.
    by_party
        Int64, shape (subjects, parties), columns in the order of `Party`.

    Raises
    ------
    WrongFrame
        When a column is missing, a typology unknown or a probability null.
    """
    require(frame, ("typology", "amount_minor"), "expected loss")
    certain = floats(probability)
    if len(certain) != len(frame) or not np.isfinite(certain).all():
        raise WrongFrame("expected loss: a probability is null or missing; every subject needs one; give a stand-in where there is none")
    by_party = loss_if_fraud(frame, table) * certain[:, None]
    # Rounded party by party, so that the total is what the parties add up to.
    rounded = pd.DataFrame(np.rint(by_party).astype(np.int64), columns=[str(party) for party in Party], index=frame.index).astype("Int64")
    return rounded.sum(axis=1).astype("Int64").rename("expected_loss_minor"), rounded


def loss_if_fraud(frame: pd.DataFrame, table: LossTable) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """What each party would lose if the subject is a cheat, minor units, float, shape (subjects, parties)."""
    amount = np.nan_to_num(floats(frame["amount_minor"]), nan=0.0)
    lost = np.zeros((len(frame), len(Party)))
    named = frame["typology"].astype("str").to_numpy(dtype=str)
    for name in np.unique(named).tolist():
        if name not in tuple(Typology):
            raise WrongFrame(f"expected loss: typology {name!r}; allowed are {', '.join(Typology)}; give one of them")
        row, mine = table.rows[Typology(name)], named == name
        for at, party in enumerate(Party):
            lost[mine, at] = row.shares.get(party, 0.0) * amount[mine] + row.fixed_minor.get(party, 0)
    return lost
