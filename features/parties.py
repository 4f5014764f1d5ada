"""Parties: what is known of a shop or an account, summed up from the features of its orders, payments or reviews."""

from __future__ import annotations

import polars as pl

from fairdeal.features.build import FeatureTable

#: Share of a party's subjects that lie below its high value.
HIGH = 0.9
#: What of a feature's values over a party's subjects is kept.
KINDS = ("mean", "high")


def by_party(table: FeatureTable, column: str) -> FeatureTable:
    """One row per party: mean and high value of every feature over its subjects, and how many there are.

    Parameters
    ----------
    table
        Features of single subjects.
    column
        Carried column that names the party: ``merchant_id`` or ``account_id``. Subjects without one are left out.

    Returns
    -------
    FeatureTable
        ``subject_id`` is the party; it stands at the last moment of its subjects, so that everything counted was known by then.
        Features are named ``<feature>_mean`` and ``<feature>_high``, null where no subject has a value; ``party_subject_count`` is first.
    """
    names = [name for name in table.names if name not in table.blind]
    rows = (
        table.rows.filter(pl.col(column).is_not_null())
        .group_by(column)
        .agg(
            pl.col("event_at").max(),
            pl.col("as_of_at").max(),
            pl.col("amount_minor").sum(),
            pl.col("currency").min(),
            party_subject_count=pl.len().cast(pl.Float64),
            **{f"{name}_mean": pl.col(name).mean() for name in names},
            **{f"{name}_high": pl.col(name).quantile(HIGH, "linear") for name in names},
        )
        .with_columns(subject_id=pl.col(column), account_id=pl.lit(None, pl.String))
        .sort("as_of_at", "subject_id")
    )
    if column != "merchant_id":
        rows = rows.with_columns(merchant_id=pl.lit(None, pl.String))
    made = ("party_subject_count", *(f"{name}_{kind}" for name in names for kind in KINDS))
    return FeatureTable(rows, made, tuple(name for name in made if rows[name].null_count() == rows.height))
