"""Who competes over the Handbook's twelve answers: our engine, plain uses of libraries, the Handbook's own method, and a kernel by hand.

Each takes the table into memory its own way first; what it gives back is the work that is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from fairdeal.features.trails import Trail

DAY = 86_400
WINDOWS, DELAY = (1, 7, 30), 7
OURS, EXACT, KERNEL, HANDBOOK = "fairdeal", "duckdb", "kernel", "handbook"

#: Per answer: key, what is added up, days, and whether it is known with the delay.
ANSWERS = {
    f"{key}_{measure}_{days}d": (key, measure, days, key == "payee_id")
    for key, measures in (("payer_id", ("one", "amount")), ("payee_id", ("one", "fraud")))
    for measure in measures
    for days in WINDOWS
}

Work = Callable[[], pl.DataFrame]


def trails() -> dict[str, Trail]:
    """The answers as declarations of our own."""
    from fairdeal.features.trails import Aggregate, Trail

    return {
        name: Trail(
            key,
            (key,),
            "payments",
            measure,
            Aggregate.COUNT if measure == "one" else Aggregate.SUM,
            days * DAY,
            None if measure == "one" else measure,
            delay=DELAY * DAY if delayed else 0,
        )
        for name, (key, measure, days, delayed) in ANSWERS.items()
    }


def with_fairdeal(table: pl.DataFrame) -> Work:
    """Our own engine."""
    from fairdeal.features.windows import evaluate

    asked = trails()

    def work() -> pl.DataFrame:
        found = evaluate(table, {"payments": table}, list(asked.values()))
        return found.select(pl.col(trail.name).alias(name) for name, trail in asked.items())

    return work


def with_kernel(table: pl.DataFrame) -> Work:
    """What is near the limit: two pointers over each key's events, written by hand and compiled for these twelve answers alone."""
    import numba
    import numpy as np

    @numba.njit(cache=False)
    def totals(order, starts, t, values, window, delay):  # type: ignore[no-untyped-def]
        answers = np.zeros((values.shape[0], len(t)), dtype=np.int64)
        inside = np.zeros(values.shape[0], dtype=np.int64)
        for key in range(len(starts) - 1):
            first = after = starts[key]
            inside[:] = 0
            for at in range(starts[key], starts[key + 1]):
                row, now = order[at], t[order[at]] - delay
                last = now if delay else now - 1
                while after < starts[key + 1] and t[order[after]] <= last:
                    for each in range(values.shape[0]):
                        inside[each] += values[each, order[after]]
                    after += 1
                while first < after and t[order[first]] <= now - window:
                    for each in range(values.shape[0]):
                        inside[each] -= values[each, order[first]]
                    first += 1
                for each in range(values.shape[0]):
                    answers[each, row] = inside[each]
        return answers

    @numba.njit(cache=False)
    def by_key(codes, count):  # type: ignore[no-untyped-def]
        starts = np.zeros(count + 1, dtype=np.int64)
        for code in codes:
            starts[code + 1] += 1
        starts = np.cumsum(starts)
        place, order = starts[:-1].copy(), np.empty(len(codes), dtype=np.int64)
        for row in range(len(codes)):
            order[place[codes[row]]] = row
            place[codes[row]] += 1
        return order, starts

    def work(table: pl.DataFrame = table) -> pl.DataFrame:
        answers, t = {}, table["t"].to_numpy()
        for key in ("payer_id", "payee_id"):
            codes = table[key].cast(pl.String).cast(pl.Categorical(pl.Categories.random())).to_physical().to_numpy().astype(np.int64)
            order, starts = by_key(codes, int(codes.max()) + 1)
            mine = {name: answer for name, answer in ANSWERS.items() if answer[0] == key}
            measures = list(dict.fromkeys(measure for _, measure, _, _ in mine.values()))
            values = np.stack([table[measure].to_numpy() for measure in measures])
            for days in WINDOWS:
                delay = DELAY * DAY if any(delayed for _, _, _, delayed in mine.values()) else 0
                found = totals(order, starts, t, values, days * DAY, delay)
                answers |= {name: found[measures.index(measure)] for name, (_, measure, length, _) in mine.items() if length == days}
        return pl.DataFrame({name: answers[name] for name in ANSWERS})

    work(table.head(10))  # compiled before the clock starts
    return work


def with_polars(table: pl.DataFrame) -> Work:
    """``rolling_sum_by`` over each key; a delayed window is a longer one less the delay."""

    def total(key: str, measure: str, days: int) -> pl.Expr:
        return pl.col(measure).rolling_sum_by("t", window_size=f"{days * DAY}i", closed="none").over(key)

    def work() -> pl.DataFrame:
        return table.select(
            (total(key, measure, days + DELAY) - total(key, measure, DELAY) if delayed else total(key, measure, days)).alias(name)
            for name, (key, measure, days, delayed) in ANSWERS.items()
        )

    return work


def with_duckdb(table: pl.DataFrame) -> Work:
    """``RANGE`` windows over whole seconds, one named window per key and length."""
    import duckdb

    connection = duckdb.connect()
    connection.register("given", table.to_arrow())
    connection.execute("create table payments as select * from given")

    def bounds(days: int, delayed: bool) -> str:
        start, end = (days + DELAY) * DAY - 1 if delayed else days * DAY - 1, DELAY * DAY if delayed else 1
        return f"range between {start} preceding and {end} preceding"

    answers = ", ".join(f"cast(sum({measure}) over {key}_{days} as bigint) as {name}" for name, (key, measure, days, _) in ANSWERS.items())
    windows = ", ".join(
        dict.fromkeys(
            f"{key}_{days} as (partition by {key} order by t {bounds(days, delayed)})" for key, _, days, delayed in ANSWERS.values()
        )
    )
    # Columns of our own making only: nothing here comes from outside.
    query = f'select "row", {answers} from payments window {windows}'

    def work() -> pl.DataFrame:
        found = pl.from_arrow(connection.sql(query).to_arrow_table())
        assert isinstance(found, pl.DataFrame)
        return found

    return work


def with_pandas(table: pl.DataFrame) -> Work:
    """``groupby.rolling``; what happened within one second it tells apart by the order of rows, so it differs from the others there."""
    import numpy as np

    frame = table.to_pandas()
    frame["moment"] = np.asarray(frame["t"], dtype="datetime64[s]")
    frame = frame.set_index("moment")

    def work() -> pl.DataFrame:
        found = {}
        for name, (key, measure, days, delayed) in ANSWERS.items():
            groups = frame.groupby(key)[measure]
            total = groups.rolling(f"{days + DELAY if delayed else days}D", closed="neither").sum().to_numpy()
            if delayed:
                total = np.nan_to_num(total) - np.nan_to_num(groups.rolling(f"{DELAY}D", closed="neither").sum().to_numpy())
            found[name] = np.nan_to_num(total)
        places = {key: np.argsort(frame.groupby(key).ngroup().to_numpy(), kind="stable") for key in ("payer_id", "payee_id")}
        answers = {}
        for name, (key, *_) in ANSWERS.items():
            answers[name] = np.empty(len(frame), dtype=np.int64)
            answers[name][places[key]] = found[name].round()
        return pl.DataFrame(answers)

    return work


def with_handbook(table: pl.DataFrame) -> Work:
    """The Handbook's own method: each customer and each terminal apart, pandas' ``rolling`` over its payments.

    Notes
    -----
    Le Borgne and others, "Reproducible Machine Learning for Credit Card Fraud Detection", 2022, chapter 3. Payments of the same second it
    tells apart by the order of rows, and it takes the payment itself in; that is taken off again.
    """
    import pandas as pd

    frame = table.to_pandas()
    frame["moment"] = pd.to_datetime(frame["t"], unit="s")

    def of_one(mine: pd.DataFrame, key: str) -> pd.DataFrame:
        mine = mine.sort_values("moment").set_index("moment")
        for name, (its, measure, days, delayed) in ANSWERS.items():
            if its != key:
                continue
            total = mine[measure].rolling(f"{days + DELAY if delayed else days}d").sum()
            mine[name] = total - (mine[measure].rolling(f"{DELAY}d").sum() if delayed else mine[measure])
        return mine

    def work() -> pl.DataFrame:
        whole = frame
        for key in ("payer_id", "payee_id"):
            whole = pd.concat([of_one(mine, key).reset_index() for _, mine in whole.groupby(key)])
        whole = whole.sort_values("row")
        return pl.DataFrame({name: whole[name].round().astype("int64").to_numpy() for name in ANSWERS})

    return work


#: Plain uses of libraries; the best of them is the peer.
LIBRARIES: dict[str, Callable[[pl.DataFrame], Work]] = {"polars": with_polars, EXACT: with_duckdb, "pandas": with_pandas}
CONTENDERS: dict[str, Callable[[pl.DataFrame], Work]] = {
    OURS: with_fairdeal,
    KERNEL: with_kernel,
    **LIBRARIES,
    HANDBOOK: with_handbook,
}
