"""Complaints: how the truth comes out, late, in part, and now and then wrongly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fairdeal.data_contracts.labels import LabelSource
from fairdeal.data_contracts.typologies import DEFAULT_TYPOLOGY, Detector, Typology
from fairdeal.simulator.chance import Flags, Floats, Ints, happens
from fairdeal.simulator.clock import DAY, HOUR, OFFSET, SECOND, Period

#: Share of approved stolen payments that are ever charged back; the delay's median and longest, in days.
CHARGEBACK_RATE, CHARGEBACK_MEDIAN, CHARGEBACK_LONGEST = 0.85, 14.0, 60.0
#: Honest payments that their owner disputes all the same.
FRIENDLY_RATE = 0.0003


@dataclass(frozen=True)
class Discovery:
    """How a cheat among orders and reviews comes out.

    Parameters
    ----------
    rate
        Share that is ever found.
    reported
        Share of the found that the people concerned report; analysts come upon the others.
    pace
        Mean days between event and finding, the first hours aside, are twice this.
    """

    rate: float = 0.65
    reported: float = 0.6
    pace: float = 1.6


#: How those come out that concern somebody: a shop reports attacks and threats soon, users report false notices at once.
DISCOVERIES: dict[str, Discovery] = {
    Typology.MALICIOUS_REVIEW: Discovery(0.6, 0.75, 1.0),
    Typology.REVIEW_EXTORTION: Discovery(0.7, 0.85, 0.7),
    Typology.IMPERSONATION: Discovery(0.7, 0.8, 0.5),
    Typology.SELF_PURCHASE: Discovery(0.5, 0.2, 2.5),
    Typology.REVERSE_BRUSHING: Discovery(0.6, 0.8, 1.0),
    Typology.REFUND_ABUSE: Discovery(0.55, 0.7, 3.5),
    Typology.FALSE_SHIPPING: Discovery(0.7, 0.85, 3.0),
    Typology.BAIT_LISTING: Discovery(0.65, 0.85, 2.5),
    Typology.CARD_TESTING: Discovery(0.35, 0.1, 0.8),
    Typology.ACCOUNT_TAKEOVER: Discovery(0.45, 0.9, 0.9),
}
#: Share of approved payments of a cheat that their owner ever disputes, where it is not the usual one: small sums pass unseen, and whom a
#: shop charged wrongly turns to the shop.
CHARGED_BACK: dict[str, float] = {Typology.CARD_TESTING: 0.4, Typology.ACCOUNT_TAKEOVER: 0.6, Typology.PAYMENT_ERROR: 0.1}
#: Share of payment errors that the reconciliation of the next days finds.
RECONCILED_RATE = 0.8
#: Share of all subjects that the provider's random audit looks at.
AUDIT_RATE = 0.03
#: Share of honest subjects that raise a false alarm, and how many times more often look-alikes do.
ALARM_RATE, LOOK_ALIKE_FACTOR = 0.006, 4.0
#: Share of the labels, chargebacks aside, that are wrong.
WRONG_RATE = 0.008

#: A label as the simulator knows it; ``subject`` is the subject's code, ``at`` the instant it becomes known, in milliseconds.
REPORTS: dict[str, pl.DataType] = {
    "subject_kind": pl.String(),
    "subject": pl.Int64(),
    "is_fraud": pl.Boolean(),
    "at": pl.Int64(),
    "typology": pl.String(),
    "source": pl.String(),
}


@dataclass(frozen=True)
class Subjects:
    """What labels can speak of: codes, moments, the truth (typology, null when honest), and what looks like a cheat but is none."""

    detector: Detector
    code: Ints
    at: Ints
    typology: pl.Series
    look_alike: Flags

    @property
    def is_fraud(self) -> Flags:
        fraud: Flags = self.typology.is_not_null().to_numpy()
        return fraud


def chargebacks(rng: np.random.Generator, payments: Subjects, approved: Flags) -> pl.DataFrame:
    """Disputed payments: stolen ones that went through, and a few honest ones; columns of `REPORTS`.

    Notes
    -----
    Cardholders notice with the statement: the delay is lognormal around two weeks with a tail to two months (Dal Pozzolo et al. 2015
    model the same delayed feedback). A declined attempt takes no money, so nobody disputes it.
    """
    disputed = payments.typology.replace_strict(CHARGED_BACK, default=CHARGEBACK_RATE, return_dtype=pl.Float64).to_numpy()
    rate = np.where(payments.is_fraud, disputed, FRIENDLY_RATE) * approved
    chosen = happens(rng, rate, len(payments.code))
    days = np.minimum(rng.lognormal(np.log(CHARGEBACK_MEDIAN), 0.6, len(payments.code)), CHARGEBACK_LONGEST)
    return _reports(payments, chosen, payments.at + (days * DAY).astype(np.int64) // SECOND * SECOND, "chargeback", found=True)


def reconciled(rng: np.random.Generator, payments: Subjects) -> pl.DataFrame:
    """Payment errors that come out when orders and charges are laid side by side, one or two days later; columns of `REPORTS`."""
    count = len(payments.code)
    chosen = (payments.typology == str(Typology.PAYMENT_ERROR)).fill_null(False).to_numpy() & happens(rng, RECONCILED_RATE, count)
    return _reports(payments, chosen, office_hours(rng, payments.at, rng.uniform(0.6, 1.6, count)), "provider", found=True)


def findings(rng: np.random.Generator, subjects: Subjects, able: Flags | bool = True) -> pl.DataFrame:
    """Fakes that users or shops report and analysts confirm within days, and false alarms that analysts dismiss; columns of `REPORTS`.

    ``able`` says of which subjects anybody can come to know anything but that they are suspected.
    """
    count = len(subjects.code)
    rate, reported, pace = _discovery(subjects.typology)
    at = office_hours(rng, subjects.at, 0.3 + rng.gamma(2.0, 1.0, count) * pace)
    found = subjects.is_fraud & able & happens(rng, rate, count)
    by_people = happens(rng, reported, count)
    return pl.concat(
        [
            _reports(subjects, found & by_people, at, "report", found=True),
            _reports(subjects, found & ~by_people, at, "analyst", found=True),
            false_alarms(rng, subjects),
        ]
    )


def _discovery(typology: pl.Series) -> tuple[Floats, Floats, Floats]:
    """Rate, reported share and pace of each row's `Discovery`."""
    known = [Discovery(), *DISCOVERIES.values()]
    number = typology.replace_strict(
        {name: row for row, name in enumerate(DISCOVERIES, start=1)}, default=0, return_dtype=pl.Int64
    ).to_numpy()
    rate, reported, pace = (np.array([getattr(one, name) for one in known])[number] for name in ("rate", "reported", "pace"))
    return rate, reported, pace


def false_alarms(rng: np.random.Generator, subjects: Subjects) -> pl.DataFrame:
    """Honest subjects that somebody suspected and an analyst cleared, look-alikes more often; columns of `REPORTS`."""
    count = len(subjects.code)
    rate: Floats = ALARM_RATE * np.where(subjects.look_alike, LOOK_ALIKE_FACTOR, 1.0)
    suspected = ~subjects.is_fraud & happens(rng, rate, count)
    return _reports(subjects, suspected, office_hours(rng, subjects.at, 0.5 + rng.gamma(2.0, 1.2, count)), "analyst", found=False)


def audits(rng: np.random.Generator, subjects: Subjects) -> pl.DataFrame:
    """What a random sample of all subjects turned out to be; columns of `REPORTS`."""
    count = len(subjects.code)
    looked_at = happens(rng, AUDIT_RATE, count)
    at = office_hours(rng, subjects.at, 1 + rng.gamma(2.0, 1.2, count))
    return pl.concat(
        [
            _reports(subjects, looked_at & subjects.is_fraud, at, "audit", found=True),
            _reports(subjects, looked_at & ~subjects.is_fraud, at, "audit", found=False),
        ]
    )


def complaints(rng: np.random.Generator, period: Period, payments: Subjects, approved: Flags, others: list[Subjects]) -> pl.DataFrame:
    """Every label that becomes known within the period, a few of them wrong, none of a payment not approved; columns of `REPORTS`."""
    # An attempt that took no money harms nobody who would tell. Instruments come back as chargebacks, the rest sooner.
    noticed = payments.typology.is_in([str(Typology.CARD_TESTING), str(Typology.ACCOUNT_TAKEOVER)]).fill_null(False).to_numpy()
    judged = [audits(rng, payments), findings(rng, payments, noticed & approved), reconciled(rng, payments)]
    for subjects in others:
        judged += [audits(rng, subjects), findings(rng, subjects)]
    everything = pl.concat([chargebacks(rng, payments, approved), _mistakes(rng, pl.concat(judged))])
    # What was blocked or declined took no money and yields no label: nobody disputes it, and an audit looks at what was taken.
    taken = (pl.col("subject_kind") != payments.detector.subject_kind) | pl.col("subject").is_in(payments.code[approved])
    return everything.filter(pl.Series(period.holds(everything["at"].to_numpy())) & taken)


def office_hours(rng: np.random.Generator, event: Ints, days: Floats) -> Ints:
    """The moment between nine and six on the day that lies ``days`` after the event, always after the event itself."""
    day = (event + (days * DAY).astype(np.int64) + OFFSET) // DAY
    at = day * DAY - OFFSET + 9 * HOUR + rng.integers(0, 9 * 3600, len(event)) * SECOND
    return np.where(at <= event, at + DAY, at)


def _reports(subjects: Subjects, chosen: Flags, at: Ints, source: str, *, found: bool) -> pl.DataFrame:
    default = str(DEFAULT_TYPOLOGY[subjects.detector])
    typology = subjects.typology.filter(pl.Series(chosen)).fill_null(default) if found else None
    return pl.DataFrame({"subject": subjects.code[chosen], "at": at[chosen]}).select(
        pl.lit(subjects.detector.subject_kind).alias("subject_kind"),
        "subject",
        pl.lit(found).alias("is_fraud"),
        "at",
        (typology if typology is not None else pl.lit(None, dtype=pl.String)).alias("typology"),
        pl.lit(str(LabelSource(source))).alias("source"),
    )


def _mistakes(rng: np.random.Generator, reports: pl.DataFrame) -> pl.DataFrame:
    """The same reports, a few with the wrong finding."""
    wrong = pl.Series(happens(rng, WRONG_RATE, reports.height))
    usual = {detector.subject_kind: str(DEFAULT_TYPOLOGY[detector]) for detector in Detector}
    return reports.with_columns(is_fraud=pl.col("is_fraud") ^ wrong).with_columns(
        typology=pl.when("is_fraud").then(pl.coalesce("typology", pl.col("subject_kind").replace_strict(usual)))
    )
