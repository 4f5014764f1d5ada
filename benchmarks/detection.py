"""Detection on public data sets: our figure, the published one, and a simple baseline run in the same process.

``--set`` names the data; what a figure means, and which figures were published where, stands beside each set below. Splits that published
protocols draw at random leak by construction: those figures are for comparison alone.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import fairdeal
from benchmarks import parser, tell
from benchmarks.blocks import DENSITIES, host_graph, tell_planted
from benchmarks.campaigns import tell_campaigns
from benchmarks.simulator import SEED, Size, silent, tell_market
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import metrics
from fairdeal.models.learn import Learn
from fairdeal.models.split_grammar import GroupSplit, RandomSplit, Split, parse_split
from fairdeal.pipelines.backtesting import backtest, fold_rows
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.whole_source import WholeSource, read_whole
from fairdeal.sources.discovery import discover
from fairdeal.sources.mapping import load_mapping

OWN = Path(__file__).parent / "mappings"
SHIPPED = Path(fairdeal.sources.__path__[0])
SEEDS = 5
#: Blocks planted into a graph: no source of rows with labels, so that `benchmarks.blocks` measures them.
BLOCKS = "blocks"
#: Campaigns planted into the orders of real marketplaces, measured by `benchmarks.campaigns`.
CAMPAIGNS = "campaigns"
#: The product's own simulated marketplace, measured by `benchmarks.simulator`.
SIMULATOR = "simulator"
SIMPLE = "tf-idf and a linear machine on the same folds"


@dataclass(frozen=True)
class Figure:
    """One figure of a set: which measure of a backtest's answer it is, and what was published."""

    name: str
    measure: str
    published: float | None = None

    def of(self, answer: Mapping[str, Any]) -> float | None:
        """The figure in a backtest's answer, or in one of its folds."""
        if self.measure == "cp100":
            return answer["card_precision_at"]["100"] if answer["card_precision_at"] else None
        value: float | None = answer[self.measure]
        return value


@dataclass(frozen=True)
class Protocol:
    """One way to part a set: mapping files, split, and the figures it gives.

    Parameters
    ----------
    seeds
        How often folds are drawn anew; 1 where time parts them.
    baseline
        Whether character and word tf-idf with a linear machine runs on the same folds.
    """

    detector: Detector
    mapping: Path
    split: str | None
    figures: tuple[Figure, ...]
    judged: Path | None = None
    learn: Learn = Learn.LABELS
    seeds: int = 1
    baseline: bool = False


HANDBOOK = "time:train=7d,delay=7d,test=7d,folds={},start=2018-07-25,step=7d"
TEXTS = Detector.REVIEWS
#: Published: Le Borgne et al., "Reproducible machine learning for credit card fraud detection"; GTAN (2023) and RGTAN (2025); Ott et al.
#: (2013); Salminen et al. (2022); Van Dinh et al. (2022).
SETS: dict[str, tuple[Protocol, ...]] = {
    "fdh": (
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "handbook.toml",
            HANDBOOK.format(4),
            (Figure("fdh.B.ap", "ap", 0.687), Figure("fdh.B.auc", "auc", 0.879), Figure("fdh.B.cp100", "cp100", 0.305)),
        ),
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "handbook.toml",
            HANDBOOK.format(1),
            (Figure("fdh.A.ap", "ap", 0.658), Figure("fdh.A.auc", "auc", 0.871), Figure("fdh.A.cp100", "cp100", 0.304)),
        ),
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "handbook.toml",
            HANDBOOK.format(1),
            (Figure("fdh.A.unsupervised.ap", "ap", 0.180), Figure("fdh.A.unsupervised.auc", "auc", 0.836)),
            learn=Learn.UNUSUAL,
        ),
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "handbook.toml",
            HANDBOOK.format(1),
            (Figure("fdh.A.cold.ap", "ap"), Figure("fdh.A.cold.auc", "auc")),
            learn=Learn.COLD,
        ),
    ),
    "s-ffsd": (
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "s-ffsd.toml",
            "random:test_share=0.2,seed=2",
            (
                Figure("sffsd.G.auc", "auc", 0.846),
                Figure("sffsd.G.ap", "ap", 0.694),
                Figure("sffsd.G.macro_f1", "macro_f1", 0.751),
            ),
        ),
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "s-ffsd.toml",
            "random:test_share=0.6,seed=2",
            (Figure("sffsd.R.auc", "auc", 0.846), Figure("sffsd.R.ap", "ap", 0.694)),
        ),
        Protocol(
            Detector.PAYMENTS,
            SHIPPED / "s-ffsd.toml",
            "time:train_share=0.7",
            (Figure("sffsd.T.auc", "auc"), Figure("sffsd.T.ap", "ap")),
        ),
    ),
    "op-spam": (
        Protocol(
            TEXTS,
            OWN / "op-spam.toml",
            "random:folds=5",
            (Figure("op_spam.accuracy", "accuracy", 0.898), Figure("op_spam.auc", "auc")),
            seeds=5,
            baseline=True,
        ),
        Protocol(
            TEXTS,
            OWN / "op-spam.toml",
            "groups:subject_id,folds=5",
            (Figure("op_spam.hotel_disjoint", "accuracy"),),
            seeds=5,
            baseline=True,
        ),
    ),
    "cg-or": (
        Protocol(
            TEXTS,
            OWN / "cg-or-dev.toml",
            None,
            (Figure("cg_or.accuracy", "accuracy", 0.936), Figure("cg_or.auc", "auc", 0.981)),
            judged=OWN / "cg-or-test.toml",
            baseline=True,
        ),
    ),
    "vispam": (
        Protocol(
            TEXTS,
            OWN / "vispam-train.toml",
            None,
            (Figure("vispam.macro_f1", "macro_f1", 0.869), Figure("vispam.auc", "auc")),
            judged=OWN / "vispam-dev.toml",
            baseline=True,
        ),
    ),
    "douban": (
        Protocol(
            TEXTS,
            OWN / "douban.toml",
            "random:folds=5",
            (Figure("douban.auc", "auc"), Figure("douban.accuracy", "accuracy", 0.8)),
            seeds=5,
            baseline=True,
        ),
    ),
    "dianping": (
        Protocol(
            TEXTS,
            OWN / "dianping.toml",
            "groups:reviewer_id,ip,folds=5",
            (Figure("dianping.grouped.auc", "auc"), Figure("dianping.grouped.ap", "ap")),
            seeds=5,
            baseline=True,
        ),
        Protocol(
            TEXTS,
            OWN / "dianping.toml",
            "random:folds=5",
            (Figure("dianping.auc", "auc"), Figure("dianping.ap", "ap"), Figure("dianping.macro_f1", "macro_f1")),
            seeds=5,
            baseline=True,
        ),
    ),
    "yelp": (
        Protocol(
            TEXTS,
            OWN / "yelp.toml",
            "groups:subject_id,folds=5",
            (Figure("yelp.auc", "auc", 0.867), Figure("yelp.ap", "ap")),
            seeds=5,
            baseline=True,
        ),
    ),
}


def seeded(words: str | None, seed: int) -> Split | None:
    """The split of these words, its folds drawn by this seed."""
    split = None if words is None else parse_split(words)
    return replace(split, seed=seed) if isinstance(split, GroupSplit | RandomSplit) and seed else split


@cache
def whole(mapping: Path, data: Path) -> WholeSource:
    """A set, read whole."""
    read = load_mapping(mapping, data)
    if not discover(read).all:
        paths = ", ".join(files.path for files in read.files.values())
        sys.exit(f"{data}: no {paths}; allowed is a folder that holds the set; give it with --data")
    return read_whole(read, silent)


def baseline_scores(learned: Sequence[str], truth: Sequence[float], judged: Sequence[str]) -> np.ndarray:
    """What character and word tf-idf with a linear support vector machine says; nothing is tuned."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    views = make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="word", token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True, min_df=1),
    )
    return np.asarray(make_pipeline(views, LinearSVC(C=1.0)).fit(learned, truth).decision_function(judged))


def baseline(protocol: Protocol, source: WholeSource, other: WholeSource | None, seed: int) -> dict[str, float]:
    """The baseline's means over the same folds."""
    found: dict[str, list[float]] = {name: [] for name in ("ap", "auc", "accuracy", "macro_f1")}
    for learned, judged in fold_rows(protocol.detector, source, seeded(protocol.split, seed), test_source=other):
        score = baseline_scores(learned["text"].to_list(), learned["is_fraud"].to_list(), judged["text"].to_list())
        truth, side = judged["is_fraud"].to_numpy(), (score > 0).astype(float)
        found["ap"].append(metrics.average_precision(truth, score))
        found["auc"].append(metrics.auc(truth, score))
        found["accuracy"].append(metrics.accuracy(truth, side))
        found["macro_f1"].append(metrics.macro_f1(truth, side))
    return {name: statistics.fmean(values) for name, values in found.items()}


def run(protocol: Protocol, data: Path, seeds: int) -> None:
    """Runs a protocol and tells its figures: the mean over seeds, its spread, and what the baseline reached."""
    source = whole(protocol.mapping, data)
    other = None if protocol.judged is None else whole(protocol.judged, data)
    answers, simple = list[dict[str, Any]](), list[dict[str, float]]()
    for seed in range(min(seeds, protocol.seeds)):
        split = seeded(protocol.split, seed)
        told = backtest(
            protocol.detector, source, split, test_source=other, learn=protocol.learn, seed=seed, words=str(protocol.split), progress=silent
        )
        answers.append(told.figures)
        if protocol.baseline:
            simple.append(baseline(protocol, source, other, seed))
    described = f"{source.name}, {protocol.split or 'own parts'}; {answers[0]['rows']} judged, {answers[0]['positives']} of them frauds"
    for figure in protocol.figures:
        values = [value for value in (figure.of(answer) for answer in answers) if value is not None]
        mean = statistics.fmean(values) if values else float("nan")
        ratio = None if figure.published is None else mean / figure.published
        tell(figure.name, mean, "share", peer=figure.published, ratio=ratio, data=described)
        spread = [value for answer in answers for value in map(figure.of, answer["folds"]) if value is not None]
        if len(spread) > 1:
            tell(f"{figure.name}_std", statistics.stdev(spread), "share", data=f"{described}; {len(spread)} folds")
        if simple:
            tell(f"{figure.name}_simple", statistics.fmean(one[figure.measure] for one in simple), "share", data=f"{described}; {SIMPLE}")


def main(arguments: argparse.Namespace) -> None:
    wanted: Iterable[str] = [*SETS, BLOCKS, CAMPAIGNS, SIMULATOR] if arguments.set == "all" else [arguments.set]
    for name in wanted:
        if name == BLOCKS:
            host = host_graph(arguments.data)
            for density in DENSITIES:
                tell_planted(host, density, 2 * arguments.seeds)
            continue
        if name == CAMPAIGNS:
            tell_campaigns(arguments.data, arguments.seeds)
            continue
        if name == SIMULATOR:
            tell_market(Size(), [SEED + number for number in range(arguments.seeds)], load_settings())
            continue
        for protocol in SETS[name]:
            run(protocol, arguments.data, arguments.seeds)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument(
        "--set", choices=[*SETS, BLOCKS, CAMPAIGNS, SIMULATOR, "all"], default="all", help="which set (default: %(default)s)"
    )
    options.add_argument("--seeds", type=int, default=SEEDS, help="how often folds at random are drawn (default: %(default)s)")
    main(options.parse_args())
