"""Tags by a language model: what it says counts by the words that show it, nothing is asked twice, and nothing is lost when it fails. The model is a made one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from enrich import answers, llm_ask, llm_tags, tables
from enrich import study as studies
from enrich.cli import main
from enrich.enrichment import enrich
from enrich.mistakes import Mistake
from enrich.steps import Text
from enrich.store import Store
from enrich.text import key

llm = pytest.importorskip("llm", reason="the extra [llm] is not installed: pip install -e '.[llm]'")
from llm.plugins import load_plugins, pm

LATER = "2026-05-01T00:00:00Z"
COLD, WARM = "My soup was ice and nobody cared to hear about it.", "The waiter took all the time in the world for us."


class Made(llm.Model):  # type: ignore[misc, name-defined]
    """Answers each text of a request by a function that a test sets; counts its requests."""

    model_id = "made"
    supports_schema = True

    def __init__(self) -> None:
        self.says: Callable[[str], list[dict[str, str]]] = lambda text: []
        self.around = ("", "")
        self.fails: Exception | None = None
        self.prompts: list[tuple[str, str, Any]] = []

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        self.prompts.append((prompt.system, prompt.prompt, prompt.schema))
        if self.fails:
            raise self.fails
        response.set_usage(input=100, output=10)
        yield self.around[0] + json.dumps({"texts": [{"n": t["n"], "tags": self.says(t["text"])} for t in json.loads(prompt.prompt)]}) + self.around[1]

    @property
    def sent(self) -> list[str]:
        return [t["text"] for _, prompt, _ in self.prompts for t in json.loads(prompt)]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """The model, registered as a plugin of the llm library registers one."""
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "llm"))
    model = Made()

    class Plugin:
        @staticmethod
        @llm.hookimpl
        def register_models(register: Callable[[Any], None]) -> None:
            register(model)

    load_plugins()
    pm.register(Plugin, "made")
    yield model
    pm.unregister(name="made")
    answers.use(None)


def tag(name: str, words: str) -> dict[str, str]:
    return {"tag": name, "words": words}


def asked(made: Made, folder: Path, *texts: str) -> tuple[llm_ask.Asked, answers.Answers]:
    kept = answers.Answers(folder / answers.FILE)
    plan = llm_tags.plan(((Text("review", text), None) for text in texts), kept, llm_tags.by(made))
    return llm_ask.ask(made, plan, kept), kept


def test_only_tags_of_the_vocabulary_by_words_that_stand_in_the_text_are_kept(made: Made, tmp_path: Path) -> None:
    made.says = lambda text: [tag("theme:heard-", "nobody cared to hear"), tag("theme:heard-", "nobody cared to hear"), tag("theme:heard-", "Nobody Cared"), tag("theme:courtesy-", "they were rude"),
                              tag("theme:soup-", "soup"), tag("move:apologises", "soup"), tag("theme:heard-", " ")]
    done, kept = asked(made, tmp_path, COLD)
    assert (done.texts, done.tags, done.left) == (1, 1, 0)
    assert done.rejected == {"tags by words that are not in the text": 3, "tags outside the vocabulary": 2}
    (mention,) = kept.of(answers.subject(Text("review", COLD))) or ()
    assert (mention.tag, COLD[mention.start:mention.end]) == ("theme:heard-", "nobody cared to hear")
    system, _, schema = made.prompts[0]
    assert "theme:heard-:" in system and "move:apologises" not in system and schema == llm_ask.SCHEMA


def test_what_is_known_is_not_asked_again_and_a_line_cut_short_costs_one_text(made: Made, tmp_path: Path) -> None:
    asked(made, tmp_path, COLD, COLD, WARM)
    assert made.sent == [COLD, WARM]
    path = tmp_path / answers.FILE
    path.write_text(path.read_text()[:-9])                                       # as a run leaves it that is killed while it writes
    done, _ = asked(made, tmp_path, COLD, WARM)
    assert (made.sent, done.texts) == ([COLD, WARM, WARM], 1)
    assert asked(made, tmp_path, COLD, WARM)[0].texts == 0


def test_a_model_without_a_schema_may_write_around_its_answer(made: Made, tmp_path: Path) -> None:
    made.supports_schema, made.around = False, ("Here you are:\n```json\n", "\n```\nAnything else?")
    made.says = lambda text: [tag("theme:heard-", "nobody cared")]
    assert asked(made, tmp_path, COLD)[0].tags == 1
    assert made.prompts[0][2] is None


@pytest.mark.parametrize(("fails", "around", "named"), [(ConnectionError("no route\nto host"), ("", ""), "ConnectionError: no route to host"),
                                                        (None, ("", "}"), "ValueError: an answer that is not in the form asked for (JSONDecodeError)")])
def test_a_request_that_fails_is_named_and_loses_nothing(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Exception | None, around: tuple[str, str], named: str) -> None:
    monkeypatch.setattr(llm_tags, "TEXTS", 1)
    asked(made, tmp_path, COLD)
    made.fails, made.around = fails, around
    done, kept = asked(made, tmp_path, COLD, *(f"{WARM} {n}" for n in range(9)))
    assert (done.failures, done.left, done.texts) == ({named: llm_ask.IN_A_ROW}, 9, 0), "after three in a row it stops"
    assert kept.of(answers.subject(Text("review", COLD))) == ()
    made.fails, made.around = None, ("", "")
    assert asked(made, tmp_path, *(f"{WARM} {n}" for n in range(9)))[0].texts == 9
    assert "run the same command again" in "\n".join(done.lines())


def test_a_model_or_its_key_that_is_missing_is_told_and_so_is_the_extra(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Mistake, match="knows no model 'mad'"):
        llm_tags.model_of("mad")
    made.fails = llm.NeedsKeyException("No key found")
    with pytest.raises(Mistake, match="llm keys set"):
        asked(made, tmp_path, COLD)
    monkeypatch.setitem(sys.modules, "llm", None)
    with pytest.raises(Mistake, match=r"pip install -e '\.\[llm\]'"):
        llm_tags.model_of("made")


def test_answers_that_are_none_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / answers.FILE).write_text('{"by": "x"}\n{"by": "x", "text": "k"}\n')
    with pytest.raises(Mistake, match="line 2"):
        answers.Answers(tmp_path / answers.FILE)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with a public place and one that is private: a review at each, and a reply at the first."""
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "study.toml").write_text("""title = "Soups"
[[companies]]
name = "Ladle"
[[companies.sources]]
source = "discourse"
url = "https://forum.example"
[[companies.sources]]
source = "discourse"
url = "https://inside.example"
private = true
""")
    company = studies.load(tmp_path).companies[0]
    public, private = (company.profile(source) for source in company.sources)
    with Store(tmp_path / "rapport.db", create=True) as store:
        store.write([tables.Study("s", "Soups", None, None, None, LATER)])
        store.write([tables.Company("ladle", "Ladle", "rival", "[]", "[]", "[]")])
        store.write(tables.Profile(id, "ladle", "discourse", "discourse", url, url, "customer", None, 1, "whole", hidden, "excerpt", None, None, None, None, None)
                    for id, url, hidden in ((public, "https://forum.example", 0), (private, "https://inside.example", 1)))
        store.write(tables.Review(id, place, "ladle", "discourse", "customer", id, 0, None, None, None, text, "h", key(text), "1", 0.0, 1,
                                  "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "second", "created", None, None, None, None, None, None) for id, place, text in (("r", public, COLD), ("p", private, WARM)))
        store.write([tables.Reply("a", "r", public, "ladle", "2", 1, "company", "source", None, SORRY, "h", key(SORRY), "2026-04-03T00:00:00Z", "2026-04-03T00:00:00Z", "second", None)])
        store.write([tables.Look(kind, id, LATER, LATER, 1, None, 0, None) for kind, id in (("review", "r"), ("review", "p"), ("reply", "a"))])
    return tmp_path


SORRY = "We are sorry that your soup was cold, this is on us."
Mentions = set[tuple[str, str, str, str]]


def mentions(folder: Path) -> Mentions:
    with Store(folder / "rapport.db") as store:
        return set(store.rows("select target, tag, words, version from mentions where step in ('themes', 'moves')"))


def test_a_study_is_read_by_the_answers_until_they_are_moved_away(made: Made, study: Path) -> None:
    with Store(study / "rapport.db") as store:
        enrich(store)
    by_cues = mentions(study)
    made.says = lambda text: [tag("theme:resolved-", "My soup was ice"), tag("move:apologises", "this is on us")]
    runner = CliRunner()
    arguments = ["enrich", "--study", str(study), "--llm", "made", "--price-in", "2.5", "--price-out", "10"]
    told = runner.invoke(main, arguments, input="n\n")
    assert told.exit_code == 1 and made.sent == [] and not (study / answers.FILE).exists(), "nothing is sent before a person agrees"
    assert "2 texts would go to made, people masked, in 2 requests" in told.output and "in the currency of the prices given" in told.output and "not sent: 1 of private places" in told.output
    told = runner.invoke(main, [*arguments, "--yes", "--json"])
    assert told.exit_code == 0, told.output
    assert sorted(made.sent) == sorted([COLD, SORRY]), "the text of a private place stays here"
    assert json.loads(told.stdout)["asked"]["rejected"] == {"tags outside the vocabulary": 2}
    by = llm_tags.by(made)
    answered = {("r", "theme:resolved-", "My soup was ice", by), ("a", "move:apologises", "this is on us", by)}
    assert {m for m in mentions(study) if m[0] != "p"} == answered
    assert {m for m in mentions(study) if m[0] == "p"} == {m for m in by_cues if m[0] == "p"}
    with Store(study / "rapport.db") as store:
        assert enrich(store).read == 0 and dict(store.rows("select target, value from labels where name = 'tagged_by'")) == {"r": by, "a": by}
    assert runner.invoke(main, [*arguments[:5], "--yes"]).exit_code == 0 and len(made.sent) == 2, "nothing is asked twice"
    (study / answers.FILE).rename(study / "kept.jsonl")
    with Store(study / "rapport.db") as store:
        assert enrich(store).read == 2
    assert mentions(study) == by_cues


def test_answers_in_another_vocabulary_hold_no_longer(made: Made, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.says = lambda text: [tag("theme:resolved-", "My soup was ice")]
    with Store(study / "rapport.db") as store:
        kept = answers.Answers(study / answers.FILE)
        llm_ask.ask(made, llm_tags.plan(llm_tags.of_store(store), kept, llm_tags.by(made)), kept)
        assert enrich(store).tagged_by == llm_tags.by(made)
        monkeypatch.setattr(llm_tags, "version", lambda: "another")
        done = enrich(store)
        assert (done.read, done.tagged_by, store.one("select count(*) from labels where name = 'tagged_by'")) == (2, None, 0)


def test_a_model_is_judged_by_the_same_command(made: Made, tmp_path: Path) -> None:
    row = {"id": "1", "company": "Ladle", "kind": "customer", "text": COLD, "themes": ["resolved-"], "disputed": []}
    (tmp_path / "reviews.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "id": "2", "text": WARM, "themes": ["speed-"]}) + "\n")
    made.says = lambda text: [tag("theme:resolved-", text[:7])]
    told = CliRunner().invoke(main, ["evaluate", "--gold", str(tmp_path), "--llm", "made", "--yes", "--json"])
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    assert (report["themes"]["per_label"]["resolved-"]["precision"], report["themes"]["per_label"]["resolved-"]["recall"], report["themes"]["per_label"]["speed-"]["found"]) == (0.5, 1.0, 0)
    assert report["asked"]["texts"] == 2 and "price not known" in told.stderr and answers.current() is None
    assert CliRunner().invoke(main, ["evaluate", "--gold", str(tmp_path), "--llm", "made"]).exit_code == 0 and len(made.sent) == 2
