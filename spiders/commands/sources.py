"""`scrapy sources`: every source with its options, as JSON, and what a public address belongs to (`--recognise URL`)."""

from __future__ import annotations

import argparse
import json
from typing import Any

from scrapy.commands import ScrapyCommand

from spiders import catalogue, readme


class Command(ScrapyCommand):
    requires_project = True
    default_settings = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "[--recognise URL … | --policy NAME … | --sites | --markdown [--write]]"

    def short_desc(self) -> str:
        return "List the sources with their options, or recognise addresses (JSON)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--recognise", nargs="+", metavar="URL", help="say which source each address belongs to")
        parser.add_argument("--policy", nargs="+", metavar="NAME", help="say what may be done on the platform of each origin, source or address (null where there is no rule)")
        parser.add_argument("--sites", action="store_true", help="list the sites whose pages a person saves")
        parser.add_argument("--markdown", action="store_true", help="print the README's tables")
        parser.add_argument("--write", action="store_true", help="with --markdown: write them into the README")

    def run(self, args: list[str], opts: Any) -> None:
        sources = catalogue.sources(self.settings)
        if opts.markdown:
            if opts.write:
                readme.write(sources)
            else:
                print(readme.markdown(sources))
            return
        if opts.sites:
            found: Any = catalogue.sites()
        elif opts.policy:
            found = list(map(catalogue.policy_of, opts.policy))
        elif opts.recognise:
            found = [catalogue.recognise(url, sources) for url in opts.recognise]
        else:
            found = catalogue.describe(sources, self.settings.getfloat("DOWNLOAD_DELAY"))
        print(json.dumps(found, ensure_ascii=False))
