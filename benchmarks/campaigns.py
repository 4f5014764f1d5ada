"""Campaigns in real marketplaces: how many of the planted orders and campaigns are found, and how many honest ones are taken for some.

`benchmarks.planting` plants; it was written and kept before the search was. A figure is the mean over seeds; the curve goes down until the
search fails. Judged are orders and rings: a campaign is found when one told holds half of its orders, and one told is right when half of
its orders are of one planted. The figures without a host's name are the worse host's at the strength of paid campaigns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import parser, tell
from benchmarks.planting import DAY, HOSTS, KINDS, planted
from fairdeal.features.campaign_signs import SHARED, campaign_signs
from fairdeal.models.campaigns import Campaign, find_campaigns

#: Orders a day of one campaign: paid strength first, then down to where the search fails.
PAID, STRENGTHS = 20.0, (20.0, 10.0, 5.0, 3.0, 2.0, 1.0, 0.5)
#: Planted by these the search was made; the seeds that are told begin at 0.
DEVELOPED_ON = (100, 101)


def found_in(orders: pl.DataFrame) -> list[Campaign]:
    """What the search tells of a marketplace's orders."""
    signs = campaign_signs(orders)
    _, merchant = np.unique(orders["merchant_id"].to_numpy().astype(str), return_inverse=True)
    return find_campaigns(merchant, orders["at"].to_numpy() // DAY, {name: signs[name].to_numpy() for name in signs.columns})[0]


def judged(orders: pl.DataFrame, campaigns: list[Campaign]) -> dict[str, float]:
    """Precision and recall of orders and of rings, and the recall of each kind."""
    told = np.zeros(orders.height, dtype=bool)
    for campaign in campaigns:
        told[campaign.members] = True
    whose = orders["campaign"].fill_null(-1).to_numpy()
    right = 0
    met = set[int]()
    for campaign in campaigns:
        names, counts = np.unique(whose[campaign.members], return_counts=True)
        top = int(names[np.argmax(counts)])
        right += top >= 0 and 2 * counts.max() >= len(campaign.members)
        met |= {int(name) for name, count in zip(names, counts, strict=True) if name >= 0 and 2 * count >= (whose == name).sum()}
    planted_rings = len(set(whose[whose >= 0].tolist()))
    both = float((told & (whose >= 0)).sum())
    kinds = orders["kind"].to_numpy()
    return {
        "precision": both / told.sum() if told.any() else 0.0,
        "recall": both / float((whose >= 0).sum()),
        "ring_precision": right / len(campaigns) if campaigns else 0.0,
        "ring_recall": len(met) / planted_rings,
        **{f"recall_{kind}": float(told[kinds == kind].mean()) for kind in KINDS},
    }


def tell_host(name: str, data: Path, strength: float, seeds: int) -> dict[str, float]:
    """The figures of one host at one strength; gives the means."""
    host = HOSTS[name](data)
    markets = [planted(host, strength, seed) for seed in range(seeds)]
    began = time.process_time()
    figures = [judged(market, found_in(market)) for market in markets]
    seconds = (time.process_time() - began) / seeds
    if strength == PAID:
        bare = [judged(market, found_in(market.drop(SHARED))) for market in markets]
    described = f"{name}: {host.orders.height} real orders, 10 campaigns of {strength:g} orders a day, {seeds} seeds"
    means = {figure: statistics.fmean(one[figure] for one in figures) for figure in figures[0]}
    label = f"campaigns.{name}.s{strength:g}"
    for figure, value in means.items():
        if strength == PAID or not figure.startswith("recall_"):
            tell(f"{label}.{figure}", value, "share", data=described)
    if seeds > 1:
        for figure in ("precision", "recall"):
            tell(f"{label}.{figure}_std", statistics.stdev(one[figure] for one in figures), "share", data=described)
    if strength == PAID:
        for figure in ("precision", "recall"):
            told = statistics.fmean(one[figure] for one in bare)
            tell(f"{label}.bare.{figure}", told, "share", data=f"{described}; no device, network or address known")
    tell(f"{label}.cpu_s", seconds, "CPU s", data=described)
    return means


def tell_campaigns(data: Path, seeds: int) -> None:
    """The curve of both hosts, and the worse of the two at paid strength."""
    paid = [means for name in HOSTS for strength in STRENGTHS if (means := tell_host(name, data, strength, seeds)) and strength == PAID]
    for figure in ("precision", "recall", "ring_precision", "ring_recall"):
        tell(f"campaigns.{figure}", min(one[figure] for one in paid), "share", data=f"the worse host, {PAID:g} orders a day, {seeds} seeds")


def main(arguments: argparse.Namespace) -> None:
    tell_campaigns(arguments.data, arguments.seeds)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--seeds", type=int, default=5, help="how often campaigns are planted (default: %(default)s)")
    main(options.parse_args())
