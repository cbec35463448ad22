"""`python -m enrich [--study FOLDER]`: the same as `rapport enrich`."""

import sys

from enrich.cli import main

main(["enrich", *sys.argv[1:]], prog_name="python -m enrich")
