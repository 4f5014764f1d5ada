"""A person's own device as the database keeps it: its secret sealed."""

from __future__ import annotations

import logging
import os
from typing import Any

from django_otp.plugins.otp_totp.models import TOTPDevice

from fairdeal.disputes.sealing import SealBroken, seal, unseal

log = logging.getLogger("fairdeal.accounts")

#: For what the secrets of devices are sealed.
PURPOSE = "second factor"
#: Bytes of a device's secret, as RFC 4226 has it.
SECRET = 20


class SealedDevice(TOTPDevice):  # type: ignore[misc]
    """The package's device, whose ``key`` holds the sealed secret; whoever reads the database can make no code of it."""

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        """The secret.

        Raises
        ------
        SealBroken
            When it was not sealed here for this person.
        """
        return unseal(self.key, purpose=PURPOSE, owner=str(self.user_id))

    @property
    def is_readable(self) -> bool:
        """Whether its secret can be read under the install's key."""
        try:
            return bool(self.bin_key)
        except SealBroken:
            return False

    def verify_token(self, token: Any) -> bool:
        """As the package does; a device whose secret cannot be read shows no right code."""
        if not self.is_readable:
            log.error("the device of account %s cannot be read: keys/token_key is another one, or the row was changed", self.user_id)
            return False
        return bool(super().verify_token(token))


def new_secret(user_id: int) -> str:
    """A secret for a new device of a person, sealed."""
    return seal(os.urandom(SECRET), purpose=PURPOSE, owner=str(user_id))
