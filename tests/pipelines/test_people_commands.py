"""People on the command line: a lost second factor is taken away by somebody else, with a reason."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.e2e.commands import fairdeal


def test_a_lost_device_is_taken_away_and_wrong_use_is_told(tmp_path: Path) -> None:
    fairdeal("token", "new", "--user", "crm", "--system", home=tmp_path)  # makes the account
    asked = ("people", "reset-second-factor", "crm", "--by", "chen", "--reason", "phone stolen")
    assert "it has no second factor" in fairdeal(*asked, home=tmp_path).err
    with sqlite3.connect(tmp_path / "disputes.db") as raw:
        raw.execute(
            "INSERT INTO otp_totp_totpdevice"
            " (user_id, name, confirmed, key, step, t0, digits, tolerance, drift, last_t, throttling_failure_count)"
            " SELECT id, 'app', 1, 'aa', 30, 0, 6, 1, 0, -1, 0 FROM auth_user WHERE username = 'crm'"
        )
    own = fairdeal("people", "reset-second-factor", "crm", "--by", "CRM", "--reason", "mine", home=tmp_path)
    assert (own.code, "own second factor" in own.err) == (2, True)
    done = fairdeal(*asked, "--json", home=tmp_path)
    assert (done.code, done.json) == (0, {"user": "crm", "event": "second_factor_reset"})
    assert "nobody" in fairdeal("people", "reset-second-factor", "nobody", "--by", "chen", "--reason", "x", home=tmp_path).err
