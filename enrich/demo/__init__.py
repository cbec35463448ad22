"""The bundled study of four fictional broadband companies: its texts, and a small site on this machine that shows them.

Everything was written for this project: no such company, customer or employee exists. `companies/*.jsonl` are the texts, each with what
its author meant to say (`about`); `truths.toml` states what was planted in them, so that it can be checked what the findings make of it.
"""

from enrich.demo.folder import write_study
from enrich.demo.site import serve

__all__ = ["serve", "write_study"]
