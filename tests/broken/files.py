"""Files that are packed oddly, or are no tables at all."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from tests.broken.kinds import SOUND, Broken, json_line, line, pack, packed
from tests.broken.texts import ENCODINGS, LINES, foreign, three
from tests.broken.values import VALUES


def gz(name: str, content: Callable[[str], bytes], rows: int = 2, aside: dict[int, str] | None = None, **facts: Any) -> Broken:
    return Broken(name, content, rows, aside or {}, suffix=facts.pop("suffix", "csv.gz"), **facts)


def plain(k: str) -> bytes:
    return three(k).encode()


def cut(k: str, how: str, last: int) -> bytes:
    """Packed rows without their last bytes."""
    return pack(plain(k), how)[:-last]


DAMAGED = {"rows": 0, "status": "unreadable"}
PARTIAL = {"status": "partial", "says": "stream ends too early"}
PACKED = (
    packed(VALUES[0], "gzip"),
    packed(VALUES[1], "zstd"),
    packed(ENCODINGS[2], "gzip"),
    packed(ENCODINGS[1], "zstd"),
    packed(LINES[0], "gzip"),
    gz("a packed file whose name does not say so", lambda k: pack(plain(k), "gzip"), suffix="csv", kept={2: SOUND}),
    gz("a file packed with zstd whose name does not say so", lambda k: pack(plain(k), "zstd"), suffix="csv", kept={2: SOUND}),
    gz("a plain file whose name says it is packed", plain, kept={2: SOUND}),
    gz("a file packed with zstd whose name says gzip", lambda k: pack(plain(k), "zstd"), kept={2: SOUND}),
    gz("a plain file where the mapping says gzip", plain, suffix="csv", mapping="gzip told", says="none found, gzip given", **DAMAGED),
    gz("two members of gzip", lambda k: gzip.compress(plain(k)[:83]) + gzip.compress(plain(k)[83:]), kept={2: SOUND}),
    gz("a member of gzip that ends within a row", lambda k: gzip.compress(plain(k)[:150]) + gzip.compress(plain(k)[150:]), kept={3: SOUND}),
    gz("two frames of zstd", lambda k: pack(plain(k)[:150], "zstd") + pack(plain(k)[150:], "zstd"), suffix="csv.zst", kept={3: SOUND}),
    gz("a packed file with padding", lambda k: pack(plain(k), "gzip") + b"\0" * 512, kept={3: SOUND}),
    gz("a packed file without its checksum", lambda k: cut(k, "gzip", 8), **PARTIAL),
    gz("a packed file without half of its checksum", lambda k: cut(k, "gzip", 4), **PARTIAL),
    gz(
        "a packed file that stops within its data", lambda k: gzip.compress(plain(k), compresslevel=0)[:-30], 2, {3: "truncated"}, **PARTIAL
    ),
    gz("a packed file that stops within its head", lambda k: pack(plain(k), "gzip")[:6], 0, **PARTIAL),
    gz("the two bytes that announce gzip", lambda k: b"\x1f\x8b", 0, **PARTIAL),
    gz("a zstd file that stops", lambda k: cut(k, "zstd", 5), 0, suffix="csv.zst", **PARTIAL),
    gz("the four bytes that announce zstd", lambda k: b"\x28\xb5\x2f\xfd", 0, suffix="csv.zst", **PARTIAL),
    gz(
        "a packed file with a wrong checksum",
        lambda k: cut(k, "gzip", 8) + b"\1\2\3\4" + pack(plain(k), "gzip")[-4:],
        says="damaged gzip",
        **DAMAGED,
    ),
    gz("a packed file with a wrong length", lambda k: cut(k, "gzip", 4) + b"\1\2\3\4", says="damaged gzip", **DAMAGED),
    gz("a packed file with a flipped bit", lambda k: _flipped(pack(plain(k), "gzip"), 40), says="damaged gzip", **DAMAGED),
    gz("a packed file with text behind it", lambda k: pack(plain(k), "gzip") + b"the end", says="damaged gzip", **DAMAGED),
    gz(
        "a zstd file with text behind it",
        lambda k: pack(plain(k), "zstd") + b"the end, really",
        suffix="csv.zst",
        says="damaged zstd",
        **DAMAGED,
    ),
    gz("a packed file of an unknown method", lambda k: b"\x1f\x8b\x07" + pack(plain(k), "gzip")[3:], says="damaged gzip", **DAMAGED),
    gz("a packed nothing", lambda k: gzip.compress(b""), 0, status="empty", says="no rows"),
    gz("a nothing packed with zstd", lambda k: pack(b"", "zstd"), 0, suffix="csv.zst", status="empty", says="no rows"),
    gz("an empty file whose name says it is packed", lambda k: b"", 0, status="empty", says="no rows"),
    gz("a packed header", lambda k: gzip.compress(plain(k).split(b"\n")[0] + b"\n"), 0, status="empty", says="no rows"),
    gz("a file packed twice", lambda k: gzip.compress(pack(plain(k), "gzip")), says="gzip within a packed file", **DAMAGED),
    gz("a file packed twice in two ways", lambda k: gzip.compress(pack(plain(k), "zstd")), says="zstd within a packed file", **DAMAGED),
    gz("a bomb of zeros", lambda k: _bomb("gzip"), says="grow past", **DAMAGED),
    gz("a bomb of zeros, packed with zstd", lambda k: _bomb("zstd"), suffix="csv.zst", says="grow past", **DAMAGED),
    gz(
        "a bomb of sound rows",
        lambda k: pack(plain(k) + (line(k, 1) + "\n").encode() * 2_600_000, "zstd"),
        suffix="csv.zst",
        says="grow past",
        **DAMAGED,
    ),
    gz("a small file that packs very well", lambda k: pack(plain(k) + b"\n" * 1_000_000, "gzip"), kept={3: SOUND}),
    gz(
        "packed JSON Lines that stop",
        lambda k: gzip.compress((json_line(k, 1) + "\n" + json_line(k, 2)).encode())[:-8],
        2,
        {2: "truncated"},
        suffix="jsonl.gz",
        kept={1: SOUND},
        **PARTIAL,
    ),
)


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def _bomb(how: str) -> bytes:
    return pack(b"0" * (140 << 20), how)


def _zip(k: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("payments.csv", plain(k))
    return stream.getvalue()


def _workbook(k: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


def _tar(k: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("payments.csv")
        member.size = len(plain(k))
        archive.addfile(member, io.BytesIO(plain(k)))
    return stream.getvalue()


def _database(k: str) -> bytes:
    with sqlite3.connect(":memory:") as database:
        database.execute("create table payments (id text)")
        return database.serialize()


FOREIGN = (
    foreign("a ZIP archive", _zip, "a ZIP archive or an Excel workbook"),
    foreign("an Excel workbook", _workbook, "ZIP archive or an Excel workbook", "xlsx"),
    foreign("an empty ZIP archive", b"PK\x05\x06" + b"\0" * 18, "empty ZIP archive", "zip"),
    foreign("a packed ZIP archive", lambda k: gzip.compress(_zip(k)), "a ZIP archive", "csv.gz"),
    foreign("an old Excel workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "old Excel workbook", "xls"),
    foreign("a tar archive", _tar, "a tar archive", "tar"),
    foreign("a packed tar archive", lambda k: gzip.compress(_tar(k)), "a tar archive", "tar.gz"),
    foreign("bzip2", b"BZh91AY&SY" + bytes(range(128, 200)), "bzip2", "csv.bz2"),
    foreign("xz", b"\xfd7zXZ\0\0\4" + b"\0" * 24, "xz found", "csv.xz"),
    foreign("LZ4", b"\x04\x22\x4d\x18" + b"d@\xa7" * 9, "LZ4 found", "csv.lz4"),
    foreign("Snappy", b"\xff\x06\0\0sNaPpY" + b"\0" * 9, "Snappy found", "csv.sz"),
    foreign("7-Zip", b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 24, "7-Zip", "7z"),
    foreign("RAR", b"Rar!\x1a\x07\x01\0" + b"\0" * 24, "RAR", "rar"),
    foreign("zlib without a head", lambda k: zlib.compress(plain(k)), "header breaks the rule", "csv.z"),
    foreign("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "a PDF", "pdf"),
    foreign("a login page", b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n", "a web page"),
    foreign("an error page behind a mark", b"\xef\xbb\xbf\n  <HTML><body>502 Bad Gateway</body></html>\n", "a web page"),
    foreign("XML", b'<?xml version="1.0"?>\n<payments><payment id="1"/></payments>\n', "XML found", "xml"),
    foreign("an SQLite database", _database, "SQLite", "db"),
    foreign("a pickle", b"\x80\x04\x95\x0b\0\0\0\0\0\0\0", "pickle", "pkl"),
    foreign("an Avro file", b"Obj\x01\x04\x14avro.codec\x08null\0", "Avro", "avro"),
    foreign("an ORC file", b"ORC\x08\x03\x10\x01" + b"\0" * 20, "ORC", "orc"),
    foreign("an Arrow file", b"ARROW1\0\0" + b"\0" * 24, "Arrow", "arrow"),
    foreign("an HDF5 file", b"\x89HDF\r\n\x1a\n" + b"\0" * 24, "HDF5", "h5"),
    foreign("a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 24, "a picture", "png"),
    foreign("a photograph", b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 24, "a picture", "jpg"),
    foreign("a text document", b"{\\rtf1\\ansi payments}", "a document", "rtf"),
    foreign("random bytes", bytes((n * 167 + 13) % 251 + 3 for n in range(2_000)), "header breaks the rule", "bin"),
    foreign(
        "a pointer to a large file", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "none of the mapped columns"
    ),
    foreign("a dump in SQL", b"INSERT INTO payments (id, payer) VALUES (1, 'B1');\n", "none of the mapped columns", "sql"),
    foreign("the answer of a web server", b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\nid\r\n", "none of the mapped columns"),
    foreign("a mail with the file in it", b"Content-Type: multipart/mixed\n\n--x\n", "none of the mapped columns", "eml"),
    foreign("a mapping among the data", b'[source]\nname = "bank"\n', "none of the mapped columns", "toml"),
    foreign("the log of the export", b"2026-01-02 12:00:00 INFO exported 2 rows\n", "none of the mapped columns", "log"),
)

FILES: tuple[Broken, ...] = (*PACKED, *FOREIGN)
