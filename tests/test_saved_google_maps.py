"""Google Maps as browsers saved it: what others made, and what people see in other languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from enrich.records import Part, Problem, Review
from spiders.platforms import opened
from spiders.platforms.readers import whose
from spiders.platforms.saved import Found, Saved
from spiders.saved.google_maps import GoogleMaps

SEEN = datetime(2024, 6, 1, tzinfo=UTC)


def read(text: str) -> list[Found]:
    page = Saved(text, "page.html", seen_at=SEEN)
    return [*GoogleMaps().read(page), *page.told()]


def card(stars: str, ago: str, words: str, heading: str = "", answered: str = "", said: str = "") -> str:
    answer = f'<div class="o"><div class="h"><span>{heading}</span> <span>{answered}</span></div><div>{said}</div></div>' if heading else ""
    return f'''<div data-review-id="ChZ1" aria-label="Mia"><div data-review-id="ChZ1"><div><div class="s"><span role="img" aria-label="{stars}"></span><span>{ago}</span></div>
        <div><div id="ChZ1" lang="xx"><span>{words}</span></div></div><button data-review-id="ChZ1" aria-label="Share">Share</button>{answer}</div></div></div>'''


@pytest.mark.shared
def test_the_fragment_has_twenty_eight_reviews_and_twenty_three_responses(shared: Path) -> None:
    file = shared / "samples" / "google_maps" / "2021_place_reviews_fragment.html"
    page = opened.page(file.name, file.read_bytes(), seen_at=datetime(2021, 6, 1, tzinfo=UTC))
    assert whose(page).name == "google_maps"
    drawn = list(GoogleMaps().read(page))
    reviews = [d for d in drawn if isinstance(d, Review)]
    replies = [r for review in reviews for r in review.replies]
    assert (len(reviews), len(replies)) == (28, 23)
    assert all(r.id and r.author and r.author_id and r.rating and r.created and r.created.precision == "interval" for r in reviews)
    assert {(r.role, r.role_basis, r.created is not None) for r in replies} == {("owner", "source", True)}
    assert sum(r.text is None for r in reviews) == 1, "one gave stars only"
    assert [d.what.split()[0] for d in drawn if isinstance(d, Problem)] == [str(sum((r.text or "").endswith("…") for r in reviews))]
    assert not list(page.told())


@pytest.mark.parametrize(("stars", "ago", "heading", "answered", "value", "months"), [
    ("4 stars", "3 months ago", "Response from the owner", "a month ago", 0.75, 3),
    ("4 Sterne", "vor 3 Monaten", "Antwort vom Inhaber", "vor einem Monat", 0.75, 3),
    ("4 étoiles", "il y a 3 mois", "Réponse du propriétaire", "il y a un mois", 0.75, 3),
    ("4 estrellas", "hace 3 meses", "Respuesta del propietario", "hace un mes", 0.75, 3),
    ("4 stelle", "3 mesi fa", "Risposta del proprietario", "un mese fa", 0.75, 3),
    ("4 sterren", "3 maanden geleden", "Reactie van de eigenaar", "een maand geleden", 0.75, 3),
    ("4 estrelas", "há 3 meses", "Resposta do proprietário", "há um mês", 0.75, 3),
    ("4 stjerner", "for 3 måneder siden", "Svar fra eieren", "for en måned siden", 0.75, 3),
    ("4 gwiazdki", "3 miesiące temu", "Odpowiedź właściciela", "miesiąc temu", 0.75, 3),
    ("4 звезды", "3 месяца назад", "Ответ владельца", "месяц назад", 0.75, 3),
    ("4 yıldız", "3 ay önce", "İşletme sahibinin yanıtı", "bir ay önce", 0.75, 3),
    ("5 つ星のうち 4", "3 か月前", "オーナーからの返信", "1 か月前", 0.75, 3),
])
def test_a_review_and_its_response_are_read_in_any_language(stars: str, ago: str, heading: str, answered: str, value: float, months: int) -> None:
    [review] = [d for d in read(card(stars, ago, "Words of a customer.", heading, answered, "Words of the owner.")) if isinstance(d, Review)]
    assert (review.text, review.rating.value if review.rating else None, review.author) == ("Words of a customer.", value, "Mia")
    assert review.created and (SEEN - review.created.latest).days // 30 == months - 1
    [reply] = review.replies
    assert (reply.text, reply.role) == ("Words of the owner.", "owner")
    assert reply.created and reply.created.latest > review.created.latest


def test_who_writes_of_the_response_from_the_owner_is_no_owner() -> None:
    [review] = [d for d in read(card("1 star", "a week ago", "Response from the owner: none.")) if isinstance(d, Review)]
    assert (review.text, review.replies) == ("Response from the owner: none.", [])


def test_a_list_that_was_scrolled_to_its_end_is_whole() -> None:
    bars = "".join(f'<tr role="img" aria-label="{n} stars, {int(n == 4)} reviews"></tr>' for n in (5, 4, 3, 2, 1))
    drawn = read(f"<table>{bars}</table>{card('4 stars', '3 months ago', 'Fine.')}")
    assert [d for d in drawn if isinstance(d, Part)] == [Part(1, ("page.html",))] and not [d for d in drawn if isinstance(d, Problem)]
