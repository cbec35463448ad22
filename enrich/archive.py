"""Raw responses, kept as the web's archives keep them (WARC), so that a better parser can read them again without a request.

They hold people's names and words as they stood: the folder lies outside the database, only its owner may read it, it is never published
or exported, and what is older than the study allows is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from enrich.study import Study

FOLDER = "archive"
_META = "Rapport-Request-Meta"
_UNTRUE = frozenset({"content-encoding", "transfer-encoding", "content-length", "set-cookie"})
"""Headers that no longer hold for a body that was unpacked, or that tell of nobody but us."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One response as it came; `meta` is what the source gave its request along."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    meta: dict[str, Any]


class Archive:
    """A file of responses that is being written."""

    def __init__(self, study: Study, name: str) -> None:
        self.folder = study.folder / FOLDER
        self.path = self.folder / f"{datetime.now(UTC):%Y-%m-%d}-{name}.warc.gz"

    def keep(self, kept: Kept) -> str:
        """Appends a response; returns where it is: file name and offset, for `read`."""
        self._make()
        with self.path.open("ab") as file:
            at = file.tell()
            writer = WARCWriter(file, gzip=True)
            headers = StatusAndHeaders(f"{kept.status} {'OK' if kept.status == 200 else 'Answer'}", [h for h in kept.headers if h[0].lower() not in _UNTRUE], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(kept.url, "response", payload=BytesIO(kept.body), http_headers=headers,
                                                          warc_headers_dict={_META: json.dumps(kept.meta)} if kept.meta else {}))
        return f"{self.path.name}:{at}"

    def _make(self) -> None:
        if not self.path.exists():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n")           # a study kept in git never takes it along
            self.path.touch(mode=0o600)


def read(study: Study, place: str) -> Kept | None:
    """The response kept at a place that `keep` returned; None where its file is no longer there. Raises ValueError where the file is damaged."""
    name, _, offset = place.rpartition(":")
    path = study.folder / FOLDER / name
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(int(offset))
        record = next(iter(ArchiveIterator(file)), None)
        if record is None or record.http_headers is None:
            raise ValueError(f"{place} is no response")
        meta = record.rec_headers.get_header(_META)
        return Kept(record.rec_headers.get_header("WARC-Target-URI"), int(record.http_headers.get_statuscode()), tuple(record.http_headers.headers), record.content_stream().read(),
                    json.loads(meta) if meta else {})


def expire(study: Study, now: datetime | None = None) -> int:
    """Deletes what is older than the study keeps it; returns how many files."""
    gone = 0
    last = ((now or datetime.now(UTC)) - timedelta(days=study.archive_days)).strftime("%Y-%m-%d")
    for path in (study.folder / FOLDER).glob("*.warc.gz"):
        if path.name[:10] < last or study.archive_days == 0:
            path.unlink()
            gone += 1
    return gone


def plain_meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What a source gave a request along, as far as it is plain data."""
    return {k: v for k, v in meta.items() if v is None or isinstance(v, str | int | float | bool)}
