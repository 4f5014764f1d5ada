"""How much of a file that is sent is taken in: as much as evidence may have, and not a byte more."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from fairdeal.disputes.file_types import MOST_BYTES


class BoundedUpload(TemporaryFileUploadHandler):
    """Stops a request whose file is larger than any that is taken; nothing of it is kept."""

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.taken += len(raw_data)
        if self.taken > MOST_BYTES:
            raise StopUpload(connection_reset=True)
        super().receive_data_chunk(raw_data, start)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.taken = 0
        super().new_file(*args, **kwargs)
