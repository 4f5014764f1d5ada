"""A backtest takes anyone's labelled data, judges only on what could not be known, and refuses a set-up that leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.errors import WrongSetting
from fairdeal.models.learn import Learn
from fairdeal.models.split_grammar import parse_split
from fairdeal.pipelines.backtesting import STAMP, Backtest, backtest
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.whole_source import WholeSource, read_whole
from fairdeal.sources.mapping import load_mapping
from tests.e2e.commands import fails_plainly, fairdeal

START = datetime(2026, 1, 1, tzinfo=UTC)
WEEKS = "time:train=14d,delay=2d,test=7d,folds=2"

PAYMENTS = """
[source]
name = "cards"

[files.tx]
path = "payments.csv"

[payments]
from = "tx"
payment_id = "id"
payer_id = "payer"
payee_id = "payee"
paid_at = "at"
amount_minor = { column = "amount", decimal = 2 }
currency = { constant = "CNY" }
extra = ["EXTRA"]

[payments.label]
column = "fraud"
positive = [1]
negative = [0]
available_after = "2d"
"""

REVIEWS = """
[source]
name = "reviews"

[files.reviews]
path = "reviews.csv"

[reviews]
from = "reviews"
reviewer_id = "user"
rating = "stars"
text = "text"
extra = ["ip"]

[reviews.label]
column = "caught"
positive = ["+"]
"""

WORDS_ONLY = """
[source]
name = "words"

[files.reviews]
path = "PATH"

[reviews]
from = "reviews"
text = "text"

[reviews.label]
column = "caught"
positive = ["+"]
negative = ["-"]
"""

SHOPS = """
[source]
name = "shops"
time_zone = "Asia/Shanghai"

[files.orders]
path = "orders.csv"

[files.answer]
path = "answer.csv"

[orders]
from = "orders"
merchant_id = "shop"
buyer_id = "user"
ordered_at = "at"

[orders.label]
from = "answer"
subject = "merchant_id"
subject_column = "shop"
column = "brushes"
positive = [1]
negative = [0]
"""


def payments(folder: Path, *, days: int = 40, extra: Callable[[np.ndarray, np.random.Generator], Any] | None = None) -> Path:
    """Forty payers with habits; one payee in twelve turns bad for a while, and whoever pays there pays much. Gives the mapping."""
    rng = np.random.default_rng(5)
    count = 90 * days
    payer, payee = rng.integers(0, 40, count), rng.integers(0, 36, count)
    second = np.sort(rng.integers(0, days * 86_400, count))
    fraud = ((payee + second // (15 * 86_400)) % 12 == 0) & (rng.random(count) < 0.7)
    amount = np.round(rng.gamma(4, 3 + payer % 5, count) * np.where(fraud & (rng.random(count) < 0.6), 6, 1), 2)
    table = pl.DataFrame(
        {
            "id": [f"T{number:05d}" for number in range(count)],
            "payer": [f"c{number}" for number in payer],
            "payee": [f"m{number}" for number in payee],
            "at": [(START + timedelta(seconds=int(each))).isoformat() for each in second],
            "amount": amount,
            "fraud": fraud.astype(int),
        }
    )
    if extra is not None:
        table = table.with_columns(colour=pl.Series(extra(fraud, rng)))
    folder.mkdir(parents=True, exist_ok=True)
    table.write_csv(folder / "payments.csv")
    mapping = folder / "mapping.toml"
    mapping.write_text(PAYMENTS.replace('extra = ["EXTRA"]', "" if extra is None else 'extra = ["colour"]'), encoding="utf-8")
    return mapping


def reviews(folder: Path, *, name: str = "reviews.csv", seed: int = 3, mapping: str = REVIEWS) -> Path:
    """Reviews without times: fakes come from few users behind few addresses, in words of their own."""
    rng = np.random.default_rng(seed)
    honest = "room was small but clean staff slow breakfast cold view nice".split()  # noqa: SIM905
    paid = "best ever amazing perfect must buy wow".split()  # noqa: SIM905
    rows = []
    for number in range(400):
        fake = number % 4 == 0
        user = f"f{rng.integers(0, 30)}" if fake else f"u{rng.integers(0, 250)}"
        words = rng.choice([*honest, *paid] if fake and rng.random() < 0.3 else paid if fake else [*honest, *honest, *paid], 12)
        ip = f"n{rng.integers(0, 12)}" if fake else f"h{rng.integers(0, 200)}"
        rows.append(
            {"user": user, "ip": ip, "stars": 5 if fake else rng.integers(1, 6), "text": " ".join(words), "caught": "+" if fake else "-"}
        )
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_csv(folder / name)
    place = folder / f"{Path(name).stem}.toml"
    place.write_text(mapping.replace("PATH", name), encoding="utf-8")
    return place


def source_of(mapping: Path) -> WholeSource:
    return read_whole(load_mapping(mapping), lambda text: None)


def judged(
    detector: Detector, source: WholeSource, split: str | None, *, test: WholeSource | None = None, learn: Learn = Learn.LABELS
) -> Backtest:
    parsed = None if split is None else parse_split(split)
    return backtest(detector, source, parsed, test_source=test, learn=learn, seed=1, words=str(split), progress=lambda text: None)


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> WholeSource:
    return source_of(payments(tmp_path_factory.mktemp("cards")))


@pytest.fixture(scope="module")
def plain(cards: WholeSource) -> Backtest:
    return judged(Detector.PAYMENTS, cards, WEEKS)


def test_folds_of_time_are_judged_with_what_the_interface_names(plain: Backtest) -> None:
    told = plain.figures
    assert {"detector", "split", "rows", "positives", "folds", "ap", "auc", "ap_low", "ap_high", "auc_low", "auc_high"} < set(told)
    assert {"precision_at", "card_precision_at", "attainable", "value_detected", "ece", "blind", "seconds", "model"} < set(told)
    assert told["model"].startswith("payments-")
    assert len(told["folds"]) == 2
    assert told["ap_low"] <= told["ap"] <= told["ap_high"]
    assert told["auc"] > 0.8
    assert told["rows"] == sum(fold["rows"] for fold in told["folds"])
    assert "stamp" not in told


def test_what_becomes_known_later_changes_nothing(cards: WholeSource, plain: Backtest) -> None:
    first = plain.figures["folds"][0]
    start = datetime.fromisoformat(first["fold"]).replace(tzinfo=UTC)
    asked = f"time:train=14d,delay=2d,test=7d,folds=1,start={start:%Y-%m-%d}"
    end = start + timedelta(days=23)
    rng = np.random.default_rng(0)
    rows, labels = cards.tables["payments"], cards.tables["labels"]
    future = pl.col("available_at") > end + timedelta(days=2)
    shuffled = labels.with_columns(is_fraud=pl.when(future).then(pl.Series(rng.random(labels.height) < 0.5)).otherwise("is_fraud"))
    later = rows.filter(pl.col("paid_at") > end).with_columns(payment_id=pl.lit("again") + pl.col("payment_id"))
    appended = replace(cards, tables={**cards.tables, "payments": pl.concat([rows, later]), "labels": shuffled})
    one, other = (judged(Detector.PAYMENTS, each, asked).figures for each in (cards, appended))
    assert (one["ap"], one["auc"], one["model"]) == (other["ap"], other["auc"], other["model"])


def test_labels_of_the_judged_days_teach_nothing(cards: WholeSource) -> None:
    labels = cards.tables["labels"]
    last = labels["available_at"].max() - timedelta(days=7)  # type: ignore[operator]
    turned = labels.with_columns(is_fraud=pl.when(pl.col("available_at") > last).then(~pl.col("is_fraud")).otherwise("is_fraud"))
    one = judged(Detector.PAYMENTS, cards, "time:train=14d,delay=2d,test=7d").figures
    other = judged(Detector.PAYMENTS, replace(cards, tables={**cards.tables, "labels": turned}), "time:train=14d,delay=2d,test=7d").figures
    assert one["model"] == other["model"]
    assert one["auc"] > 0.8 > 0.5 > other["auc"]


def test_the_order_of_rows_and_the_names_of_ids_mean_nothing(cards: WholeSource, plain: Backtest) -> None:
    rows = cards.tables["payments"].sample(fraction=1, shuffle=True, seed=4)
    renamed = rows.with_columns(payee_id=pl.col("payee_id").str.reverse() + "!", payer_id=pl.lit("x") + pl.col("payer_id").str.reverse())
    told = judged(Detector.PAYMENTS, replace(cards, tables={**cards.tables, "payments": renamed}), WEEKS).figures
    assert [fold["ap"] for fold in told["folds"]] == [fold["ap"] for fold in plain.figures["folds"]]


def test_where_only_frauds_are_named_one_that_comes_to_light_later_looks_like_everybody(cards: WholeSource) -> None:
    labels = cards.tables["labels"].filter("is_fraud")
    late = pl.col("subject_id").hash(1) % 3 == 0
    delayed = labels.with_columns(available_at=pl.when(late).then(pl.col("available_at") + timedelta(days=60)).otherwise("available_at"))
    asked = "time:train=14d,delay=2d,test=7d"
    one = judged(Detector.PAYMENTS, replace(cards, tables={**cards.tables, "labels": delayed}), asked).figures
    # Had nobody ever spoken of them, the same would have been learned.
    other = judged(Detector.PAYMENTS, replace(cards, tables={**cards.tables, "labels": labels.filter(~late)}), asked).figures
    assert one["model"] == other["model"]
    assert one["model"] != judged(Detector.PAYMENTS, replace(cards, tables={**cards.tables, "labels": labels}), asked).figures["model"]


def test_a_wait_shorter_than_labels_take_is_refused(cards: WholeSource) -> None:
    with pytest.raises(WrongSetting, match="labels take 2d"):
        judged(Detector.PAYMENTS, cards, "time:train=14d,delay=1d,test=7d")


def test_labels_without_a_moment_are_known_after_the_wait(cards: WholeSource, plain: Backtest, tmp_path: Path) -> None:
    mapping = payments(tmp_path)
    mapping.write_text(mapping.read_text(encoding="utf-8").replace('available_after = "2d"', ""), encoding="utf-8")
    undated = source_of(mapping)
    assert undated.undated == {"payments"}
    told = judged(Detector.PAYMENTS, undated, WEEKS).figures
    assert [fold["ap"] for fold in told["folds"]] == [fold["ap"] for fold in plain.figures["folds"]]
    assert cards.known_after("payments", timedelta(days=9)) is cards


def test_a_column_that_tells_the_answer_is_refused(tmp_path: Path) -> None:
    scenario = source_of(payments(tmp_path, extra=lambda fraud, rng: np.where(fraud, rng.integers(1, 4, len(fraud)), 0)))
    with pytest.raises(WrongSetting, match="colour: by itself it tells who is a fraud"):
        judged(Detector.PAYMENTS, scenario, WEEKS)
    harmless = source_of(payments(tmp_path / "other", extra=lambda fraud, rng: rng.integers(0, 4, len(fraud))))
    assert judged(Detector.PAYMENTS, harmless, WEEKS).figures["auc"] > 0.8


def test_without_labels_what_is_unusual_is_judged_and_no_probability_claimed(cards: WholeSource) -> None:
    unusual, cold = (judged(Detector.PAYMENTS, cards, WEEKS, learn=learn).figures for learn in (Learn.UNUSUAL, Learn.COLD))
    assert unusual["ece"] is None
    assert unusual["auc"] > 0.6
    assert cold["learn"] == "cold"


def test_steps_stand_for_times(tmp_path: Path) -> None:
    mapping = payments(tmp_path)
    text = mapping.read_text(encoding="utf-8").replace('paid_at = "at"', 'paid_at = { column = "step", unit = "step", seconds = 60 }')
    pl.read_csv(tmp_path / "payments.csv").with_row_index("step").write_csv(tmp_path / "payments.csv")
    mapping.write_text(text.replace("2d", "1h"), encoding="utf-8")
    told = judged(Detector.PAYMENTS, source_of(mapping), "time:train_share=0.7").figures
    assert told["rows"] == 1_080
    assert told["auc"] > 0.6


def test_positive_and_unlabelled_reviews_without_times_go_by_groups(tmp_path: Path) -> None:
    source = source_of(reviews(tmp_path))
    told = judged(Detector.REVIEWS, source, "groups:reviewer_id,ip,folds=3").figures
    assert told["rows"] == 400
    assert told["positives"] == 100
    assert told["went_without"]["reviews"] == ["review_id", "subject_id", "posted_at"]
    assert told["auc"] > 0.7
    assert "stamp" not in told


def test_rows_at_random_are_stamped_and_see_no_label_of_their_own(tmp_path: Path) -> None:
    source = source_of(reviews(tmp_path))
    assert judged(Detector.REVIEWS, source, "random:folds=3").figures["stamp"] == STAMP
    # Labels that mean nothing: who saw the own one, or its lack among the neighbours', would look good.
    rng = np.random.default_rng(0)
    one = source.tables["labels"].head(1).drop("subject_id")
    drawn = source.tables["reviews"].select(subject_id="review_id").filter(pl.Series(rng.random(400) < 0.4)).join(one, how="cross")
    told = judged(
        Detector.REVIEWS,
        replace(source, tables={**source.tables, "labels": drawn.select(source.tables["labels"].columns)}),
        "random:folds=5",
    ).figures
    assert 0.35 < told["auc"] < 0.65


def test_words_alone_suffice_and_one_source_may_judge_another(tmp_path: Path) -> None:
    learned = source_of(reviews(tmp_path, name="old.csv", mapping=WORDS_ONLY))
    other = source_of(reviews(tmp_path, name="new.csv", seed=9, mapping=WORDS_ONLY))
    told = judged(Detector.REVIEWS, learned, None, test=other).figures
    assert told["rows"] == 400
    assert told["accuracy"] > 0.8
    assert len(told["folds"]) == 1


def test_shops_are_judged_where_labels_speak_of_shops(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows, answer = [], []
    for shop in range(120):
        brushes = shop % 3 == 0
        answer.append({"shop": f"s{shop}", "brushes": int(brushes)})
        for _ in range(25):
            hour = rng.integers(0, 24 * 20) if not brushes or rng.random() < 0.3 else 24 * (shop % 17) + rng.integers(0, 30)
            user = f"b{rng.integers(0, 40)}" if brushes else f"u{rng.integers(0, 900)}"
            rows.append({"shop": f"s{shop}", "user": user, "at": (START + timedelta(hours=int(hour))).isoformat()})
    pl.DataFrame(rows).write_csv(tmp_path / "orders.csv")
    pl.DataFrame(answer).write_csv(tmp_path / "answer.csv")
    (tmp_path / "mapping.toml").write_text(SHOPS, encoding="utf-8")
    told = judged(Detector.DEALS, source_of(tmp_path / "mapping.toml"), "groups:merchant_id,folds=4").figures
    assert told["rows"] == 120
    assert told["positives"] == 40
    assert told["auc"] > 0.8


@pytest.mark.parametrize(
    ("split", "said"),
    [("time:train=7d,test=7d", "tells no moments"), ("groups:phone,folds=3", "no column 'phone'"), ("groups:merchant_id,folds=3", "empty")],
)
def test_a_split_that_the_source_cannot_give_is_told(tmp_path: Path, split: str, said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        judged(Detector.REVIEWS, source_of(reviews(tmp_path)), split)


def test_a_detector_without_its_table_or_labels_is_told(cards: WholeSource) -> None:
    with pytest.raises(WrongUse, match=r"no \[reviews\]"):
        judged(Detector.REVIEWS, cards, WEEKS)
    silent = replace(cards, tables={**cards.tables, "labels": cards.tables["labels"].clear()})
    with pytest.raises(WrongUse, match="no labels of payments"):
        judged(Detector.PAYMENTS, silent, WEEKS)


def test_the_command_prints_one_json_value_and_writes_a_report_that_is_whole(tmp_path: Path) -> None:
    mapping = payments(tmp_path / "data")
    report = tmp_path / "report"
    said = fairdeal(
        *("backtest", "--source", str(mapping), "--detector", "payments", "--split", WEEKS, "--json", "--report", str(report)),
        home=tmp_path / "home",
    )
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["split"] == WEEKS
    page = (report / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 3
    assert "http" not in page.replace("http-equiv", "")
    assert {path.name for path in report.iterdir()} == {
        "index.html",
        "figures.json",
        "precision_recall.png",
        "reliability.png",
        "scores.png",
    }


@pytest.mark.parametrize(
    "words",
    [
        ("--split", "random:folds=5"),
        ("--source", "{mapping}"),
        ("--source", "{mapping}", "--split", "random:folds=5", "--train", "{mapping}", "--test", "{mapping}"),
        ("--train", "{mapping}"),
        ("--source", "{mapping}", "--split", "by hand"),
        ("--source", "nowhere.toml", "--split", "random:folds=5"),
    ],
)
def test_wrong_words_are_told_with_exit_code_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    mapping = payments(tmp_path / "data", days=3)
    given = [word.format(mapping=mapping) for word in words]
    fails_plainly(fairdeal("backtest", "--detector", "payments", *given, home=tmp_path / "home"), 2)
