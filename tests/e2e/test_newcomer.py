"""A newcomer's quarter of an hour: one line makes a feature, a training, a comparison that says it is worth it, and the way back."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.e2e.commands import Said, fairdeal
from tests.pipelines import worlds

ROOT = Path(__file__).parents[2]
FIRST_DAY, DAYS = date(2026, 1, 1), 44
#: The line that docs/retraining.md shows, and where it goes.
LINE = 'window_feature("instrument_payee", ("instrument_id", "payee_id"), "payment", COUNT, DAY, TESTING, stream="payments"),'
BEFORE = '    window_feature("network", NETWORK, "payment", COUNT, HOUR, TESTING, stream="payments"),\n'


def lines(day: date) -> list[str]:
    """Busy cards at many shops, busy shops with many cards, and a few cards that are tried again and again at one shop: the frauds."""
    rng = random.Random(day.toordinal())
    made: list[tuple[int, str, str, str]] = []
    for kind, times in (("card", 8), ("shop", 8), ("both", 2)):
        for _ in range(times):
            start, card, shop = rng.randrange(8 * 3600, 23 * 3600), f"T{rng.randrange(8)}", f"M{rng.randrange(25)}"
            for number in range(5):
                token = f"T{rng.randrange(8)}" if kind == "shop" else card
                payee = f"M{rng.randrange(25)}" if kind == "card" else shop
                made.append((start + 500 * number, token, payee, "1" if kind == "both" and number else "0"))
    return [
        worlds.payment(
            number + 1_000 * day.toordinal(), f"{day} {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}", payer=f"B{rng.randrange(300)}",
            payee=payee, amount=f"{rng.uniform(90, 900):.2f}", token=token, fraud=fraud,
        )
        for number, (at, token, payee, fraud) in enumerate(sorted(made))
    ]  # fmt: skip


def checkout(folder: Path) -> Path:
    """The program as in a checkout of one's own, whose features can be changed; gives what goes on the path."""
    package = folder / "src" / "fairdeal"
    package.mkdir(parents=True)
    for part in sorted((ROOT / "src" / "fairdeal").iterdir()):
        if part.is_symlink() and part.name != "features":
            (package / part.name).symlink_to(part.resolve())
        elif part.is_file():
            shutil.copy(part, package / part.name)
    shutil.copytree(ROOT / "features", package / "features", ignore=shutil.ignore_patterns("__pycache__"))
    return package.parent


def day(number: int) -> str:
    return str(FIRST_DAY + timedelta(days=number))


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_feature_is_changed_trained_compared_promoted_and_taken_back(tmp_path: Path) -> None:
    assert LINE in (ROOT / "docs" / "retraining.md").read_text(encoding="utf-8")
    mapping = worlds.shop(tmp_path / "shop", {day(number): lines(FIRST_DAY + timedelta(days=number)) for number in range(DAYS)})
    own = checkout(tmp_path / "checkout")

    def give(*words: str) -> Said:
        said = fairdeal(*words, home=tmp_path / "home", PYTHONPATH=str(own), timeout=900, FAIRDEAL_TRAIN_RIPE_DAYS="3")
        assert said.code == 0, said
        return said

    from_shop = ("--source", str(mapping))
    give("train", "payments", *from_shop, "--until", day(25))
    give("run", *from_shop, "--day", day(26))
    first = champion(give)

    payments = own / "fairdeal" / "features" / "payments.py"
    text = payments.read_text(encoding="utf-8")
    assert BEFORE in text
    payments.write_text(text.replace(BEFORE, f"    {LINE}\n{BEFORE}"), encoding="utf-8")
    assert "`instrument_payee_payment_count_1d`" in give("features").out

    # Days that were run before the feature was there do not matter: training makes features anew from the rows.
    told = give("train", "payments", *from_shop, "--until", day(DAYS - 1), "--json").json["payments"]
    assert told["standing"] == "challenger"
    # The champion reads what it always read, and the challenger is scored in its shadow.
    assert "trouble" not in give("run", *from_shop, "--day", day(27), "--json").json["shadows"]["payments"]
    compared = give("compare", "payments", *from_shop, "--until", day(DAYS - 1), "--days", "12", "--json").json
    assert compared["figures"]["ap"]["challenger"] > compared["figures"]["ap"]["champion"] + 0.1
    assert compared["may_promote"], [check for check in compared["checks"] if not check["holds"]]

    give("promote", "payments", "--maker", "chen", "--reason", "cards tried again at one shop")
    give("promote", "payments", "--checker", "zhao")
    assert champion(give) == told["model_version"]
    give("run", *from_shop, "--day", day(28))
    give("rollback", "payments", "--by", "zhao", "--reason", "holds regulars of one shop")
    assert champion(give) == first


def champion(give: Callable[..., Said]) -> str:
    """The version of the model that decides about payments."""
    models = give("models", "--json").json["payments"]["models"]
    (version,) = [model["model_version"] for model in models if "champion" in model["standings"]]
    return str(version)
