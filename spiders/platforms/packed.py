"""Bodies that are compressed (gzip), unpacked as far as that is safe."""

from __future__ import annotations

from zlib import error as ZlibError

from scrapy.utils.gz import gunzip

MOST = 256 << 20
"""Bytes of a body that was kept compressed."""


def unpacked(body: bytes, most: int = MOST) -> bytes | None:
    """A body as it was before it was compressed, or as it is where it was not; None where it is damaged, or longer than `most`."""
    try:
        return gunzip(body, max_size=most) if body.startswith(b"\x1f\x8b") else body
    except (OSError, EOFError, ValueError, ZlibError):
        return None
