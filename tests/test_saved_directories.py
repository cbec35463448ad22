"""Directories: their pages are read as `schema_org` reads them, under their own names."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.records import Part, Review
from spiders.platforms import opened
from spiders.platforms.readers import whose
from spiders.saved import directories


@pytest.mark.shared
@pytest.mark.parametrize(("file", "name", "counts", "whole"), [("angi.html", "angi", (10, 1), False), ("thumbtack.html", "thumbtack", (6, 0), False), ("homeadvisor_1.html", "homeadvisor", (10, 0), False),
                                                               ("buildzoom.html", "buildzoom", (30, 2), True)])
def test_a_directorys_page_is_read_under_its_name(shared: Path, file: str, name: str, counts: tuple[int, int], whole: bool) -> None:
    page = opened.page(file, (shared / "samples" / "schema_org" / file).read_bytes())
    assert whose(page).name == name
    site = next(s for s in directories.Directory.__subclasses__() if s.name == name)
    drawn = list(site().read(page))
    reviews = [d for d in drawn if isinstance(d, Review)]
    assert (len(reviews), sum(len(r.replies) for r in reviews)) == counts
    assert bool([d for d in drawn if isinstance(d, Part)]) == whole
