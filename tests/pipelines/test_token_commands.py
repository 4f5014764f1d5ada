"""Tokens on the command line: the token alone on stdout, once; everything else for people."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.commands import fairdeal


def test_a_token_is_made_shown_once_listed_and_ended(tmp_path: Path) -> None:
    made = fairdeal("token", "new", "--user", "crm", "--system", "--days", "7", "--name", "intake", home=tmp_path)
    assert made.code == 0, made.err
    token = made.out.strip()
    assert re.fullmatch(r"fairdeal_[0-9a-f]{12}_[\w-]{43}", token)
    assert token not in made.err
    token_id, secret = token.split("_", 2)[1:]
    (row,) = fairdeal("token", "list", "--json", home=tmp_path).json
    assert (row["token_id"], row["user"], row["name"], row["revoked_at"]) == (token_id, "crm", "intake", None)
    listed = fairdeal("token", "list", home=tmp_path)
    assert token_id in listed.err
    assert secret not in listed.err + listed.out
    assert fairdeal("token", "revoke", token_id, home=tmp_path).code == 0
    assert fairdeal("token", "list", "--json", home=tmp_path).json[0]["revoked_at"] is not None


def test_wrong_use_is_told_with_what_to_do(tmp_path: Path) -> None:
    nobody = fairdeal("token", "new", "--user", "nobody", home=tmp_path)
    assert (nobody.code, nobody.out) == (2, "")
    assert "add it in the console, or give --system" in nobody.err
    assert fairdeal("token", "new", "--user", "crm", "--days", "0", home=tmp_path).code == 2
    assert "list the tokens" in fairdeal("token", "revoke", "0123456789ab", home=tmp_path).err
