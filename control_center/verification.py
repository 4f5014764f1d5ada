"""Verifying a feed: yes, or exactly what is wrong. Nothing a folder holds can make it fail in any other way."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fairdeal.control_center.claims import Manifest, faults_in_manifest, generated_at, is_newer_minor
from fairdeal.control_center.keys import Keys, faults_in_signature
from fairdeal.control_center.manifest import Tally, canonical, render_manifest
from fairdeal.control_center.publishing import CSV_NAME, JSONL_NAME, MANIFEST_NAME, read_folder_name
from fairdeal.control_center.records import Record, Subject, faults_in_record, is_machine_block, subject_of
from fairdeal.control_center.regular_files import NotRegular, opened
from fairdeal.control_center.rendering import csv_header, render_csv_row, render_line
from fairdeal.control_center.strict_json import NotStrict, read_object
from fairdeal.data_contracts.contract import ContractBreach

#: Longest line and manifest, in bytes; a whole record has a few thousand.
LONGEST_LINE, LONGEST_MANIFEST = 2**18, 2**22
#: More faults than this are counted, not told.
MOST_FAULTS = 100

_BLOCK = 2**20


@dataclass(frozen=True)
class Feed:
    """A feed that has been verified.

    Attributes
    ----------
    manifest, manifest_sha256
        What it claims, and the hash by which the next feed names it.
    records
        In order of ``seq``; empty when they were not asked for.
    """

    manifest: Manifest
    manifest_sha256: str
    records: list[Record]


class _Faults(list[str]):
    """Faults in order of finding; beyond `MOST_FAULTS` only counted."""

    more = 0

    def tell(self, *faults: str) -> None:
        for fault in faults:
            if len(self) < MOST_FAULTS:
                self.append(fault)
            else:
                self.more += 1

    def all(self) -> list[str]:
        return [*self, f"and {self.more} more"] if self.more else list(self)


def verify(folder: Path, keys: Keys) -> list[str]:
    """What is wrong with the feed in this folder, one sentence each; empty when it can be trusted.

    Checks files, signature, manifest, hashes, every record, order, counts, money, and that the CSV says what the JSON Lines
    say. Whether the feed is fresh and next in turn is the consumer's question (`consume`).

    Parameters
    ----------
    folder
        Any folder.
    keys
        A `KeyRing`, or bare public keys by key id.

    Notes
    -----
    The signature is checked over the manifest before anything in the manifest is believed. When it fails the records are
    still looked at by themselves, so that the report is of use to whoever has to find the damage.
    """
    return examine(folder, keys, keep_records=False)[1]


def load(folder: Path, keys: Keys) -> Feed:
    """The feed in this folder, verified.

    Raises
    ------
    ContractBreach
        With the first faults, when it cannot be trusted.
    """
    feed, faults = examine(folder, keys, keep_records=True)
    if feed is None:
        raise ContractBreach(f"feed {folder}: {'; '.join(faults[:5])}; only a feed that verifies can be read")
    return feed


def examine(folder: Path, keys: Keys, *, keep_records: bool) -> tuple[Feed | None, list[str]]:
    """The feed and no fault, or no feed and its faults. Every file is read once, so what was checked is what is given."""
    faults = _Faults()
    try:
        entries = sorted(entry.name for entry in os.scandir(folder))
    except (OSError, ValueError) as error:
        return None, [f"{str(folder)!a}: it cannot be opened as a folder ({type(error).__name__}); give the folder of one feed"]
    for name in entries:
        if name not in (JSONL_NAME, CSV_NAME, MANIFEST_NAME):
            faults.tell(f"{name!a}: it does not belong here; a feed has {JSONL_NAME}, {CSV_NAME} and {MANIFEST_NAME}; remove it")
    manifest = _read_manifest(folder, keys, faults)
    if manifest is not None:
        _check_folder_name(folder, manifest, faults)
    records: list[Record] = []
    total, content, rendered = _read_records(folder, manifest, faults, records if keep_records else None)
    csv_content, csv_is_same = _read_csv(folder, rendered, faults)
    if manifest is not None:
        _compare(manifest, total, content, csv_content, faults)
    if not csv_is_same and not (manifest is not None and is_newer_minor(manifest)):
        faults.tell(f"{CSV_NAME}: it does not say what {JSONL_NAME} says; its rows and bytes must follow from it; get the feed again")
    if manifest is None or faults:
        return None, faults.all()
    return Feed(manifest, hashlib.sha256(render_manifest(manifest)).hexdigest(), records), []


def read_manifest_unverified(folder: Path) -> Manifest:
    """What the folder's manifest claims; nobody vouches for it.

    Raises
    ------
    NotStrict
        When there is none that can be read.
    """
    return _read_manifest_text(folder)[0]


def _read_manifest_text(folder: Path) -> tuple[Manifest, bytes]:
    try:
        with opened(folder / MANIFEST_NAME) as file:
            text = file.read(LONGEST_MANIFEST + 1)
    except (NotRegular, OSError) as error:
        raise NotStrict(str(error)) from None
    if len(text) > LONGEST_MANIFEST:
        raise NotStrict(f"is longer than {LONGEST_MANIFEST} bytes")
    return read_object(text), text


def _read_manifest(folder: Path, keys: Keys, faults: _Faults) -> Manifest | None:
    """The manifest, if it is signed by a trusted key and whole."""
    try:
        manifest, text = _read_manifest_text(folder)
        message, is_canonical = canonical(manifest), render_manifest(manifest) == text
    except (NotStrict, ContractBreach) as error:
        what = error if isinstance(error, NotStrict) else "holds text that cannot be written"
        faults.tell(f"{MANIFEST_NAME}: it {what}; a feed has a whole one; get the feed again")
        return None
    moment, signature = generated_at(manifest), _signature_of(manifest)
    if moment is None or signature is None or not isinstance(manifest.get("key_id"), str):
        faults.tell(f"{MANIFEST_NAME}: it has no readable generated_at, key_id and signature; without them nothing can be believed")
        return None
    distrust = faults_in_signature(message, signature, manifest["key_id"], moment, keys)
    if not distrust:
        distrust = faults_in_manifest(manifest)
        if not is_canonical:
            distrust.append(f"{MANIFEST_NAME}: its bytes are not the canonical ones of what it says; get the feed again")
    faults.tell(*distrust)
    return None if distrust else manifest


def _signature_of(manifest: Manifest) -> bytes | None:
    try:
        signature = base64.b64decode(manifest["signature"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    return signature if base64.b64encode(signature).decode() == manifest["signature"] else None


def _check_folder_name(folder: Path, manifest: Manifest, faults: _Faults) -> None:
    """A folder named like a feed must be that feed; under any other name it may be a copy of one."""
    named = read_folder_name(folder.name)
    if named is not None and named != (manifest["day"], manifest["revision"]):
        faults.tell(
            f"{folder.name}: the folder holds the feed of {manifest['day']}, revision {manifest['revision']}; name and feed must agree"
        )


@dataclass
class _RenderedCsv:
    """Running hash and length of the CSV that follows from the records read so far."""

    digest: hashlib._Hash
    is_complete: bool = True


def _read_records(
    folder: Path, manifest: Manifest | None, faults: _Faults, kept: list[Record] | None
) -> tuple[Tally, str | None, _RenderedCsv]:
    """Counts and hash of ``actions.jsonl``, and the hash of the CSV that follows from it; every fault of every line is told."""
    total, content = Tally(), hashlib.sha256()
    rendered = _RenderedCsv(hashlib.sha256(csv_header()))
    newer = manifest is not None and is_newer_minor(manifest)
    seen: set[Subject] = set()
    last: Subject = ("", "")
    try:
        with opened(folder / JSONL_NAME) as file:
            for number, line in enumerate(_lines(file), start=1):
                content.update(line)
                record = _read_line(number, line, newer, faults)
                if record is None:
                    rendered.is_complete = False
                    continue
                rendered.digest.update(render_csv_row(record))
                where = f"{JSONL_NAME} line {number}"
                if record["seq"] != number:
                    faults.tell(
                        f"{where}: seq is {record['seq']}; {number} is expected, from 1 without gap; a line was lost, added or moved"
                    )
                subject = subject_of(record)
                if subject in seen:
                    faults.tell(f"{where}: {subject[0]} {subject[1]!a} stands twice; one record per subject is allowed")
                elif subject < last:
                    faults.tell(f"{where}: {subject[0]} {subject[1]!a} is out of order; sorted by kind and token is required")
                if manifest is not None and manifest["degraded"] and is_machine_block(record):
                    faults.tell(f"{where}: a machine block in a degraded feed; holds stand in their place; get the feed again")
                seen.add(subject)
                last = subject
                total.add(record)
                if kept is not None:
                    kept.append(record)
    except (NotRegular, OSError) as error:
        faults.tell(f"{JSONL_NAME}: it {error}; a feed has one; get the feed again")
        return total, None, rendered
    return total, content.hexdigest(), rendered


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The file's lines; one that is too long comes in pieces, each of which is refused."""
    while line := file.readline(LONGEST_LINE):
        yield line


def _read_line(number: int, line: bytes, newer: bool, faults: _Faults) -> Record | None:
    """The line's record, or None with the fault told."""
    where = f"{JSONL_NAME} line {number}"
    if not line.endswith(b"\n"):
        what = "longer than any record" if len(line) == LONGEST_LINE else "cut off"
        faults.tell(f"{where}: it is {what}; whole lines are allowed; get the feed again")
        return None
    try:
        record = read_object(line)
    except NotStrict as error:
        faults.tell(f"{where}: it {error}; one record per line is allowed; get the feed again")
        return None
    wrong = faults_in_record(record, extra_allowed=newer)
    faults.tell(*(f"{where}: {fault}" for fault in wrong))
    if wrong:
        return None
    if not newer and render_line(record) != line:
        faults.tell(f"{where}: its bytes are not the canonical ones of what it says; get the feed again")
    return record


def _read_csv(folder: Path, rendered: _RenderedCsv, faults: _Faults) -> tuple[str | None, bool]:
    """Hash of ``actions.csv``, and whether it is the one that follows from the records."""
    digest = hashlib.sha256()
    try:
        with opened(folder / CSV_NAME) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except (NotRegular, OSError) as error:
        faults.tell(f"{CSV_NAME}: it {error}; a feed has one; get the feed again")
        return None, True
    return digest.hexdigest(), rendered.is_complete and digest.digest() == rendered.digest.digest()


def _compare(manifest: Manifest, total: Tally, content: str | None, csv_content: str | None, faults: _Faults) -> None:
    """Tell where files and records are not what the manifest says."""
    for name, found, field in ((JSONL_NAME, content, "content_sha256"), (CSV_NAME, csv_content, "csv_sha256")):
        if found is not None and found != manifest[field]:
            faults.tell(
                f"{name}: its hash is {found}; the manifest says {manifest[field]}; the file was changed or cut; get the feed again"
            )
    if content is None:
        return
    for field, counted in (
        ("rows", total.rows),
        ("by_action", total.by_action),
        ("money_by_action_and_currency", total.money),
    ):
        if counted != manifest[field]:
            faults.tell(f"{MANIFEST_NAME}: {field} is {manifest[field]}; the records say {counted}; get the feed again")
