"""A case leaves the system as an archive: the public keys show whether it is what was signed, and to the parties it names nobody."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines.packs import LARGEST, ring_of, verify_pack
from tests.e2e.commands import fails_plainly, fairdeal
from tests.pipelines import worlds

DAY = "2026-01-02"


@pytest.fixture(scope="module")
def home(killable: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with cases, one of them decided."""
    days = {day: [worlds.payment(10 * at + n, f"{day} 10:{n}0:00") for n in range(6)] for at, day in ((1, "2026-01-01"), (2, DAY))}
    shop = worlds.shop(tmp_path_factory.mktemp("shop"), days)
    folder = tmp_path_factory.mktemp("user") / "home"
    assert killable(folder, shop, DAY)["code"] == 0
    case_id = cases(folder)[0]
    done = ("--code", "action_confirmed", "--maker", "li.wei", "--checker", "wang.fang", "--reason", "looked, 看过")
    assert fairdeal("cases", "decide", case_id, *done, home=folder).code == 0
    return folder


def cases(home: Path) -> list[str]:
    return sorted(case["case_id"] for case in fairdeal("cases", "list", "--json", home=home).json)


@pytest.fixture(scope="module")
def packs(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The decided case packed whole and masked, and the key ring."""
    folder = tmp_path_factory.mktemp("packs")
    case_id = cases(home)[0]
    for name, more in (("whole.zip", ("--whole",)), ("masked.zip", ())):
        assert fairdeal("case", "pack", case_id, "--out", folder / name, *more, home=home).code == 0
    return folder / "whole.zip", folder / "masked.zip", home / "keys" / "packs.ring.json"


def contents(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(pack: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(pack, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return pack


def test_a_pack_verifies_where_there_is_nothing_but_the_keys(packs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    for pack in packs[:2]:
        said = fairdeal("case", "verify", pack, "--keys", packs[2], "--json", home=tmp_path / "elsewhere")
        assert said.code == 0, said
        assert said.json["ok"] is True
    assert not (tmp_path / "elsewhere").exists()


def test_its_signature_verifies_without_the_program(packs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    for name, content in contents(packs[0]).items():
        (tmp_path / name).write_bytes(content)
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public_key.pem", "-rawin", "-in", "index.json", "-sigfile", "index.sig"]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "index.json").write_bytes(contents(packs[0])["index.json"] + b" ")
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_a_masked_pack_names_nobody_and_a_whole_one_everybody(packs: tuple[Path, Path, Path]) -> None:
    whole, masked = contents(packs[0]), contents(packs[1])
    case = json.loads(whole["case.json"])
    named = {alert["account_id"] for member in case["members"] for alert in member["alerts"]} - {None}
    named |= {alert["snapshot"].get("instrument_id") for member in case["members"] for alert in member["alerts"]} - {None}
    people = {"li.wei", "wang.fang"}
    assert named
    text = b"".join(masked.values()).decode("utf-8", "replace")
    told = json.dumps(json.loads(masked["case.json"]))
    assert [name for name in people if name in text] == []
    assert [name for name in named if f'"{name}"' in told] == []
    assert [name for name in people if name not in whole["read.html"].decode()] == []
    assert "analyst-1" in told
    assert "entries.jsonl" not in masked
    assert len(whole["entries.jsonl"].splitlines()) == len(case["events"])


def test_every_change_to_a_pack_is_found(packs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    files, ring, rng = contents(packs[0]), ring_of(packs[2]), random.Random(3)
    for number in range(200):
        spoiled = dict(files)
        name = rng.choice([name for name in files if name != "public_key.pem"])
        content = bytearray(files[name])
        kind = rng.choice(["flip", "cut", "remove", "add", "swap"])
        if kind == "flip":
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            spoiled[name] = bytes(content)
        elif kind == "cut":
            spoiled[name] = bytes(content[: rng.randrange(len(content))])
        elif kind == "remove":
            del spoiled[name]
        elif kind == "add":
            spoiled[f"more-{number}.txt"] = b"x"
        else:
            spoiled["case.json"], spoiled["read.html"] = files["read.html"], files["case.json"]
        assert verify_pack(write(tmp_path / "spoiled.zip", spoiled), ring)[1] != [], (number, kind, name)


def test_whoever_signs_with_another_key_is_not_believed(packs: tuple[Path, Path, Path], home: Path, tmp_path: Path) -> None:
    own = tmp_path / "stranger"
    shutil.copytree(home, own, ignore=shutil.ignore_patterns("packs*", "lake", "runs"))
    forged = tmp_path / "forged.zip"
    assert fairdeal("case", "pack", cases(home)[0], "--out", forged, home=own).code == 0
    fails_plainly(fairdeal("case", "verify", forged, "--keys", packs[2], home=home), 1, "no trusted key made its signature")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing more", b"x" * 5_000])
def test_what_is_no_archive_is_told_so(content: bytes, packs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(content)
    fails_plainly(
        fairdeal("case", "verify", tmp_path / "no.zip", "--keys", packs[2], home=tmp_path / "home"), 1, "cannot be read as an archive"
    )


def test_a_bomb_is_not_unpacked(packs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("index.json", "w") as member:
        for _ in range(LARGEST // 2**20 + 1):
            member.write(b"\x00" * 2**20)
    index, faults = verify_pack(tmp_path / "bomb.zip", ring_of(packs[2]))
    assert index == {}
    assert "no pack is that large" in faults[0]


def test_a_case_that_is_not_there_and_a_ring_that_is_not_there_are_told(home: Path, tmp_path: Path) -> None:
    fails_plainly(fairdeal("case", "pack", "C0000000000000000", "--out", tmp_path / "x.zip", home=home), 2, "there is no such case")
    fails_plainly(fairdeal("case", "verify", tmp_path / "x.zip", "--keys", tmp_path / "no.json", home=home), 2, "give them with --keys")
