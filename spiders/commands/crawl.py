"""`scrapy crawl SPIDER -a study=FOLDER`: Scrapy's own command, with mistakes told in a line and an exit code that says whether anything came."""

from __future__ import annotations

import logging
import sqlite3
import sys
from typing import Any

from scrapy.commands.crawl import Command as Crawl
from scrapy.exceptions import UsageError

from enrich import ledger
from enrich import study as studies
from enrich.crawling import NOTHING_CAME
from enrich.mistakes import Mistake
from enrich.records import GOOD
from enrich.store import Store, unusable
from spiders import catalogue


class Command(Crawl):
    def short_desc(self) -> str:
        return "Gather the places of a study on one source (-a study=FOLDER, and -a company=, -a profile=, -a since=)"

    def run(self, args: list[str], opts: Any) -> None:
        # an address that cannot be reached, or whose answer is too large, is a problem of its place, told with its cure: no second time as a line of the log
        for teller in ("downloadermiddlewares.robotstxt", "downloadermiddlewares.httpcompression", "core.downloader.handlers.http11"):
            logging.getLogger(f"scrapy.{teller}").setLevel(logging.CRITICAL)
        try:
            study = self._ready(args, opts.spargs)
            before = _runs(study)
            super().run(args, opts)
            outcomes = _runs(study)[len(before):]
        except Mistake as mistake:
            print(mistake, file=sys.stderr)
            self.exitcode = 1
            return
        if "running" in outcomes:            # it could not even be closed
            self.exitcode = 1
        elif not self.exitcode and not set(GOOD) & set(outcomes):
            if set(outcomes) - {"interrupted"} and self.settings.getbool("SAYS_OUTCOME"):
                print(f"{args[0]}: no place could be gathered to its end; `rapport status --study {study.folder}` says more", file=sys.stderr)
            self.exitcode = NOTHING_CAME

    def _ready(self, args: list[str], arguments: dict[str, str]) -> studies.Study:
        """The study, when everything that a crawl needs is there: right options, a place to look at, a store that can be written, its key."""
        found = catalogue.sources(self.settings)
        if len(args) != 1 or args[0] not in found:
            raise UsageError(f"name one source of: {', '.join(found)}", print_help=False)
        if "study" not in arguments:
            raise Mistake("a crawl needs a study", cure=f"scrapy crawl {args[0]} -a study=FOLDER")
        study = studies.load(arguments["study"], catalogue.describe(found))
        if not found[args[0]](**arguments).places:
            raise Mistake(f"no place of this study fits: {args[0]}", place=str(study.path), cure=f"its sources: {', '.join(sorted({s.source for c in study.companies for s in c.sources}))}")
        try:
            with Store(study.database, create=True) as store:
                ledger.register(store, study)
                ledger.key_of(store)
        except sqlite3.OperationalError as error:
            raise unusable(study.database, error) from None
        return study


def _runs(study: studies.Study) -> list[str]:
    """How every run so far ended."""
    with Store(study.database) as store:
        return [outcome for (outcome,) in store.rows("select outcome from crawls order by rowid")]
