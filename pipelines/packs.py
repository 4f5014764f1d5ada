"""Packs: the files of a case in one archive, with a signed index, that verifies away from the system."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairdeal.control_center.keys import KeyRing
from fairdeal.control_center.records import instant_text, read_instant
from fairdeal.pipelines.files import write_whole
from fairdeal.pipelines.keys import FIRST_MOMENT, Signer, signer

#: Which key signs packs.
PURPOSE = "packs"
INDEX, SIGNATURE, PUBLIC_KEY = "index.json", "index.sig", "public_key.pem"
#: A pack larger than this is not opened.
LARGEST = 512 * 1024 * 1024
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def pack_signer(home: Path) -> Signer:
    """The key that signs this home's packs."""
    return signer(home, PURPOSE, since=FIRST_MOMENT)


def write_pack(path: Path, case_id: str, files: Mapping[str, bytes], key: Signer, at: datetime, *, is_masked: bool) -> None:
    """Write the archive. The same files at the same moment give the same bytes."""
    index: dict[str, Any] = {
        "case_id": case_id,
        "made_at": instant_text(at),
        "is_masked": is_masked,
        "key_id": key.key_id,
        "files": [{"name": name, "size": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()} for name in sorted(files)],
    }
    content = json.dumps(index, indent=1, sort_keys=True).encode()
    pem = Ed25519PublicKey.from_public_bytes(key.public_key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    members = {INDEX: content, SIGNATURE: key.sign(content), PUBLIC_KEY: pem, **files}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, _FIRST_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    write_whole(path, packed.getvalue())


def verify_pack(path: Path, keys: KeyRing) -> tuple[dict[str, Any], list[str]]:
    """The index of a pack and what is wrong with the pack, one sentence each; nothing in it is believed before its signature.

    Parameters
    ----------
    path
        The archive.
    keys
        The platform's public keys, from elsewhere than the archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                return {}, [f"{path.name}: it would unpack to more than {LARGEST} bytes; no pack is that large"]
            names = archive.namelist()
            members = {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        return {}, [f"{path.name}: it cannot be read as an archive ({error}); get it again"]
    except Exception as error:  # a spoiled stream raises what its decompressor raises
        return {}, [f"{path.name}: its content cannot be unpacked ({error}); get it again"]
    missing = [name for name in (INDEX, SIGNATURE) if name not in members]
    if missing:
        return {}, [f"{name}: it is missing; a pack has a signed index; get it again" for name in missing]
    index, fault = _signed_index(members, keys)
    if fault is not None:
        return {}, [fault]
    listed = {entry["name"]: entry for entry in index["files"]}
    faults = [f"{name}: it stands twice in the archive; get it again" for name in sorted(set(names)) if names.count(name) > 1]
    for name, entry in listed.items():
        if name not in members:
            faults.append(f"{name}: it is missing; the index lists it")
        elif hashlib.sha256(members[name]).hexdigest() != entry["sha256"]:
            faults.append(f"{name}: it is not what was signed")
    faults += [f"{name}: the index does not list it" for name in members if name not in {*listed, INDEX, SIGNATURE, PUBLIC_KEY}]
    return index, faults or _chain_faults(members)


def _signed_index(members: Mapping[str, bytes], keys: KeyRing) -> tuple[dict[str, Any], str | None]:
    for key in keys.keys:
        try:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(members[SIGNATURE], members[INDEX])
        except InvalidSignature:
            continue
        index: dict[str, Any] = json.loads(members[INDEX])
        made_at = read_instant(index["made_at"])
        if made_at is None or not key.serves(made_at):
            return {}, f"{INDEX}: key {key.key_id} did not serve when it was signed; ask the sender which key is theirs"
        return index, None
    return {}, f"{INDEX}: no trusted key made its signature; nothing in the pack can be believed; give the sender's key ring with --keys"


def _chain_faults(members: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the links of the case's entries, as far as it can be seen without the key of the history."""
    links = [json.loads(line) for line in members["chain.jsonl"].splitlines()]
    head = json.loads(members["head.json"])
    faults = [
        f"chain.jsonl: entry {later['seq']} does not follow entry {earlier['seq']}"
        for earlier, later in itertools.pairwise(links)
        if later["seq"] <= earlier["seq"] or (later["seq"] == earlier["seq"] + 1 and later["before"] != earlier["entry_hash"])
    ]
    if links and (head is None or head["count"] < links[-1]["seq"]):
        faults.append("head.json: it knows of fewer entries than the chain")
    if "entries.jsonl" in members:
        contents = members["entries.jsonl"].splitlines()
        if [hashlib.sha256(content).hexdigest() for content in contents] != [link["content_sha256"] for link in links]:
            faults.append("entries.jsonl: its entries are not those of the chain")
    return faults


def ring_of(path: Path) -> KeyRing:
    """The key ring in a file."""
    return KeyRing.parse(path.read_bytes())
