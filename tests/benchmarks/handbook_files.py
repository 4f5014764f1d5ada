"""Payments in the format of the Fraud Detection Handbook's files, made by rule: customers with habits, terminals that turn bad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

DAY = 86_400
START = 1_529_712_000  # 2018-06-23


def handbook_files(folder: Path, *, customers: int = 120, terminals: int = 40, days: int = 80, seed: int = 1) -> Path:
    """Writes two files under ``folder/fdh``; gives ``folder``."""
    rng = np.random.default_rng(seed)
    rows = customers * days
    customer, terminal = rng.integers(0, customers, rows), rng.integers(0, terminals, rows)
    # Whole minutes, so that many payments share their second.
    seconds = rng.integers(0, days * DAY // 60, rows) * 60
    amount = np.round(rng.gamma(4.0, 10.0 + customer % 7, rows), 2)
    is_bad = (terminal + seconds // (20 * DAY)) % 10 == 0
    fraud = is_bad & (rng.random(rows) < 0.4)
    table = pl.DataFrame(
        {
            "TX_DATETIME": pl.Series(START + seconds).cast(pl.Int64) * 1_000_000_000,
            "CUSTOMER_ID": customer,
            "TERMINAL_ID": terminal,
            "TX_AMOUNT": np.where(fraud, amount * 2, amount).round(2),
            "TX_FRAUD": fraud.astype(np.int64),
        }
    )
    table = table.sort("TX_DATETIME").with_columns(pl.col("TX_DATETIME").cast(pl.Datetime("ns"))).with_row_index("TRANSACTION_ID")
    (folder / "fdh").mkdir()
    for number, part in enumerate((table.head(rows // 2), table.tail(rows - rows // 2))):
        part.write_parquet(folder / "fdh" / f"transactions-2018-{6 + number:02d}.parquet")
    return folder
