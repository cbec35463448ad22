"""People are masked before anything is stored: authors become keyed hashes, names and contacts in texts become placeholders.

Names of others in free text cannot be recognised reliably without a model of the language; what can be is masked (a name beside a
title, a staff word, a greeting or a signature), and the method page states the limit.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import click

from enrich.mistakes import Mistake

CUSTOMER, STAFF, EMAIL, PHONE, NUMBER = "[customer]", "[staff]", "[email]", "[phone]", "[number]"

PLACEHOLDER_AUTHORS = {
    "a google user", "google user", "anonymous", "anonymous user", "a customer", "customer", "guest", "user", "unknown", "consumer", "member", "n/a", "none", "nan", "null",
    "former employee", "current employee", "anonymous employee", "deleted user", "[deleted]", "a tripadvisor member", "a yelp user", "trustpilot user",
}
"""Names that sources give where they give no name: no author, so that a hundred strangers do not become one person."""

_EMAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+|\b[\w.+-]+@[a-z]{2,}\b|\b[\w.+-]+\s?(?:\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\b")
_DIGITS = re.compile(r"(?<![\w.,-])(?:\+|00)?\(?\d[\d\s().-]{5,22}\d(?![\w-]|[.,]\d)")
_ID = re.compile(r"\b(?=[A-Z0-9-]*\d[A-Z0-9-]*\d[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9-]{8,}\b")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}$|(?:19|20)\d\d\s?[-–]\s?(?:19|20)\d\d$")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)

_NAME = r"(?:[A-Z][a-zà-öø-ÿ]+(?:['’-][A-Z]?[a-zà-öø-ÿ]+)*|[A-Z]\.|[A-Z](?=\s[A-Z][a-zà-öø-ÿ]))"
_NAMES = rf"{_NAME}(?:\s+{_NAME}){{0,2}}"
_LIST = rf"{_NAMES}(?:\s*(?:,|&|\band\b)\s*{_NAMES}){{0,5}}"
_TITLED = re.compile(rf"\b((?i:Mr|Mrs|Ms|Miss|Dr|Shri|Smt|Chef|Mister|Madame|Monsieur)\.?\s+)({_NAMES})")
_STAFF_WORD = (r"(?:manager|receptionist|agent|representative|rep|waiter|waitress|chef|technician|engineer|advisor|adviser|assistant|associate|supervisor|owner|director|"
               r"executive|operator|concierge|housekeeper|bellboy|host|hostess|server|officer|specialist|guy|lady|gentleman|colleague|employee|staff\s+member|team\s+member)")
_BESIDE = re.compile(rf"\b((?i:{_STAFF_WORD}s?,?\s+(?:(?:named|called|by\s+the\s+name\s+of|is|was)\s+)?))({_LIST})")
_CALLED = re.compile(rf"\b((?i:(?:named|by\s+the\s+name\s+of|name\s+(?:is|was)|spoke\s+(?:to|with)|spoken\s+(?:to|with)|helped\s+by|assisted\s+by|dealt\s+with\s+by|served\s+by|"
                     rf"(?:special\s+)?thanks\s+to|thank\s+you(?:\s+so\s+much)?(?:\s+to)?|kudos\s+to|shout[\s-]?out\s+to|mention\s+(?:of|to)?)\s+))({_LIST})")
_FROM = re.compile(rf"\b({_LIST})(\s+(?:from|at|in|of)\s+(?:the\s+)?(?:customer\s+(?:service|support|care)|support|reception|front\s+(?:desk|office)|housekeeping|billing|sales|accounts|"
                   rf"restaurant|kitchen|bar|concierge)\b)")
_GREETING = re.compile(r"(^|\n)(\s*(?:@\w+\s+)*(?:hi+|hello|hey+|dear|hola|namaste|greetings|good\s+(?:morning|day|afternoon|evening))\s*,?\s+(?:(?:mr|mrs|ms|miss|dr|dear)\.?\s+)?)([^\s,!.:;\n–—-][^,!.:;\n–—]{0,40}?)(?=\s*(?:[,!.:;\n–—]|\s-\s|$))", re.IGNORECASE)
_THANKED = re.compile(rf"\b((?i:thanks?(?:\s+you)?|sorry|appreciate\s+it|apologies)(?i:\s+(?:so\s+much|again|a\s+lot))?,?\s+)({_NAME})(?=\s*[!.,])")
_VOCATIVE = re.compile(rf"(,\s+)({_NAME})(?=\s*[!.?])")
_PLACED = re.compile(r"\b(?:from|at|in|of)\s[^.!?\n]{0,40}$", re.IGNORECASE)
"""Before a name that is a place: Greetings from our hotel, Springfield!"""
_SIGNED = rf"(?:{_NAMES}|[A-Z]{{2,}}(?:\s+[A-Z]{{2,}}){{1,2}}|[A-Z]\s[A-Z][a-z]+)"
_CLOSING = re.compile(r"((?i:\bregards|\bbest(?:\s+wishes)?|\bsincerely|\brespectfully|\bcheers|\bwarmly|\bthank\s+you|\bthanks|\byours(?:\s+\w+)?|\bkindly|\blove|\bgroeten|\bgrüßen|\bjournée"
                      rf"|\bdag|\bà\s+vous|\bcordialement|\bsaludos)\s*[,.!\n:-]+\s*)(?!(?i:best|kind|warm|many|thank|regards|sincerely|respectfully|yours|cheers)\w*\b)({_SIGNED})(?=\s*(?:$|[\n,.|(/-]|(?i:from|van|de|von|on\s+behalf|and|at)\b))")
_DASHED = re.compile(rf"((?:[.!?)\n]\s*|\s)[-–—~^]\s*)({_NAMES}[A-Z]?|[a-z]{{4,14}}(?=\s*$))(?=[\s.]*$|\s*[,(|]|\s*\n)")
_INTRODUCED = re.compile(rf"\b((?i:my\s+name\s+is|this\s+is|i\s+am|i['’]m|it['’]s)\s+)({_NAMES})(?=\s*(?:[,.!]|\s+(?:from|here|with|and|at|the|your|of)\b))")
_LAST_LINE = re.compile(rf"(\n\s*)({_NAMES})(?=\s*(?:$|\n[^\n]{{0,60}}$|[,|][^\n]{{0,60}}$))")
_NOT_NAMES = frozenset(Path(__file__).with_name("not_names.txt").read_text(encoding="utf-8").split())
"""Words that stand where names do and are none."""


def author_key(secret: bytes, author: str | None, author_id: str | None) -> str | None:
    """The keyed hash of an author, or None where the source gives no name or only a placeholder.

    The source's own id is preferred: a display name may change, or be shared.
    """
    who = (author_id or "").strip() or " ".join((author or "").split()).casefold()
    if not who or (who.casefold() in PLACEHOLDER_AUTHORS):
        return None
    return keyed(secret, "author", who)


def keyed(secret: bytes, *parts: str) -> str:
    """A hash that only the holder of the study's key can recompute."""
    return blake2b("\x1f".join(parts).encode(), key=secret[:64], digest_size=10).hexdigest()


def secret(study: str, *, create: bool) -> bytes:
    """The study's key, from a file outside the study folder that only its owner can read.

    Raises `Mistake` where it is gone and `create` is false: with a new key every known author would look like a new one.
    """
    path = Path(os.environ.get("RAPPORT_KEYS") or Path(click.get_app_dir("rapport")) / "keys") / f"{study}.key"
    if path.exists():
        return path.read_bytes()
    if not create:
        raise Mistake("the key of this study is not on this machine: known authors could not be told from new ones", place=str(path),
                      cure="copy the file from the machine where the study was made, or set RAPPORT_KEYS to the folder that holds it")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    return key


def mask_review(text: str, author: str | None = None, keep: Iterable[str] = ()) -> str:
    """A review with its author's name, contacts, numbers and recognisable names of staff as placeholders.

    `keep` are words that are no person: names of the companies.
    """
    kept = _kept(tuple(keep))
    text = mask_contacts(text)
    text = _author(text, author, kept)
    for pattern in (_TITLED, _BESIDE, _CALLED):
        text = pattern.sub(lambda m: m[1] + _people(m[2], STAFF, kept), text)
    return _FROM.sub(lambda m: _people(m[1], STAFF, kept) + m[2], text)


def mask_reply(text: str, customer: str | None = None, keep: Iterable[str] = ()) -> str:
    """A company's reply: the customer who is greeted becomes `[customer]`, who signs or introduces themself `[staff]`."""
    kept = _kept(tuple(keep))
    text = mask_contacts(text)
    text = _author(text, customer, kept)
    text = _GREETING.sub(lambda m: m[1] + m[2] + _greeted(m[3], kept), text)
    for pattern in (_CLOSING, _DASHED, _INTRODUCED, _LAST_LINE):
        text = pattern.sub(lambda m: m[1] + _people(m[2], STAFF, kept), text)
    for pattern in (_THANKED, _VOCATIVE):
        text = pattern.sub(lambda m: m[1] + (CUSTOMER if _is_name(m[2], kept) and not _PLACED.search(m.string[: m.start()]) else m[2]), text)
    for pattern in (_TITLED, _BESIDE):
        text = pattern.sub(lambda m: m[1] + _people(m[2], STAFF, kept), text)
    return text


def mask_contacts(text: str) -> str:
    """E-mail addresses, phone numbers, account and order numbers as placeholders. Dates, prices and web addresses stay."""
    text = _EMAIL.sub(EMAIL, text)
    text = _IBAN.sub(NUMBER, text)
    text = _DIGITS.sub(_digits, text)
    return _ID.sub(lambda m: m[0] if _URL.search(text[max(0, m.start() - 60):m.end()].rsplit(None, 1)[-1]) else NUMBER, text)


def _digits(match: re.Match[str]) -> str:
    found = match[0]
    digits = sum(c.isdigit() for c in found)
    if digits < 7 or _DATE.match(found.strip()):
        return found
    phone = found.startswith(("+", "00", "(", "0")) or digits == 10 or (digits <= 13 and re.search(r"\d[\s.-]\d", found) is not None)
    return PHONE if phone and digits <= 15 else NUMBER


def _author(text: str, author: str | None, kept: frozenset[str]) -> str:
    """The author's own name, whole or a part of it, where it stands as a name."""
    name = " ".join((author or "").split())
    if not name or name.casefold() in PLACEHOLDER_AUTHORS:
        return text
    parts = [p for p in re.split(r"[\s,._-]+", name) if len(p) > 2 and p.isalpha() and p.casefold() not in kept and p.casefold() not in _NOT_NAMES]
    whole = [name] if len(name) > 2 and name.casefold() not in kept and name.casefold() not in _NOT_NAMES else []
    low = text.casefold()
    there = [n for n in (*whole, *sorted(parts, key=len, reverse=True)) if n.casefold() in low]      # to compile a pattern costs more than all the rest
    if not there:
        return text
    pattern = _author_pattern("|".join(map(re.escape, there)))
    return pattern.sub(lambda m: CUSTOMER if m[0][:1].isupper() or not m[0][:1].isalpha() or m[0] == name else m[0], text)


@lru_cache(maxsize=4096)
def _author_pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@/.])(?:{names})(?:\s+(?:{names}))*(?!\w)", re.IGNORECASE)


def _greeted(who: str, kept: frozenset[str]) -> str:
    """What stands after a greeting: a name, whatever its letters, unless it is a common word such as "there" or "customer"."""
    words = who.split()
    if "[" in who or not words or len(words) > 4 or any(w.casefold().strip("'’") in _NOT_NAMES or w.casefold() in kept for w in words):
        return who
    if not all(w[:1].isupper() or not w[:1].isascii() for w in words) and len(words) > 1:
        return who
    return CUSTOMER


def _people(names: str, placeholder: str, kept: frozenset[str]) -> str:
    """A list of names with every name in it replaced; words that are no names stay."""
    return re.sub(rf"{_SIGNED}[A-Z]?|^[a-z]{{4,14}}$", lambda m: placeholder if _is_name(m[0], kept) else m[0], names)


def _is_name(name: str, kept: frozenset[str]) -> bool:
    words = [w.casefold().strip(".") for w in name.split()]
    return bool(words) and not any(w in _NOT_NAMES or w in kept for w in words)


@lru_cache(maxsize=64)
def _kept(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(w for name in names for w in re.split(r"\W+", name.casefold()) if w)
