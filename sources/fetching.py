"""What lies outside this machine's folders, and where its copies are kept: settings of fetching, and the error when it is out of reach."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairdeal.sources.mapping_parts import MappingError


class SourceUnreachable(Exception):
    """A database or an object store does not answer, or refuses: nothing is wrong with the data or the mapping.

    The message follows one form: where: what was found; what is allowed; what to do.
    """


@dataclass(frozen=True)
class Fetching:
    """How files are fetched that do not lie in a folder.

    Parameters
    ----------
    folder
        Where fetched objects and table snapshots are kept; None where nothing may be fetched.
    endpoint
        Address of an object store that speaks S3; None means Amazon's, or what ``AWS_ENDPOINT_URL`` says.
    region
        Region of the object store; None means what the environment says.
    """

    folder: Path | None = None
    endpoint: str | None = None
    region: str | None = None

    def place(self, where: str) -> Path:
        """The folder, which only its owner may look into; `MappingError` where there is none."""
        if self.folder is None:
            raise MappingError(f"{where}: no folder to fetch into; allowed is a command that has a home folder; use `fairdeal run`")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return self.folder
