"""Opens a page that a person saved in a browser: HTML in any encoding or MHTML, as it is or in gzip; with the address and the time that were noted in it."""

from __future__ import annotations

import email
import re
import zlib
from codecs import getincrementaldecoder
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from gzip import GzipFile
from html import unescape
from io import BytesIO
from zipfile import BadZipFile

from bs4.dammit import EncodingDetector
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, to_unicode

from enrich.mistakes import Mistake
from enrich.records import Problem
from spiders.platforms import pages
from spiders.platforms.files import File
from spiders.platforms.saved import Saved, is_address

LARGEST = 32 << 20
"""Bytes of one page, with the pictures that are kept in it."""
LONGEST = 12 << 20
"""Characters of one page without them: a tree of more elements than that holds would fill the memory."""
DAMAGED = (EOFError, zlib.error, BadZipFile, NotImplementedError, RuntimeError)
"""What reading a compressed file raises where it is damaged, encrypted (RuntimeError), or compressed in a way that Python does not know."""
_AGAIN = "save the page again in a browser: Ctrl+S, or Cmd+S"

_KINDS = ((b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"bplist00", "a web archive of Safari"),
          (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"))
_MIME = re.compile(rb"\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,40}?(?:mime-version|content-type):", re.I)
_HTML = ("text/html", "application/xhtml+xml")
_BEGINS = re.compile(r"\s*<(?:!doctype html|html|head|body|!--|meta|title)\b", re.I)
_JSON = re.compile(r'\s*[\[{]\s*["\[{\]}]')
_TAG = re.compile(r"<(?:!doctype|[a-z][a-z0-9-]*)\b[^<]{0,2000}>", re.I)
_PICTURE = re.compile(r"data:[a-z]+/[\w.+-]+(?:;[\w=-]+)*;base64,[A-Za-z0-9+/=%]{500,}")
_SINGLE_FILE = re.compile(r"<!--\s*(?:Page saved with|Archive processed by) SingleFile\b(.*?)-->", re.S)
_SAVE_PAGE = re.compile(r"""<meta\s+name=["']?savepage-(url|date)["']?\s+content=["']?([^"'>]*)""")
_MONOLITH = re.compile(r"<!--\s*Saved from (\S+) at (\S+) using monolith")
_SCRAPBOOK = re.compile(r"""\bdata-scrapbook-(source|create)=["']?([^"'>\s]*)""")
_WAYBACK = re.compile(r"https?://web\.archive\.org/web/(\d{14})(?:[a-z]{2}_)?/(https?:/.*)")
_CLOCK = re.compile(r"\b([A-Z][a-z]{2} \d{1,2} \d{4}) (\d\d:\d\d:\d\d) GMT([+-]\d{4})")


def body(file: File) -> bytes:
    """The bytes of a file. Raises `Mistake` where it cannot be read, or is too large."""
    try:
        with file.open() as opened:
            return sized(opened.read(LARGEST + 1), file.name)
    except OSError as error:
        raise Mistake(f"cannot be opened: {error.strerror or error}", place=file.name, cure="check the path, and that you may read it") from None
    except DAMAGED as error:
        raise Mistake(f"cannot be unpacked: {error}", place=file.name, cure="pack it again without a password, or import the pages themselves") from None


def sized(raw: bytes, name: str) -> bytes:
    if len(raw) > LARGEST:
        raise Mistake(f"is larger than {LARGEST >> 20} MB", place=name, cure='save the page without its pictures: as "Web page, HTML only"')
    return raw


def page(name: str, raw: bytes, address: str | None = None, seen_at: datetime | None = None) -> Saved:
    """The page in a file's bytes. Raises `Mistake` where it holds none.

    `address` and `seen_at` are what a person says. The person's address is taken before the one that is noted in the file; the time noted
    there, which is exact and the page's own, before the person's.
    """
    raw = _unpacked(sized(raw, name), name)
    content_type = noted = saved = None
    if _MIME.match(raw[:16_384]):
        raw, content_type, noted, saved = _mhtml(raw, name)
    text = _text(raw, content_type, name)
    if _JSON.match(text):
        raise Mistake("is JSON, not a web page", place=name, cure='an export is read as a table: source = "table"')
    if not _TAG.search(text[:500_000]):
        raise Mistake("is no web page", place=name, cure=_AGAIN)
    found = _noted(text)
    text = _PICTURE.sub("data:,", text)                    # the parser loses what follows a picture of 10 MB
    if len(text) > LONGEST:
        raise Mistake(f"is longer than {LONGEST >> 20} million characters, its pictures left out", place=name, cure="save a shorter page: of one list, without what was loaded below it")
    opened = Saved(text, name, next((a for a in (address, noted, found[0]) if a and is_address(a)), None), found[1] or saved or seen_at)
    if ("web.archive.org" in text or address) and (archived := _WAYBACK.match(opened.url)):      # it was seen when the archive took it
        seen_at = datetime.strptime(archived[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        opened = Saved(text, name, re.sub(r"^(https?):/+", r"\1://", archived[2]), seen_at)
    if pages.ends_early(text):
        opened.problems.append(Problem(name, "ends in the middle: the rest of the page was not saved", _AGAIN, "incomplete"))
    return opened


def is_page(name: str, head: bytes) -> bool:
    """Whether a file looks like a saved page, by its name or how it begins."""
    if re.search(r"\.(?:x?html?|mht(?:ml)?)(?:\.gz)?$", name, re.I):
        return True
    with suppress(*DAMAGED, OSError):
        if head.startswith(b"\x1f\x8b"):
            head = GzipFile(fileobj=BytesIO(head)).read1(2000)
    return bool(_MIME.match(head)) or (_binary(head) is None and bool(_BEGINS.match(_decoded(head, None))))


def _unpacked(raw: bytes, name: str) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return sized(GzipFile(fileobj=BytesIO(raw)).read(LARGEST + 1), name)
    except (*DAMAGED, OSError) as error:
        raise Mistake(f"cannot be unpacked: {error}", place=name, cure="pack the page again, or import it as it was saved") from None


def _noted(text: str) -> tuple[str | None, datetime | None]:
    """Address and time as the browser's extension wrote them into the page. (What browsers write themselves holds no time: Saved.url reads it.)"""
    if single := _SINGLE_FILE.search(text[:200_000]):
        address = re.search(r"\burl:\s*(\S+)", single[1])
        return address[1] if address else None, _moment(single[1].partition("saved date:")[2])
    if monolith := _MONOLITH.search(text[:200_000]):
        return monolith[1], _moment(monolith[2])
    noted = dict(_SAVE_PAGE.findall(text)) or {("url" if k == "source" else "date"): v for k, v in _SCRAPBOOK.findall(text[:200_000])}
    return unescape(noted.get("url", "")) or None, _moment(noted.get("date", ""))


def _moment(text: str) -> datetime | None:
    """A time as browsers' scripts write it: `Sat Jul 04 2020 14:06:43 GMT+0200 (…)`, ISO, or in digits."""
    with suppress(ValueError):
        if clock := _CLOCK.search(text):
            return datetime.strptime(" ".join(clock.groups()), "%b %d %Y %H:%M:%S %z").astimezone(UTC)
        if digits := re.fullmatch(r"\s*(\d{14})(?:\d{3})?\s*", text):
            return datetime.strptime(digits[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _mhtml(raw: bytes, name: str) -> tuple[bytes, str | None, str | None, datetime | None]:
    """The page in an MHTML file, its content type, its address, and when it was saved."""
    message = email.message_from_bytes(raw.lstrip())
    part = next((p for p in message.walk() if p.get_content_type() in _HTML), None)
    inside = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(inside, bytes):
        raise Mistake("holds no web page: no part of it is HTML", place=name, cure=_AGAIN)
    address = next(("".join(str(a).split()) for a in (message["Snapshot-Content-Location"], part["Content-Location"], message["Content-Location"]) if a), None)
    saved = None
    with suppress(ValueError, TypeError):
        saved = parsedate_to_datetime(str(message["Date"]))
    return inside, part["Content-Type"], address, (saved if saved.tzinfo else saved.replace(tzinfo=UTC)).astimezone(UTC) if saved else None


def _text(raw: bytes, content_type: str | None, name: str) -> str:
    """The letters of a page. Raises `Mistake` where it has none."""
    if not raw.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise Mistake("is empty", place=name, cure=_AGAIN)
    if what := _binary(raw):
        raise Mistake(f"is no web page but {what}", place=name, cure=_AGAIN)
    return _decoded(raw, content_type)


def _binary(raw: bytes) -> str | None:
    """What a file is that is no text."""
    if raw.startswith(b"PK\x03\x04"):
        return "a zip archive"
    if known := next((what for magic, what in _KINDS if raw.startswith(magic)), None):
        return known
    return "binary data" if b"\0" in raw[:4096] and _wide(raw) is None else None


def _wide(raw: bytes) -> str | None:
    """The encoding of text with two bytes or more a letter."""
    if (bom := read_bom(raw)[0]) is not None:
        return bom
    head = raw[:4096]
    odd, even = head[1::2].count(0), head[::2].count(0)
    return None if max(odd, even) < len(head) // 5 or min(odd, even) > len(head) // 50 else "utf-16-le" if odd > even else "utf-16-be"


def _decoded(raw: bytes, content_type: str | None) -> str:
    """By its byte order mark, else UTF-8 where it can be nothing else (pages that were saved anew keep the old name of their encoding), else as it says, else guessed."""
    if wide := _wide(raw):
        return to_unicode(raw, wide).lstrip("\ufeff")
    if not raw.isascii():
        with suppress(UnicodeDecodeError):
            return getincrementaldecoder("utf-8")().decode(raw)            # one letter may be cut in two at the end
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(raw) or EncodingDetector.find_declared_encoding(raw, is_html=True, search_entire_document=True)
    with suppress(LookupError):
        return to_unicode(raw, declared or pages.undeclared(raw))
    return to_unicode(raw, "cp1252")
