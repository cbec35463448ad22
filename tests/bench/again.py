"""What a later crawl costs beside the first: `python tests/bench/again.py [TOPICS]`.

A forum on this machine, crawled as a user would, without the pauses of a real site. The yardstick, in the same run, is a full crawl: what every later
crawl would cost if nothing were remembered. Half of the topics are answered; all are older than a year, so that none is looked at for its age.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from enrich import crawling
from tests.local_site import served
from tests.test_incremental import STUDY, Forum, Topic


def main(topics: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["RAPPORT_KEYS"] = str(folder / "keys")
        forum = Forum({n: Topic(n, 400 + n, 399 + n if n % 2 else None) for n in range(1, topics + 1)})
        with served(forum.answer) as host:
            (folder / "study.toml").write_text(STUDY.format(host=host))
            (folder / ".demo-host").write_text(host)
            print(f"{topics:,} topics, {topics // 2:,} of them unanswered")
            crawl(folder, forum, "first crawl")
            crawl(folder, forum, "full crawl (yardstick)", full="1")
            crawl(folder, forum, "nothing new")
            for n in range(2, topics, 200):                        # one in a hundred unanswered topics gets a late answer
                forum.topics[n].answered = 380
            crawl(folder, forum, "1 in 200 answered since")


def crawl(folder: Path, forum: Forum, said: str, **arguments: str) -> None:
    forum.asked.clear()
    began = time.perf_counter()
    code = crawling.crawl("discourse", {"DOWNLOAD_DELAY": "0", "AUTOTHROTTLE_ENABLED": "False"}, study=str(folder), **arguments)
    print(f"{said + ':':<26} {len(forum.asked):>7,} requests   {time.perf_counter() - began:>6.1f} s" + (f"   (exit code {code})" if code else ""))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
