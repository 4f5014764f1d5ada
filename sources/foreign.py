"""Files that hold no table, told by their first bytes: archives, workbooks, pages, databases."""

from __future__ import annotations

from fairdeal.sources.compression import Unreadable

_EXPORT = "export the table itself as CSV, JSON Lines or Parquet"
_UNPACK = "unpack it, or pack the file with gzip or zstd"
#: First bytes, what they announce, and what to do.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", f"{_UNPACK}; from a workbook {_EXPORT}"),
    (b"PK\x05\x06", "an empty ZIP archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", _EXPORT),
    (b"\xfd7zXZ\0", "xz", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x04\x22\x4d\x18", "LZ4", _UNPACK),
    (b"\xff\x06\0\0sNaPpY", "Snappy", _UNPACK),
    (b"\x1f\x8b", "gzip within a packed file", "pack it once"),
    (b"\x28\xb5\x2f\xfd", "zstd within a packed file", "pack it once"),
    (b"%PDF-", "a PDF", _EXPORT),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"ORC", "an ORC file", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"ARROW1\0\0", "an Arrow file", _EXPORT),
    (b"PARE", "an encrypted Parquet file", "ask for it without encryption"),
    (b"\x89HDF\r\n", "an HDF5 file", _EXPORT),
    (b"\x89PNG", "a picture", _EXPORT),
    (b"\xff\xd8\xff", "a picture", _EXPORT),
    (b"\x80\x04\x95", "a Python pickle, which is never opened", _EXPORT),
    (b"{\\rtf", "a document", _EXPORT),
)
_MARKUP = ((b"<!doctype html", "a web page"), (b"<html", "a web page"), (b"<?xml", "XML"))


def refuse_foreign(start: bytes) -> None:
    """Raises `Unreadable` for content that announces itself as something else than text or Parquet, or as UTF-16 or UTF-32."""
    for magic, name, remedy in _MAGIC:
        if start.startswith(magic):
            if magic == b"ORC" and all(sign >= 0x20 or sign in b"\t\r\n" for sign in start[:64]):
                continue  # a text that begins with these letters
            raise Unreadable(f"{name} found; allowed are CSV, JSON Lines and Parquet; {remedy}")
    if start.startswith(b"BZh") and start[4:10] == b"1AY&SY":
        raise Unreadable(f"bzip2 found; allowed are CSV, JSON Lines and Parquet; {_UNPACK}")
    if start[257:262] == b"ustar":
        raise Unreadable(f"a tar archive found; allowed are CSV, JSON Lines and Parquet; {_UNPACK}")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:32].lower()
    for opening, name in _MARKUP:
        if text.startswith(opening):
            raise Unreadable(f"{name} found; allowed are CSV, JSON Lines and Parquet; look at it, often it is a login or error page")
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or _wide(start):
        raise Unreadable("UTF-16 or UTF-32 found; allowed are utf-8, utf-8-sig and gb18030; save the file as UTF-8")


def _wide(start: bytes) -> bool:
    """Whether every second byte of the beginning is NUL, as of ASCII in UTF-16 without a byte order mark; UTF-32 has more of them."""
    head = start[:64]
    return len(head) >= 4 and (not any(head[1::2]) or not any(head[::2])) and any(head)
