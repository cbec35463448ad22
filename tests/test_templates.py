"""Replies that are pasted with little change."""

from __future__ import annotations

import csv
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from enrich import measures, people, templates, text
from enrich.enrichment import enrich
from enrich.export import export
from enrich.lens import lens
from enrich.published import permit
from enrich.store import Store
from enrich.tables import Company, Label, Look, Profile, Reply, Review, Stem, StemBand, Template, TemplateUse, Wording
from tests.bench import templates as bench

APOLOGY = "Hi {}, we are very sorry that your parcel came late. Please write to {} with order {} and we will look into it. Kind regards, {}"
PRAISE = "Dear {}, how lovely to hear that you like our new bakery! We hope to see you again soon. {}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as opened:
        for company, name in (("acme", "Acme"), ("bolt", "Bolt")):
            opened.write([Company(company, name, "rival", "[]", f'["{company}.example"]', "[]")])
            opened.write(Profile(f"{company}.{kind}", company, "table", "play", kind, None, "customer", None, 1, "whole", kind == "private", "excerpt", None, None, None, None, None)
                         for kind in ("open", "private"))
        yield opened


def reply(store: Store, id: str, said: str, *, company: str = "acme", place: str = "open", role: str = "company", stars: int = 5, day: int = 1) -> None:
    """A review of its own with one reply."""
    blank: dict[str, object] = dict.fromkeys(Review.columns())
    store.write([Review(**{**blank, "id": f"r-{id}", "profile": f"{company}.{place}", "company": company, "source": "play", "audience": "customer",
                           "derived_id": 0, "raw_hash": "", "stars": stars, "created_kind": "created"})])
    blank = dict.fromkeys(Reply.columns())
    store.write([Reply(**{**blank, "id": id, "review": f"r-{id}", "profile": f"{company}.{place}", "company": company, "position": 1, "role": role,
                          "role_basis": "source", "raw_hash": "", "text": said, "text_key": text.key(said), "created_at": f"2026-01-{day:02}T00:00:00Z"})])


def apologies(store: Store, n: int, start: int = 0, **setting: object) -> None:
    for i in range(start, start + n):
        reply(store, f"a{i}", APOLOGY.format(f"[customer]{'' if i % 2 else ' and all'}", "[email]", 1000 + i, f"Team {'AB'[i % 2]}"), day=i + 1, **setting)  # type: ignore[arg-type]


def used(store: Store) -> list[tuple[str, ...]]:
    return sorted(store.rows("select reply, template from template_uses"))


@pytest.mark.parametrize(("said", "masked"), [
    ("Hi [customer], it ships today. Thanks, [staff]", "it ships today."),
    ("Hello Ana Lopez!\n\nIt ships today.\n\nWarm regards,\nThe Acme Team", "It ships today."),
    ("Dear customer. See https://acme.example/x?id=7 or bit.ly/abc (order 12-345)", "See [link] or [link] (order [number])"),
    ("Hey there! Acme ships at 10:30, write to acme.example - JS.", "[company] ships at [number], write to [company]"),
    ("We gave five-star rooms to everyone.", "We gave five-star rooms to everyone."),
    ("Thank you!", "Thank you!"),
    ("Hi there,", "Hi there,"),
    ("नमस्ते, आपका धन्यवाद 🙏", "नमस्ते, आपका धन्यवाद 🙏"),
    ("", ""),
])
def test_what_changes_from_one_paste_to_the_next_is_masked(said: str, masked: str) -> None:
    assert templates.mask(said, ("Acme", "acme.example")) == masked


@pytest.mark.parametrize("hostile", ["- " * 50_000, "a." * 50_000, "Hi " * 33_000, "thanks " * 14_000, "1." * 50_000, "[a" * 50_000, " " * 100_000, "a-" * 50_000 + "/"])
def test_no_text_stops_the_masking(hostile: str) -> None:
    began = time.process_time()
    templates.words(templates.mask(hostile, ("Acme",)))
    assert time.process_time() - began < 1


def test_the_third_paste_makes_a_template_of_all_three(store: Store) -> None:
    apologies(store, 2)
    assert (templates.cluster(store), used(store)) == (2, [])
    apologies(store, 1, start=2, stars=1)
    assert templates.cluster(store) == 1
    [template] = store.read(Template)
    assert template == Template(template.id, "acme", "we are very sorry that your parcel came late. Please write to [email] with order [number] and we will look into it.",
                                3, "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", 1)
    assert used(store) == [(f"a{i}", template.id) for i in range(3)]


def test_a_template_keeps_its_id_while_it_grows(store: Store) -> None:
    apologies(store, 3)
    templates.cluster(store)
    before = {t.id for t in store.read(Template)}
    apologies(store, 4, start=3)
    assert templates.cluster(store) == 4
    assert ({t.id for t in store.read(Template)}, store.one("select uses from templates")) == (before, 7)


def test_running_it_twice_writes_nothing(store: Store) -> None:
    apologies(store, 5)
    templates.cluster(store)
    tables = [list(store.read(t)) for t in (Template, TemplateUse, Wording, Stem, StemBand)]
    onlooker = sqlite3.connect(store.path)
    version = onlooker.execute("pragma data_version").fetchone()
    assert templates.cluster(store) == 0
    assert [list(store.read(t)) for t in (Template, TemplateUse, Wording, Stem, StemBand)] == tables
    assert onlooker.execute("pragma data_version").fetchone() == version, "something was written"
    onlooker.close()


def test_a_small_change_joins_and_another_text_does_not(store: Store) -> None:
    apologies(store, 3)
    reply(store, "near", "Hi [customer], we are really very sorry that your parcel came late. Please write to [email] with order 7 and we will look into it at once.")
    reply(store, "far", "Hi [customer], the courier told us that nobody was at home on Friday, and the shop next door took it in.")
    templates.cluster(store)
    assert [r for r, _ in used(store)] == ["a0", "a1", "a2", "near"]
    assert 0.5 < store.one("select similarity from template_uses where reply = 'near'") < 1


SENTENCES = ("we are very sorry that your parcel came late.", "Please write to our support desk with the number of your order.",
             "A colleague will look into it within two working days.", "Thank you for being with us for all these years.")
OTHERS = ("it was good to meet you at the summer fair in town.", "Our bakers bring fresh loaves out of the oven at six.", "Do come by again with the whole family soon.")


def test_a_text_that_is_like_a_variant_joins_its_template(store: Store) -> None:
    """One sentence is exchanged after another: the last text shares too little with the first, but half with the one before it."""
    first, second = SENTENCES, (OTHERS[0], *SENTENCES[1:])
    third = (*OTHERS[:2], *SENTENCES[2:])
    for day, said in enumerate((first, second, third), 1):
        reply(store, f"v{day}", " ".join(said), day=day)
    masked = [templates.mask(" ".join(said)) for said in (first, second, third)]
    templates.cluster(store)
    [template] = store.read(Template)
    assert templates.likeness(masked[0], masked[2]) >= templates.KIN
    assert (template.text, len(used(store))) == (masked[0], 3)
    assert {u.reply: u.similarity == 1 for u in store.read(TemplateUse)} == {"v1": True, "v2": False, "v3": False}


def test_variants_do_not_lead_into_another_text(store: Store) -> None:
    """Where nothing of the first text is left, it is another template, however short the steps."""
    last = (*OTHERS, SENTENCES[3])
    for day, said in enumerate((SENTENCES, (OTHERS[0], *SENTENCES[1:]), (*OTHERS[:2], *SENTENCES[2:]), last, (*OTHERS, "All our best for the autumn.")), 1):
        reply(store, f"d{day}", " ".join(said), day=day)
    templates.cluster(store)
    stem = dict(store.rows("select replies.id, stem from replies join wordings using (text_key)"))
    assert stem["d1"] == stem["d2"] == stem["d3"] and stem["d5"] != stem["d1"]


def test_only_equal_words_are_the_template_itself(store: Store) -> None:
    """A use with similarity 1 makes a template's words public: a text with the same pairs of words, but not the same words, is none."""
    for day, said in enumerate(("so so so sorry about it", "so so sorry about it", "so so so sorry, about it!"), 1):
        reply(store, f"e{day}", said, day=day)
    templates.cluster(store)
    assert {u.reply: u.similarity == 1 for u in store.read(TemplateUse)} == {"e1": True, "e2": False, "e3": True}


def test_a_full_band_takes_no_more_variants(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one text costs is bounded: bands that hold enough take no more, and the text is found by its others."""
    monkeypatch.setattr(templates, "FULL", 2)
    for i in range(12):
        reply(store, f"f{i}", " ".join((*SENTENCES[:2], *(f"{'abcdefghijkl'[i]}{word}" for word in OTHERS[1].split()))), day=i + 1)
    templates.cluster(store)
    assert store.one("select max(n) from (select count(*) as n from stem_bands group by band)") == 2
    assert store.one("select count(*) from stems") > 2 and len(used(store)) == 12


def test_companies_do_not_share_a_template(store: Store) -> None:
    apologies(store, 2)
    for i in range(3):
        reply(store, f"b{i}", APOLOGY.format("[customer]", "[email]", i, "Bolt"), company="bolt")
    templates.cluster(store)
    assert [r for r, _ in used(store)] == ["b0", "b1", "b2"]


def test_only_the_companies_that_were_touched_are_read(store: Store) -> None:
    apologies(store, 3)
    for i in range(3):
        reply(store, f"b{i}", PRAISE.format("[customer]", i), company="bolt")
    assert (templates.cluster(store, {"bolt"}), [r for r, _ in used(store)]) == (3, ["b0", "b1", "b2"])


def test_customers_bots_and_private_places_are_left_out(store: Store) -> None:
    apologies(store, 2)
    reply(store, "bot", APOLOGY.format("[customer]", "[email]", 1, "Acme"), role="bot")
    reply(store, "customer", APOLOGY.format("[customer]", "[email]", 1, "Acme"), role="customer")
    reply(store, "private", APOLOGY.format("[customer]", "[email]", 1, "Acme"), place="private")
    templates.cluster(store)
    assert used(store) == []


def test_a_reply_that_is_edited_leaves_its_template(store: Store) -> None:
    apologies(store, 4)
    templates.cluster(store)
    reply(store, "a0", "We found your parcel at the depot; it is on its way to you this afternoon.")
    templates.cluster(store)
    assert ([r for r, _ in used(store)], store.one("select uses from templates")) == (["a1", "a2", "a3"], 3)
    reply(store, "a1", "It was our driver's fault, and he will come by to say so himself.")
    templates.cluster(store)
    assert (used(store), list(store.read(Template))) == ([], [])


def test_a_complaint_without_stars_counts_once_it_is_labelled(store: Store) -> None:
    apologies(store, 3)
    templates.cluster(store)
    store.write([Label("review", "r-a1", "complaint", "yes", None, "text", None, "stage", "1")])
    templates.cluster(store)
    assert store.one("select complaints from templates") == 1


def test_texts_without_words_have_no_template(store: Store) -> None:
    for i in range(3):
        reply(store, f"e{i}", "🙏!")
    assert (templates.cluster(store), used(store)) == (1, [])


def test_another_version_reads_everything_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    apologies(store, 3)
    templates.cluster(store)
    before = used(store)
    monkeypatch.setattr(templates, "VERSION", "next")
    assert (templates.cluster(store, set()), used(store)) == (3, before)


def test_what_is_new_decides_the_cost(store: Store) -> None:
    """Five hundred stems: one more reply is compared with a handful of them."""
    for i in range(500):
        reply(store, f"s{i}", " ".join(f"word{i * 31 + j}" for j in range(12)))
    templates.cluster(store)
    templates.pairs.cache_clear()
    reply(store, "new", " ".join(f"word{499 * 31 + j}" for j in range(13)))
    assert templates.cluster(store) == 1
    assert templates.pairs.cache_info().misses < 10


def test_each_text_is_told_with_its_share_first_and_last_use_and_complaints(store: Store) -> None:
    apologies(store, 6, stars=1)
    for day in (7, 8, 9):
        reply(store, f"p{day}", PRAISE.format("[customer]", "[staff]"), day=day)
    for i, said in enumerate(OTHERS):
        reply(store, f"o{i}", said)
    store.write(Look(kind, target, "2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z", 1, None, 0, None)
                for (id,) in list(store.rows("select id from replies")) for kind, target in (("review", f"r-{id}"), ("reply", id)))
    templates.cluster(store)
    study = measures.Study(store, lens(), {c.id: c for c in store.read(Company)}, None, None)
    told = [r for r in measures.measures()["templates"].measure(study) if r.company == "acme"]
    assert [(r.figure.value, r.n) for r in told if r.figure] == [(0.5, 12), (0.25, 12)]
    assert told[0].sentence == "One text, with other names in it, is 6 of 12 public replies by Acme. It was used 6 times, first on 1 January 2026 and last on 6 January 2026, under 6 complaints."
    assert {q.target for q in told[0].quotes()} == {f"a{i}" for i in range(6)} and not list(told[1].quotes())


@pytest.fixture(scope="module")
def replies(shared: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """App to review id to reply and customer's name."""
    csv.field_size_limit(1 << 30)
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for path in sorted((shared / "data" / "A01_fintech_play_in").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row.get("replyContent"):
                    found.setdefault(path.name.split("__")[0], {})[row["reviewId"]] = row["replyContent"], row["userName"]
    return found


@pytest.mark.shared
def test_judged_pairs_of_other_companies_are_told_apart(shared: Path) -> None:
    """Pairs that no threshold was set on, judged by reading: are they one text, pasted with little change? Among all replies of their companies."""
    judged, replies = bench.pairs(shared / "data", "measure")
    stem = bench.stems(replies)
    same = np.array([pair.same for pair in judged])
    found = np.array([stem[pair.one.company, pair.one.text] == stem[pair.other.company, pair.other.text] for pair in judged])
    precision, recall, f1 = bench.accuracy(same, found)
    print(f"pairs: {len(judged)}, precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    assert len(judged) == 361 and f1 >= 0.92 and min(precision, recall) >= 0.9


@pytest.mark.shared
def test_apps_differ_in_how_much_they_paste(replies: dict[str, dict[str, tuple[str, str]]], store: Store) -> None:
    """One that writes thousands of its own, one that answers nearly everything with the same few texts."""
    for app in ("me.greenlight", "in.org.npci.upiapp"):
        store.write([Company(app, app, "rival", "[]", "[]", "[]")])
        store.write([Profile(app, app, "table", "play", app, None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
        blank: dict[str, object] = dict.fromkeys(Reply.columns())
        reviews: dict[str, object] = dict.fromkeys(Review.columns())
        store.write(Review(**{**reviews, "id": f"{app}{id}", "profile": app, "company": app, "source": "play", "audience": "customer", "derived_id": 0, "raw_hash": "",
                              "created_kind": "edited"}) for id in replies[app])
        store.write(Reply(**{**blank, "id": f"{app}{id}", "review": f"{app}{id}", "profile": app, "company": app, "position": 1, "role": "company", "role_basis": "source",
                             "raw_hash": "", "text": said, "text_key": text.key(said)}) for id, raw in replies[app].items() for said in [people.mask_reply(*raw)])
    templates.cluster(store)
    shares = dict(store.rows("select company, round(1.0 * count(template) / count(*), 3) from replies left join template_uses on reply = replies.id group by company"))
    print(f"share of replies from a template: {shares}")
    assert 0.65 < shares["me.greenlight"] < 0.90 and shares["in.org.npci.upiapp"] > 0.98


@pytest.mark.parametrize("withheld", ["update profiles set publish = 'none' where id = 'acme.open'", "update profiles set private = 1 where id = 'acme.open'",
                                      "insert into looks (kind, target, gone_at) values ('reply', 'first', '2026-05-01')", "insert into looks (kind, target, gone_at) values ('review', 'r-first', '2026-05-01')"])
def test_a_templates_words_are_withheld_with_the_reply_that_has_them(store: Store, tmp_path: Path, withheld: str) -> None:
    said = "We are truly sorry for the delay of your refund and will look into the matter at once"
    named = said.replace("and will", "and Project Nightingale will")
    store.write([Profile("acme.other", "acme", "table", "shop", "other", None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
    reply(store, "first", named)
    for day in (2, 3, 4):
        reply(store, f"near-{day}", said, place="other", day=day)
    templates.cluster(store)
    permit(store.db.conn)
    assert list(store.rows("select text from published_templates")) == [(named,)]
    store.execute(withheld)
    export(store, "jsonl", out := tmp_path / "templates.jsonl", "templates")
    assert (list(store.rows("select text from published_templates")), [json.loads(line)["text"] for line in out.open()]) == ([], [None])


def test_templates_of_private_places_alone_are_not_exported(store: Store, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        reply(store, str(day), "We are sorry to hear that, and will look into it.", day=day)
    templates.cluster(store)
    store.execute("update profiles set private = 1")
    export(store, "jsonl", out := tmp_path / "templates.jsonl", "templates")
    assert out.read_text() == ""


def test_a_place_that_turned_private_takes_its_templates_along(store: Store) -> None:
    for day in (1, 2, 3):
        reply(store, str(day), "We are sorry to hear that, and will look into it.", day=day)
    enrich(store)
    assert store.one("select count(*) from templates") == 1
    store.execute("update profiles set private = 1")
    enrich(store)
    assert store.one("select count(*) from templates") == 0
