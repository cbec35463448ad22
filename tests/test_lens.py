"""The vocabulary: its own examples, the laws that hold for every tag, and what a lens file with a mistake is told."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from enrich.cues import Cues
from enrich.lens import FOLDER, Lens, Tag, lens
from enrich.mistakes import Mistake
from enrich.steps import Label, Text, complaint, sentiment, stage, themes

EXAMPLES = [(tag, text, carries) for tag in lens().tags.values() for texts, carries in ((tag.examples, True), (tag.non_examples, False)) for text in texts]
TEXTS = sorted({text for _, text, _ in EXAMPLES})


@cache
def cues(kind: str, audience: str) -> Cues:
    return Cues(lens().of(kind, audience))


def found(text: str, kind: str = "theme", audience: str = "customer") -> dict[str, str]:
    """Names of the tags in a text, with the words that carry each first."""
    return {hit.tag.name + hit.tag.sign: text[hit.start:hit.end] for hit in reversed(cues(kind, audience).find(text))}


def review(text: str, language: str | None = "en", audience: str = "customer") -> Text:
    return Text(kind="review", text=text, language=language, audience=audience)


def verdicts(text: str, **known: str | None) -> dict[str, str | None]:
    return {label.name: label.value for label in complaint.read(review(text, **known))}


@pytest.mark.parametrize(("tag", "text", "carries"), EXAMPLES, ids=[f"{tag.id} {'in' if carries else 'not in'} {text[:40]}" for tag, text, carries in EXAMPLES])
def test_examples_of_a_tag_carry_it_and_non_examples_do_not(tag: Tag, text: str, carries: bool) -> None:
    for audience in tag.of:
        assert (tag.id in {hit.tag.id for hit in cues(tag.kind, audience).find(text)}) == carries


@pytest.mark.parametrize("tag", [t for t in lens().tags.values() if t.cues], ids=lambda t: t.id)
def test_every_tag_with_cues_has_a_definition_examples_and_non_examples(tag: Tag) -> None:
    assert (bool(tag.definition), bool(tag.examples)) == (True, True)
    assert tag.non_examples or tag.kind == "theme" and tag.sign == "+" or tag.kind == "stage"


def test_no_example_of_a_theme_is_an_example_of_its_other_side() -> None:
    both = {t.id: set(t.examples) & set(lens().tags[t.id[:-1] + "-"].examples) for t in lens().of("theme") if t.sign == "+" and t.id[:-1] + "-" in lens().tags}
    assert {id: texts for id, texts in both.items() if texts} == {}


@pytest.mark.parametrize("audience", ["customer", "employee"])
def test_a_mention_points_at_words_of_its_text_and_a_second_reading_finds_the_same(audience: str) -> None:
    for text in (*TEXTS, " ".join(TEXTS[:200])):
        mentions = list(themes.read(review(text, audience=audience)))
        assert all(0 <= m.start < m.end <= len(text) and text[m.start:m.end].strip() for m in mentions)
        assert list(themes.read(review(text, audience=audience))) == mentions


def test_offsets_hold_behind_letters_of_any_width() -> None:
    assert found("😀 Très “bien”… they’re rude, isn’t it? 😀") == {"courtesy-": "rude"}
    assert found("😀 I can’t reach anyone.") == {"reachable-": "can’t reach anyone"}


@pytest.mark.parametrize(("text", "tags"), [
    ("The staff were not rude.", {"courtesy+"}),
    ("The staff were rude.", {"courtesy-"}),
    ("The staff were not friendly.", {"courtesy-"}),
    ("I never had to wait.", {"speed+"}),
    ("I had to wait for three weeks.", {"speed-"}),
    ("If they ignore me I will leave.", set()),
    ("They ignored me.", {"heard-"}),
    ("If they lie to me I go.", set()),
    ("I hope they will keep their promise.", set()),
    ("She was not only polite, she knew her job.", {"courtesy+", "competence+"}),
    ("They could not have been more helpful.", {"courtesy+"}),
    ("The driver was anything but rude.", {"courtesy+"}),
    ("She was far from helpful.", {"courtesy-"}),
    ("I doubt that they are honest.", {"honesty-"}),
    ("They stopped being rude.", {"courtesy+"}),
    ("It was not that the staff were rude, just busy.", {"courtesy+"}),
    ("I would recommend them to everyone.", {"advocacy+"}),
    ("I would not recommend them.", {"advocacy-"}),
    ("The staff should have been more polite.", set()),
    ("Had they been polite I would have stayed.", set()),
    ("Should they lie to me I shall leave.", set()),
    ("They would have been rude if I had let them.", set()),
    ("I was afraid that they would be rude.", set()),
    ("I expected rude staff.", set()),
    ("At first I thought they had ignored me.", set()),
    ("Is the staff friendly?", set()),
])
def test_negation_and_conditions_at_a_cue(text: str, tags: set[str]) -> None:
    assert set(found(text)) == tags


@pytest.mark.parametrize(("text", "tags"), [
    ("Other reviews say that the staff are rude.", set()),
    ("I read somewhere that the service was slow.", set()),
    ("Some reviewers complain of the rude staff, and they are right: the staff was rude.", {"courtesy-"}),
    ("They say they are honest.", set()),
    ("The website says no hidden fees.", set()),
    ("They claim that their staff are friendly.", set()),
    ("They said sorry and replaced the kettle.", {"ownership+"}),
    ("My sister told me that they are very helpful.", {"courtesy+"}),
])
def test_what_others_say_and_what_a_company_says_of_itself_is_not_what_the_writer_says(text: str, tags: set[str]) -> None:
    assert set(found(text)) == tags


def test_a_condition_in_another_clause_takes_nothing_back() -> None:
    assert "courtesy-" in found("Think twice if you book here: the staff was rude.")


def test_nothing_is_found_in_nothing() -> None:
    assert [cues("theme", "customer").find(text) for text in ("", " ", "\n\n", "good app")] == [[], [], [], []]


def test_employee_themes_are_not_looked_for_in_reviews_of_customers() -> None:
    text = "Nobody listens to us, and there is no training."
    assert {m.tag.partition(":")[2].startswith(("staff_", "management")) for m in themes.read(review(text, audience="employee"))} == {True}
    assert not any("staff_" in m.tag for m in themes.read(review(text)))


def test_a_review_in_a_language_that_the_lens_does_not_read_says_nothing() -> None:
    text = review("Die Leute waren rude.", "de")
    assert [*themes.read(text), *stage.read(text), *complaint.read(text)] == []
    assert [m.tag for m in themes.read(review("Rude!", "und"))] == ["theme:courtesy-"]


@pytest.mark.parametrize(("text", "complains", "needs_reply"), [
    ("Great service, I am happy.", "no", "no"),
    ("good app", "no", "no"),
    ("Waiting three weeks for a reply.", "yes", "yes"),
    ("No problems at all, I am happy with it.", "no", "no"),
    ("It is blue.", "no", "no"),
    ("It triples whenever it rains, which is ridiculous and makes me angry.", "no", "yes"),
    ("[staff] at the desk was lovely.", "no", "yes"),
    ("Do you deliver to the islands?", "no", "yes"),
    ("It would be nice to have a map.", "no", "yes"),
    ("The staff was lovely, though the soup was cold.", "yes", "yes"),
    ("The soup was cold.", "yes", "yes"),
    ("The staff was lovely, but the soup was cold and nobody ever got back to me.", "yes", "yes"),
])
def test_a_complaint_a_question_an_angry_tone_and_praise_of_a_person_need_a_reply(text: str, complains: str, needs_reply: str) -> None:
    assert verdicts(text) == {"complaint": complains, "needs_reply": needs_reply}


def test_a_complaint_shows_the_words_that_complain_and_praise_shows_none() -> None:
    text = "They ignored me."
    label = next(iter(complaint.read(review(text))))
    assert (label.name, label.value, label.basis, [text[start:end] for start, end in label.spans]) == ("complaint", "yes", "words", ["ignored me"])
    assert next(iter(complaint.read(review("A lovely place.")))) == Label("complaint", "no", basis="absence")


def test_leaving_outweighs_the_years_before() -> None:
    [label] = stage.read(review("A customer for nine years, now I closed my account with them."))
    assert (label.value, label.basis) == ("dumped", "words")
    assert list(stage.read(review("Blue walls."))) == [Label("stage", "unknown", basis="absence")]
    assert list(stage.read(review("A customer for nine years.", audience="employee"))) == []


@pytest.mark.parametrize(("text", "value"), [
    ("I switched to another bank last week.", "dumped"),
    ("We would not use them again.", "dumped"),
    ("I am planning to switch to another bank.", "unknown"),
    ("Otherwise I will close my account.", "unknown"),
    ("I have used it for 6 years.", "married"),
    ("Using it since last year.", "engaged"),
    ("I could not complete the registration.", "acquaintance"),
    ("Do not open an account with them.", "unknown"),
])
def test_a_stage_is_what_has_come_about_and_no_threat_or_warning(text: str, value: str) -> None:
    [label] = stage.read(review(text))
    assert label.value == value


@pytest.mark.parametrize(("text", "needs_reply"), [
    ("Lovely stay, especially Marta.", "yes"),
    ("Lovely stay, especially the pool.", "no"),
    ("Marta at the desk is a gem, and Jonas was very kind.", "yes"),
    ("The Staff was very kind.", "no"),
    ("There was an issue with the card, but they solved it at once.", "no"),
])
def test_praise_of_somebody_by_name_wants_a_reply_and_a_problem_that_was_solved_does_not(text: str, needs_reply: str) -> None:
    assert verdicts(text)["needs_reply"] == needs_reply


def test_sentiment_has_no_signal_where_the_lexicon_knows_no_word() -> None:
    assert list(sentiment.read(review("Nobody ever answered."))) == [Label("sentiment", "no signal", basis="absence"), Label("polarity", "no signal", basis="absence")]
    labels = {label.name: label for label in sentiment.read(review("An excellent host."))}
    assert (labels["sentiment"].value, labels["polarity"].spans) == ("positive", ((3, 12),))


def lens_of(folder: Path, text: str, words: str = "[words]\n") -> Lens:
    (folder / "words.toml").write_text(words, encoding="utf-8")
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return Lens(folder)


THEME = """kind = "theme"

[[tag]]
name = "humour"
title = "Humour"
of = ["customer"]
[tag.plus]
definition = "They made one laugh."
cues = ['''fun(?:ny)?''']
"""


def test_a_new_theme_is_a_file_and_no_code(tmp_path: Path) -> None:
    [tag] = lens_of(tmp_path, THEME).of("theme", "customer")
    assert (tag.id, tag.speaks, [(h.start, h.end) for h in Cues([tag]).find("So funny!")]) == ("theme:humour+", "for", [(3, 8)])


@pytest.mark.parametrize(("was", "now", "what", "line", "cure"), [
    ("title =", "titel =", "unknown key `titel`", 5, "did you mean `title`?"),
    ("definition =", "definitoin =", "unknown key `definitoin`", 8, "did you mean `definition`?"),
    ('kind = "theme"', 'kind = "thema"', "kind", 1, None),
    ("[tag.plus]", "[tag.pluss]", "unknown key `pluss`", 7, "did you mean `plus`?"),
])
def test_a_mistake_in_a_lens_file_is_named_with_its_line_and_cure(tmp_path: Path, was: str, now: str, what: str, line: int, cure: str | None) -> None:
    with pytest.raises(Mistake) as error:
        lens_of(tmp_path, THEME.replace(was, now))
    assert what in str(error.value) and f"mine.toml, line {line}" in str(error.value) and (cure or "") in str(error.value)


def test_a_group_of_words_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Mistake) as error:
        lens_of(tmp_path, THEME.replace("fun(?:ny)?", "{jokers}"), "[words]\njoker = '''wag|wit'''\n")
    assert (error.value.args[0], error.value.place, error.value.cure) == ("there is no group of words {jokers}", f"{tmp_path / 'mine.toml'}, tag humour+", "did you mean {joker}?")


def test_a_tag_that_is_there_already_is_refused(tmp_path: Path) -> None:
    (tmp_path / "first.toml").write_text(THEME, encoding="utf-8")
    with pytest.raises(Mistake, match="theme:humour\\+ is defined twice"):
        lens_of(tmp_path, THEME)


def test_a_cue_that_is_no_pattern_names_its_tag(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"theme:humour\+: the cue 'fun\(ny' is not an RE2 pattern"):
        Cues(lens_of(tmp_path, THEME.replace("fun(?:ny)?", "fun(ny")).of("theme"))


def test_the_version_changes_with_a_cue_and_not_with_an_example(tmp_path: Path) -> None:
    version = lens_of(tmp_path, THEME).version_of("theme")
    assert lens_of(tmp_path, THEME + 'examples = ["So funny."]\n').version_of("theme") == version
    assert lens_of(tmp_path, THEME.replace("fun(?:ny)?", "witty")).version_of("theme") != version


@pytest.mark.parametrize("path", sorted(p for p in FOLDER.glob("*.toml") if p.name not in ("accuracy.toml", "words.toml")), ids=lambda p: p.name)
def test_every_group_of_words_is_defined_and_no_cue_is_written_twice(path: Path) -> None:
    cues_of = [(entry["name"], side, cue) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["tag"] for side in ("plus", "minus", "says") if side in entry for cue in entry[side].get("cues", [])]
    assert len(cues_of) == len(set(cues_of))
