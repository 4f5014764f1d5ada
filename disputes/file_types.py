"""Which files are taken as evidence, told by what is in them and never by what they call themselves."""

from __future__ import annotations

from dataclasses import dataclass

from fairdeal.data_contracts.masking import mask_text

#: Largest file that is taken.
MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class FileType:
    """One kind of file.

    Parameters
    ----------
    media_type
        Under which it is handed out.
    ending
        Of the names it is kept under.
    is_picture
        A page may show it.
    """

    media_type: str
    ending: str
    is_picture: bool = False


PDF = FileType("application/pdf", "pdf")
PNG = FileType("image/png", "png", is_picture=True)
JPEG = FileType("image/jpeg", "jpg", is_picture=True)
TEXT = FileType("text/plain", "txt")
CSV = FileType("text/csv", "csv")

#: All that are taken, by media type.
TAKEN: dict[str, FileType] = {kind.media_type: kind for kind in (PDF, PNG, JPEG, TEXT, CSV)}

_BEGINNINGS: tuple[tuple[bytes, bytes, FileType], ...] = (
    (b"%PDF-1.", b"%%EOF", PDF),
    (b"%PDF-2.", b"%%EOF", PDF),
    (b"\x89PNG\r\n\x1a\n", b"IEND", PNG),
    (b"\xff\xd8\xff", b"\xff\xd9", JPEG),
)
#: An end mark stands within so many bytes of the end.
_TAIL = 1_024
#: Signs below the blank that texts have.
_TEXT_SIGNS = frozenset("\t\n\r\f")


def type_of(name: str, content: bytes) -> FileType | None:
    """What a file is; None for what is not taken, is cut off, or is neither text nor one of the formats.

    Text is UTF-8 without control signs; of a text the name alone says whether it is a table.
    """
    for beginning, end, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind if end in content[-_TAIL:] else None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if not text.strip() or any(sign < " " and sign not in _TEXT_SIGNS for sign in text):
        return None
    return CSV if name.casefold().endswith(".csv") else TEXT


def safe_name(name: str, kind: FileType) -> str:
    """The name under which a file is kept and handed out: letters, digits and a few signs, with the ending of what it is."""
    longest = 80
    base = mask_text(name.replace("\\", "/").rpartition("/")[2])
    stem = base.rpartition(".")[0] or base
    kept = "".join(sign if sign.isalnum() or sign in " -_()" else "_" for sign in stem).strip(" ._")[:longest]
    return f"{kept or 'evidence'}.{kind.ending}"
