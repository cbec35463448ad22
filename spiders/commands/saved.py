"""`scrapy saved FILE …`: what files are, tables or pages that a person saved, and of which sites, as JSON; nothing is stored."""

from __future__ import annotations

import json
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from spiders import catalogue


class Command(ScrapyCommand):
    requires_project = True
    default_settings = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "FILE …"

    def short_desc(self) -> str:
        return "Say what files are: tables, or saved pages and of which sites (JSON)"

    def run(self, args: list[str], opts: Any) -> None:
        if not args:
            raise UsageError()
        pages: Any = catalogue.sources(self.settings)["saved_page"]
        print(json.dumps([pages.about(file) for file in args], ensure_ascii=False))
