"""Imports: tables as people export them, and as they break."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from scrapy.http import Response

from enrich.records import Problem, Reply, Review, When
from enrich.text import MAX_TEXT
from spiders.platforms.base import sample
from spiders.platforms.table import FIELDS, bare
from spiders.sources.table import TableSpider

SEEN = datetime(2026, 6, 20, 23, 59, 59, tzinfo=UTC)


def draw(body: str | bytes, name: str = "reviews.csv", **options: Any) -> list[Any]:
    """All that the spider draws from a file of this content."""
    spider = TableSpider()
    data = body if isinstance(body, bytes) else body.encode()
    return list(spider.draw(Response(f"file:///tmp/{name}", body=data), sample(spider, "file:///tmp", options, SEEN)))


def reviews(drawn: list[Any]) -> list[Review]:
    return [d for d in drawn if isinstance(d, Review)]


def problems(drawn: list[Any]) -> list[tuple[str, str]]:
    return [(d.place, d.what) for d in drawn if isinstance(d, Problem)]


def one(drawn: list[Any]) -> Review:
    [review] = drawn
    assert isinstance(review, Review)
    return review


# columns


def test_the_columns_of_google_play_scraper_are_known() -> None:
    header = "reviewId,userName,userImage,content,score,thumbsUpCount,reviewCreatedVersion,at,replyContent,repliedAt,appVersion\n"
    answered, silent = draw(header + 'g1,Ann Lee,http://img,"Card declined, again",2,0,3.1,2026-05-01 10:00:00,"\nHi Ann, we are on it.",2026-05-02 11:00:00,3.1\n'
                                     "g2,Bo,http://img,Fine,5,0,,2026-05-01 10:00:01,,,\n")
    assert answered == Review(
        id="g1", text="Card declined, again", rating=answered.rating, author="Ann Lee", created=When.at(datetime(2026, 5, 1, 10)), created_kind="edited", app_version="3.1",
        replies=[Reply("Hi Ann, we are on it.", created=When.at(datetime(2026, 5, 2, 11)))])
    assert (answered.rating.raw, answered.rating.value) == ("2", 0.25)
    assert (silent.id, silent.replies, silent.complete) == ("g2", [], True)


@pytest.mark.parametrize("separator", ["/", ".", "_"])
def test_nested_columns_are_known_by_any_separator(separator: str) -> None:
    header = "title,rating,publishedDate,text,url,user/name,user/userId,ownerResponse/id,ownerResponse/text,ownerResponse/publishedDate,ownerResponse/responder,ownerResponse/connectionToSubject,placeInfo/name"
    found = one(draw(header.replace("/", separator) + "\nQuiet,4,2026-05-01,A quiet room.,https://hotels.example/r1,Ann,U1,77,Thank you.,2026-05-03,Raj,General Manager,Hotel Sea\n"))
    assert (found.id, found.url, found.title, found.author, found.author_id, found.unit) == ("https://hotels.example/r1", "https://hotels.example/r1", "Quiet", "Ann", "U1", "Hotel Sea")
    assert found.replies == [Reply("Thank you.", role="manager", id="77", author="Raj", created=When.on(2026, 5, 3))]
    assert (found.created, found.created_kind) == (When.on(2026, 5, 1), "created")


def test_nested_json_is_read_as_its_csv_is() -> None:
    record = {"id": "t1", "text": "Slow.", "rating": 1, "dates": {"publishedDate": "2026-05-01T10:00:00.000Z", "updatedDate": "2026-05-04T10:00:00.000Z"},
              "labels": {"verification": {"isVerified": True}}, "consumer": {"id": "c1", "displayName": "Ann", "countryCode": "DE"}, "language": "en",
              "reply": {"message": "Sorry, Ann.", "publishedDate": "2026-05-02T10:00:00.000Z"}}
    nested = one(draw(json.dumps([record]), "t.json"))
    flat = one(draw("id,text,rating,dates/publishedDate,dates/updatedDate,labels/verification/isVerified,consumer/id,consumer/displayName,consumer/countryCode,language,reply/message,reply/publishedDate\n"
                    't1,Slow.,1,2026-05-01T10:00:00.000Z,2026-05-04T10:00:00.000Z,True,c1,Ann,DE,en,"Sorry, Ann.",2026-05-02T10:00:00.000Z\n'))
    assert nested == flat
    assert (nested.verified, nested.country, nested.author_id, nested.created_kind) == (True, "DE", "c1", "created")
    assert (nested.edited, nested.replies) == (When.at(datetime(2026, 5, 4, 10)), [Reply("Sorry, Ann.", created=When.at(datetime(2026, 5, 2, 10)))])


def test_several_replies_of_a_list_keep_their_order() -> None:
    found = one(draw(json.dumps([{"id": 1.0, "text": "Hm.", "employerResponses": [{"id": 8, "response": "First.", "responseDateTime": "2026-05-02"}, {"id": 9, "response": "Second."}]}]), "x.json",
                     columns={"id": "id"}))
    assert [(r.id, r.text, r.created) for r in found.replies] == [("8", "First.", When.on(2026, 5, 2)), ("9", "Second.", None)]


def test_a_source_that_has_a_place_for_replies_is_complete_even_where_it_is_empty() -> None:
    assert one(draw('[{"text": "Hm.", "employerResponses": []}]', "x.json")).complete is True
    assert one(draw('[{"text": "Hm."}]', "x.json")).complete is False


def test_pros_and_cons_become_one_text_with_their_headings() -> None:
    found = one(draw('summary,pros,cons,advice,ratingOverall,employer.shortName\nFine,Good people,"Cons:\nLow pay",None,3,Acme\n'))
    assert (found.title, found.text) == ("Fine", "Pros: Good people\nCons:\nLow pay")


def test_plain_columns_are_named_in_the_study() -> None:
    columns = {"text": "Comment", "rating": "Stars", "created": "When", "author": "Who", "reply": "Said", "reply_created": "answered on"}
    found = one(draw("Who,Comment,Stars,When,Said,Answered On,notes\nAnn,Late,2,13/05/2026,Sorry,15/05/2026,x\n", columns=columns))
    assert (found.text, found.author, found.created, found.replies) == ("Late", "Ann", When.on(2026, 5, 13), [Reply("Sorry", created=When.on(2026, 5, 15))])


def test_a_named_column_that_is_missing_is_a_problem_with_the_nearest_and_nothing_is_taken() -> None:
    [problem] = draw("text,stars,answer\nLate,2,Sorry\n", columns={"reply": "Antwort", "text": "texts"})
    assert problem == Problem("reviews.csv", "has no column 'Antwort', which `columns.reply` names; nothing of it is taken", "The columns are: text, stars, answer")
    [problem] = draw("text,stars,answer\nLate,2,Sorry\n", columns={"text": "texts"})
    assert problem.cure == "did you mean 'text'? The columns are: text, stars, answer"


def test_a_table_without_texts_or_ratings_lists_its_columns() -> None:
    [problem] = draw("colour,size\nred,4\n")
    assert (problem.what, problem.cure) == ("no column is known to hold texts or ratings", 'name them in study.toml: columns = { text = "…", rating = "…" }. The columns are: colour, size')


def test_a_column_that_only_counts_rows_is_no_id_unless_the_study_says_so() -> None:
    table = "id,text\n1,Late\n2,Fine\n"
    assert [r.id for r in draw(table)] == [None, None]
    assert [r.id for r in draw(table, columns={"id": "id"})] == ["1", "2"]
    assert [r.id for r in draw("id,text\n877598.0,Late\n877522.0,Fine\n")] == ["877598", "877522"]


def test_a_record_that_a_program_printed_into_a_cell_is_laid_out() -> None:
    found = one(draw("review,rating,developerResponse\nLate,1,\"{'id': 5, 'body': 'We''re sorry', 'modified': '2026-05-02T10:00:00Z'}\"\n".replace("''", "\\'")))
    assert found.replies == [Reply("We're sorry", id="5", created=When.at(datetime(2026, 5, 2, 10)))]


def test_no_column_name_means_two_things() -> None:
    names = [name for names in FIELDS.values() for name in names]
    assert {n for n in names if names.count(n) > 1} == {"reviewurl", "reviewlink"}, "the address of one review also tells it from others; nothing else has two meanings"
    assert all(bare(n) == n for n in names)


def test_reviews_within_places_are_rows_with_their_place() -> None:
    places = [{"title": "Pier", "stars": 4.4, "reviews": [{"reviewId": "a", "text": "Late"}, {"reviewId": "b"}]}, {"title": "Mole", "reviews_data": [{"reviewId": "c", "text": "Fine"}]}]
    for body, name in ((json.dumps(places), "p.json"), ("\n".join(map(json.dumps, places)), "p.jsonl"), (json.dumps({"data": [places]}), "p.json"), (json.dumps([places]), "p.json")):
        drawn = draw(body, name)
        assert [(r.id, r.text, r.unit, r.rating) for r in reviews(drawn)] == [("a", "Late", "Pier", None), ("c", "Fine", "Mole", None)]
        assert [p for p, _ in problems(drawn)] == [f"{name}, {'line' if name.endswith('l') else 'record'} 1, review 2"]
    assert [r.id for r in draw(json.dumps(places), "p.json", where={"place/title": "mole"})] == ["c"]


def test_a_document_that_is_nothing_but_lists_is_read_whole_and_its_lists_can_be_chosen() -> None:
    body = json.dumps({"https://a.example/x": [{"text": "A"}], "https://b.example/x": [{"text": "B"}, {"text": "C"}]})
    assert [r.text for r in draw(body, "x.json")] == ["A", "B", "C"]
    assert [r.text for r in draw(body, "x.json", where={"list": "https://b.example/x"})] == ["B", "C"]
    assert [r.text for r in draw(json.dumps({"page": 1, "first": [{"text": "A"}], "second": [{"text": "B"}]}), "x.json")] == ["A"]


def test_an_answer_that_a_document_keeps_apart_is_joined_and_one_that_is_not_there_is_none() -> None:
    relation = {"relationships": {"response": {"data": {"type": "answers", "id": 7}}}}
    document = {"data": [{"id": "a", "attributes": {"body": "Late"}, **relation}, {"id": "b", "attributes": {"body": "Fine"}, "relationships": {"response": {"data": None}}},
                         {"id": "c", "attributes": {"body": "Hm"}, "relationships": {"response": {"data": {"type": "answers", "id": 8}}}}],
                "included": [{"type": "answers", "id": "7", "attributes": {"responseBody": "Sorry", "lastModifiedDate": "2026-05-02"}}]}
    assert [(r.id, r.complete, [(a.id, a.text) for a in r.replies]) for r in draw(json.dumps(document), "x.json")] == [("a", True, [("7", "Sorry")]), ("b", True, []), ("c", True, [])]


def test_a_number_behind_letters_counts_rows_only_where_it_does_so_for_long() -> None:
    assert {r.id for r in draw("id,text\n" + "".join(f"acme_{n},Late\n" for n in range(1, 13)))} == {None}
    assert [r.id for r in draw("id,text\nt1,Late\nt2,Fine\n")] == ["t1", "t2"]
    assert None not in {r.id for r in draw("id,text\n" + "".join(f"t{3 * n},Late\n" for n in range(1, 13)))}


@pytest.mark.parametrize(("link", "id"), [
    ("http://play.example/console/review-details?reviewId=d2b0-18&corpus=PUBLIC", "d2b0-18"), ("http://play.example/apps#Place:p=a&reviewid=gp:AOqp%2BT", "gp:AOqp+T"), ("https://hotels.example/r1", "https://hotels.example/r1")])
def test_the_id_in_an_address_is_the_id(link: str, id: str) -> None:
    assert one(draw(f"Review Link,Review Text\n{link},Late\n")).id == id


def test_an_edit_at_the_time_of_writing_is_none() -> None:
    found = one(draw("text,createTime,updateTime,reply,replyDate,replyUpdatedDate\nA,2026-05-01T10:00:00Z,2026-05-01T10:00:00Z,Yes,2026-05-02,2026-05-02\n"))
    assert (found.created_kind, found.edited, found.replies[0].edited) == ("created", None, None)


@pytest.mark.parametrize(("said", "read"), [
    ("Gut\n\n(Translated by Google)\nGood", "Gut"), ("(Translated by Google) Good\n\n(Original)\nGut", "Gut"), ("(Translated by Google) Good", "(Translated by Google) Good"), ("R&D; &amp; &#39;x&#39;", "R&D; & 'x'")])
def test_a_text_is_what_was_written(said: str, read: str) -> None:
    found = one(draw(json.dumps([{"comment": said, "reviewReply": {"comment": said}}]), "x.json"))
    assert (found.text, found.replies[0].text) == (read, read)


def test_rows_of_one_company_are_chosen_by_where() -> None:
    table = "App,content\nCBE,Late\nBOA,Fine\ncbe ,Good\nDashen,Bad\n"
    assert [r.text for r in draw(table, where={"App": "CBE"})] == ["Late", "Good"]
    assert [r.text for r in draw(table, where={"app": ["CBE", "Dashen"]})] == ["Late", "Good", "Bad"]
    nested = json.dumps([{"text": "A", "place": {"name": "Sea", "id": 3}}, {"text": "B", "place": {"name": "Hill", "id": 4}}])
    assert [r.text for r in draw(nested, "h.json", where={"place/name": "Hill", "place.id": 4})] == ["B"]


def test_where_that_fits_no_row_says_what_there_is() -> None:
    [problem] = draw("App,content\nCBE,Late\nBOA,Fine\n", where={"App": "Dashen"})
    assert problem == Problem("reviews.csv", "no row has App = 'Dashen'", "there are, for example: 'BOA', 'CBE'")


def test_in_a_table_of_messages_answers_are_replies_to_what_they_answer() -> None:
    table = ("tweet_id,author_id,inbound,created_at,text,in_response_to_tweet_id\n"
             "9,acme,False,Tue Oct 31 22:12:00 +0000 2017,@7 Sorry!,7.0\n7,115,True,Tue Oct 31 22:10:47 +0000 2017,@acme Late,\n5,acme,False,Tue Oct 31 22:00:00 +0000 2017,News!,\n")
    review, problem, reply = draw(table)
    assert problem.what == "is a message of the company that answers none; the row is left out"
    assert (review.id, review.text, review.complete) == ("7", "@acme Late", False)
    assert reply == Reply("@7 Sorry!", id="9", author_id="acme", created=When.at(datetime(2017, 10, 31, 22, 12)), review="7")


@pytest.mark.parametrize("said", ["", "No Reply", "no response", "NaN", "nan", "None", "null", "-"])
def test_what_says_that_there_is_no_reply_is_none(said: str) -> None:
    assert one(draw(f"content,replyContent,repliedAt\nLate,{said},\n")).replies == []


def test_a_reply_of_which_only_the_date_is_given_is_a_reply() -> None:
    assert one(draw("content,replyContent,repliedAt\nLate,,2026-05-02\n")).replies == [Reply(None, created=When.on(2026, 5, 2))]


@pytest.mark.parametrize(("said", "role"), [("Owner", "owner"), ("General Manager", "manager"), ("CORPORATE MANAGER", "manager"), ("Director of Sales", "manager"), ("Marketing", "company"), ("", "company"), ("bot", "bot")])
def test_a_position_gives_the_role(said: str, role: str) -> None:
    assert one(draw(f"text,ownerResponse/text,ownerResponse/connectionToSubject\nLate,Sorry,{said}\n")).replies[0].role == role


def test_ids_that_come_twice_are_left_to_the_store() -> None:
    assert [r.id for r in draw("reviewId,content\na,Late\na,Late\n")] == ["a", "a"]


# dates and ratings


def test_a_file_is_read_day_first_where_one_of_its_dates_shows_it() -> None:
    assert [r.created for r in draw("text,at\nA,03-04-2026 10:00\nB,16-04-2026 17:53\n")] == [When.at(datetime(2026, 4, 3, 10)), When.at(datetime(2026, 4, 16, 17, 53))]
    assert [r.created for r in draw("text,date\nA,03/04/2026\nB,04/16/2026\n")] == [When.on(2026, 3, 4), When.on(2026, 4, 16)]


def test_the_dates_of_replies_show_it_too() -> None:
    first, _ = draw("text,date,reply,replyDate\nA,03/04/2026,Thanks,05/04/2026\nB,04/04/2026,Thanks,30/04/2026\n")
    assert (first.created, first.replies[0].created) == (When.on(2026, 4, 3), When.on(2026, 4, 5))


def test_four_styles_in_one_file_are_all_read() -> None:
    drawn = draw('text,date\nA,2026-05-01\nB,"May 2, 2026"\nC,03/05/2026\nD,2 weeks ago\nE,31.05.2026 12:30\n')
    assert [r.created for r in drawn[:3]] == [When.on(2026, 5, 1), When.on(2026, 5, 2), When.on(2026, 5, 3)]
    assert drawn[3].created.precision == "interval"
    assert drawn[3].created.earliest == datetime(2026, 5, 30, 23, 59, 59, tzinfo=UTC)
    assert drawn[4].created == When.at(datetime(2026, 5, 31, 12, 30))


def test_dates_of_two_readings_are_not_guessed() -> None:
    a, b, c, problem = draw("reviewId,text,date\na,A,03/04/2026\nb,B,05/05/2026\nc,C,04/03/2026\n")
    assert [r.created for r in (a, b, c)] == [None, When.on(2026, 5, 5), None]
    assert problem == Problem("reviews.csv, row 2", "2 dates such as '03/04/2026' may put the day or the month first, and no date of the file shows which: they are not taken",
                              "state `day_first = true` (03/04 is 3 April) or `day_first = false` (March 4), and import again")
    assert [r.created for r in draw("reviewId,text,date\na,A,03/04/2026\n", day_first=True)] == [When.on(2026, 4, 3)]


def test_dates_that_contradict_each_other_prove_nothing() -> None:
    drawn = draw("reviewId,text,date\na,A,31/12/2025\nb,B,12/31/2025\nc,C,03/04/2026\n")
    assert [r.created for r in reviews(drawn)] == [When.on(2025, 12, 31), When.on(2025, 12, 31), None]
    assert len(problems(drawn)) == 1


def test_a_row_without_id_is_left_out_while_its_date_cannot_be_read_so_that_it_does_not_come_twice() -> None:
    drawn = draw("text,date\nA,soon\nB,2026-05-01\nC,\n")
    assert [r.text for r in reviews(drawn)] == ["B", "C"]
    assert problems(drawn) == [("reviews.csv, row 2", "'date': 'soon' is not a date, and there is no id either; the row is left out")]
    with_id = draw("reviewId,text,date\na,A,soon\n")
    assert [r.created for r in reviews(with_id)] == [None]
    assert problems(with_id) == [("reviews.csv, row 2", "'date': 'soon' is not a date; it is left empty")]


def test_a_file_whose_every_time_is_midnight_knows_days_only() -> None:
    assert [r.created for r in draw("text,date\nA,2026-05-01 00:00:00\nB,2026-05-02 00:00:00\n")] == [When.on(2026, 5, 1), When.on(2026, 5, 2)]
    assert one(draw("text,date\nA,2026-05-01T00:00:00+05:30\n")).created == When.on(2026, 5, 1)
    assert one(draw("text,date\nA,2026-04-30T23:00:00-07:00\n")).created == When.at(datetime(2026, 5, 1, 6))
    assert [r.created.precision for r in draw("text,date\nA,2026-05-01 00:00:00\nB,2026-05-02 10:00:00\n")] == ["second", "second"]


def test_ratings_are_read_in_every_style() -> None:
    drawn = draw('text,rating\nA,"4,5"\nB,8/10\nC,★★★\nD,5 out of 5\nE,0\nF,\nG,4.0\n')
    assert [r.rating and round(r.rating.value, 3) for r in drawn] == [0.875, 0.778, 0.5, 1.0, None, None, 0.75]


def test_a_rating_off_its_scale_costs_the_rating_not_the_review() -> None:
    drawn = draw("text,rating\nA,7\nB,5\nC,good\n")
    assert [(r.text, r.rating and r.rating.value) for r in reviews(drawn)] == [("A", None), ("B", 1.0), ("C", None)]
    assert problems(drawn) == [("reviews.csv, row 2", "'rating': the rating '7' lies outside 1 to 5; the review is taken without a rating"),
                               ("reviews.csv, row 4", "'rating': 'good' is not a rating; the review is taken without a rating")]


def test_the_cure_of_a_rating_fits_what_is_wrong_with_it() -> None:
    drawn = draw("id,text,rating\na1,Fine,good\nb2,Fine,4\nc3,Fine,9\n")
    assert [d.cure for d in drawn if isinstance(d, Problem)] == ["write ratings like 4, 4.5, 8/10 or ★★★★", "state `scale = 10`, if it is not on five stars"]


def test_a_scale_that_is_not_five_is_stated_not_guessed() -> None:
    table = "text,rating\n" + "".join(f"T{i},{i}\n" for i in range(1, 11))
    drawn = draw(table)
    assert [r.rating for r in reviews(drawn)] == [None] * 10
    assert problems(drawn) == [("reviews.csv", "the ratings in 'rating' go up to 10: they are not on five stars, and none of them is taken")]
    assert [r.rating.value for r in draw(table, scale=10)] == [pytest.approx((i - 1) / 9) for i in range(1, 11)]
    assert [r.rating.value for r in draw(table, scale=[0, 10])] == [pytest.approx(i / 10) for i in range(1, 11)]


# broken input: each is named, the rest goes in


def test_a_row_with_too_few_or_too_many_cells_is_named_as_a_spreadsheet_counts() -> None:
    drawn = draw('text,rating\n"Two\nlines",4\n\nshort\nA,B,3\nFine,5,,\n')
    assert [r.text for r in reviews(drawn)] == ["Two\nlines", "Fine"]
    assert problems(drawn) == [("reviews.csv, row 4", "has 1 cells, but there are 2 columns; the row is left out"), ("reviews.csv, row 5", "has 3 cells, but there are 2 columns; the row is left out")]


def test_a_quotation_mark_that_is_never_closed_costs_its_row_only() -> None:
    drawn = draw('text,rating\nA,1\n"B,2\nC,3\nD,4\n')
    assert [r.text for r in reviews(drawn)] == ["A", "C", "D"]
    assert problems(drawn) == [("reviews.csv, row 3", "a quotation mark is opened and never closed; the row is left out")]
    drawn = draw('text,rating\n"B,2\n"C, d",3\nD,4\n')
    assert [r.text for r in reviews(drawn)] == ["C, d", "D"]
    assert problems(drawn) == [("reviews.csv, row 2", "a quotation mark stands inside a quoted text; the row is left out")]


def test_ten_megabytes_in_a_cell_are_refused_by_name_and_twenty_too() -> None:
    for size, what in ((10_000_000, "'text' holds 10,000,000 characters, which is no review; the row is left out"), (20_000_000, "a cell is longer than 16,777,216 characters; the row is left out")):
        drawn = draw(f"text,rating\nA,1\n{'x' * size},2\nC,3\n")
        assert [r.text for r in reviews(drawn)] == ["A", "C"]
        assert problems(drawn) == [("reviews.csv, row 3", what)]
    assert len(reviews(draw(f"text,rating\n{'x' * MAX_TEXT},1\n"))) == 1


def test_too_long_a_reply_is_refused_with_its_row_so_that_the_review_does_not_seem_unanswered() -> None:
    drawn = draw(f"text,reply\nA,{'x' * (MAX_TEXT + 1)}\n")
    assert reviews(drawn) == []
    assert problems(drawn) == [("reviews.csv, row 2", "'reply' holds 100,001 characters, which is no review; the row is left out")]


def test_nul_and_broken_characters_are_left_out_and_named() -> None:
    drawn = draw("text,rating\nA\0B,1\n")
    assert [r.text for r in reviews(drawn)] == ["AB"]
    assert problems(drawn) == [("reviews.csv, row 2", "'text' holds NUL or broken characters, which are left out")]
    assert [r.text for r in reviews(draw('{"text": "A\\ud83dB"}\n', "x.jsonl"))] == ["AB"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.jsonl"])
def test_every_unicode_encoding_is_found_out(encoding: str, name: str) -> None:
    body = {"x.csv": "text,rating\nCafé 👍 nice,4\n", "x.json": '[{"text": "Café 👍 nice", "rating": 4}]', "x.jsonl": '{"text": "Café 👍 nice", "rating": 4}\n'}[name]
    assert one(draw(body.encode(encoding), name)).text == "Café 👍 nice"


def test_what_is_not_utf8_is_read_as_windows_1252_and_named() -> None:
    drawn = draw("text\nFine\nIt’s a café\n".encode("cp1252") + "Ärger 👍\n".encode())
    assert [r.text for r in reviews(drawn)] == ["Fine", "It’s a café", "Ärger 👍"]
    assert problems(drawn) == [("reviews.csv, line 3", "is not UTF-8 (byte 0x92): what is not was read as Windows-1252")]


def test_a_stated_encoding_is_kept_to() -> None:
    assert one(draw("text\nДолго\n".encode("cp1251"), encoding="cp1251")).text == "Долго"
    [problem] = draw("text\nA\n", encoding="utf-99")
    assert problem.what == "there is no encoding 'utf-99'"
    problem, review = draw("text\ncafé\n".encode("cp1252"), encoding="utf-8")
    assert (problem.place, review.text) == ("reviews.csv, line 2", "caf\ufffd")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    assert one(draw(f'text{delimiter}"ra,ting"{delimiter}rating\n"A{delimiter}B"{delimiter}x{delimiter}"4,5"\n')).text == f"A{delimiter}B"


def test_excels_own_first_line_is_passed_over() -> None:
    drawn = draw("sep=;\r\ntext;rating\r\nA;4\r\nB;good\r\n")
    assert [r.text for r in reviews(drawn)] == ["A", "B"]
    assert problems(drawn)[0][0] == "reviews.csv, row 4"


def test_the_first_of_two_columns_of_one_name_is_read_and_named() -> None:
    problem, review = draw("text,rating,text\nA,4,B\n")
    assert (review.text, problem.what) == ("A", "has several columns called 'text': the first is read")


@pytest.mark.parametrize(("name", "body", "what"), [
    ("a.csv", b"", "is empty"),
    ("a.csv", b"\xef\xbb\xbf\n \n", "is empty"),
    ("a.json", b" ", "is empty"),
    ("a.xlsx", b"", "is empty"),
    ("a.csv", b"text,rating\n", "has no rows that can be read"),
    ("a.json", b"[]", "has no rows that can be read"),
    ("a.xlsx", b"<html><body>Login</body></html>", "is not the XLSX file that its name says: it is a web page or XML"),
    ("a.csv", b"<!DOCTYPE html><html>Login</html>", "is not the CSV file that its name says: it is a web page or XML"),
    ("a.xlsx", b"text,rating\nA,4\n", "is not the XLSX file that its name says: it is something else, or damaged"),
    ("a.csv", b"PK\x03\x04rest", "is not the CSV file that its name says: it is an Excel workbook or another zip archive"),
    ("a.parquet", b"text,rating\n", "is not the PARQUET file that its name says: it is something else, or damaged"),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Excel workbook (.xls), or one with a password"),
    ("a.pdf", b"%PDF-1.7", "is a PDF"),
    ("a.doc", b"hello", "is of no kind that can be read (.doc)"),
])
def test_a_file_that_is_no_table_is_one_problem_with_a_cure(name: str, body: bytes, what: str) -> None:
    [problem] = draw(body, name)
    assert (problem.place, problem.what) == (name, what)
    assert problem.cure


def test_json_may_hold_its_records_anywhere() -> None:
    for body in ('[{"text": "A"}]', '{"stats": {"n": 1}, "photos": [{"url": "u"}], "reviews": [{"text": "A", "photos": [{"url": "u"}]}]}', '{"feed": {"entry": [{"text": "A"}]}}', '{"text": "A"}'):
        assert [r.text for r in draw(body, "x.json")] == ["A"]


def test_json_that_breaks_off_keeps_what_came_before() -> None:
    drawn = draw('[{"text": "A"}, {"text": "B"}, {"text": "C', "x.json")
    assert [r.text for r in reviews(drawn)] == ["A", "B"]
    [(place, what)] = problems(drawn)
    assert place == "x.json, after record 2"
    assert what.startswith("the JSON is broken here, and nothing below it can be read")


def test_json_of_the_wrong_shape_is_named_by_record() -> None:
    drawn = draw('[5, {"text": "A"}, "words", null, ["text"], {"text": {"deep": {"er": 1}}}, {"text": "B", "rating": true}]', "x.json")
    assert [r.text for r in reviews(drawn)] == ["A", "B"]
    assert problems(drawn) == [
        ("x.json, record 1", "is a number, not an object with columns; it is left out"), ("x.json, record 3", "is a text, not an object with columns; it is left out"),
        ("x.json, record 4", "is nothing, not an object with columns; it is left out"), ("x.json, record 5", "is a list, not an object with columns; it is left out"),
        ("x.json, record 6", "has neither a text nor a rating; the row is left out"),
        ("x.json, record 7", "'rating': 'True' is not a rating; the review is taken without a rating")]


def test_a_bad_line_of_json_lines_costs_one_record() -> None:
    for name in ("x.jsonl", "x.json"):
        drawn = draw('{"text": "A"}\n{"text": "B"\n\n[1]\n{"text": "C"}\n', name)
        assert [r.text for r in reviews(drawn)] == ["A", "C"]
        assert [place for place, _ in problems(drawn)] == [f"{name}, line 2", f"{name}, line 4"]


def test_json_nested_without_end_is_refused_by_name() -> None:
    drawn = draw('{"text": "A"}\n{"text": ' + "[" * 100_000 + "]" * 100_000 + '}\n{"text": "B"}\n', "x.jsonl")
    assert [r.text for r in reviews(drawn)] == ["A", "B"]
    assert [place for place, _ in problems(drawn)] == ["x.jsonl, line 2"]


@pytest.mark.parametrize("case", sorted(p for p in (Path(__file__).parent / "cases" / "table").iterdir() if not p.name.endswith(".expected.json")), ids=lambda p: p.name)
def test_whatever_is_damaged_in_a_file_is_a_problem_and_never_a_crash(case: Path) -> None:
    chance, whole = Random(case.name), case.read_bytes()
    for _ in range(40):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(body) + 1)
            match chance.randrange(4):
                case 0:
                    del body[at:at + chance.randint(1, 20)]
                case 1:
                    body[at:at + 1] = bytes([chance.randrange(256)])
                case 2:
                    body[at:at] = chance.choice([b'"', b"\n", b"\0", b",", b"{", b"[", b"\xff", b"\r", b'"\n"', b"1e999"])
                case 3:
                    body = body[:at]
        assert all(isinstance(d, Review | Reply) or (d.place.startswith(case.name) and d.what) for d in draw(bytes(body), case.name))


# workbooks and Parquet


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_read_with_its_dates_and_numbers() -> None:
    drawn = draw(workbook(Reviews=[[], ["review id", "text", "stars", "date", "reply", "reply date"], [12345, "Late", 2, datetime(2026, 5, 1, 10), "Sorry", date(2026, 5, 2)],
                                   [None, None], [12346, "Fine", 4.0, datetime(2026, 5, 3), None, None], [1, "A", 1, None, None, None, "beside"]]), "x.xlsx")
    late, fine, problem = drawn
    assert (late.id, late.text, late.rating.value, late.created) == ("12345", "Late", 0.25, When.at(datetime(2026, 5, 1, 10)))
    assert late.replies == [Reply("Sorry", created=When.on(2026, 5, 2))]
    assert (fine.rating.raw, fine.created) == ("4", When.on(2026, 5, 3))
    assert problem.place == "x.xlsx, row 6"


def test_sheets_are_chosen_by_name_and_others_are_named() -> None:
    book = workbook(First=[["text"], ["A"]], Second=[["text"], ["B"]])
    problem, review = draw(book, "x.xlsx")
    assert (review.text, problem.what) == ("A", "has 2 sheets: only 'First' is read")
    assert one(draw(book, "x.xlsx", sheet="Second")).text == "B"
    [problem] = draw(book, "x.xlsx", sheet="second")
    assert (problem.what, problem.cure) == ("has no sheet 'second'", "did you mean 'Second'?")


def test_a_damaged_workbook_is_one_problem() -> None:
    whole = workbook(Reviews=[["text"], *([f"A{i}"] for i in range(5000))])
    [problem] = draw(whole[:len(whole) // 2], "x.xlsx")
    assert problem.what.startswith("cannot be read as an Excel workbook")
    out = io.BytesIO()
    with ZipFile(out, "w") as z:
        z.writestr("word/document.xml", "<a/>")
    [problem] = draw(out.getvalue(), "x.xlsx")
    assert problem.what.startswith("cannot be read as an Excel workbook")


def test_a_workbook_that_breaks_inside_a_sheet_keeps_what_came_before() -> None:
    out = io.BytesIO()
    with ZipFile(io.BytesIO(workbook(Reviews=[["text"], ["A"], ["B"]]))) as whole, ZipFile(out, "w") as broken:
        for name in whole.namelist():
            data = whole.read(name)
            broken.writestr(name, data[:data.index(b'<row r="3"')] + b"<row <" if name == "xl/worksheets/sheet1.xml" else data)
    drawn = draw(out.getvalue(), "x.xlsx")
    assert [r.text for r in reviews(drawn)] == ["A"]
    assert problems(drawn)[0][1].startswith("the workbook is damaged here, and nothing below can be read")


def parquet(records: list[dict[str, Any]], schema: Any = None) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records, schema), out)
    return out.getvalue()


def test_parquet_is_read_with_nested_columns_and_nanoseconds() -> None:
    schema = pyarrow.schema([("reviewId", pyarrow.string()), ("content", pyarrow.string()), ("score", pyarrow.float64()), ("at", pyarrow.timestamp("ns")),
                             ("reply", pyarrow.struct([("message", pyarrow.string())]))])
    at = 1_777_629_600_123_456_789
    found, other = draw(parquet([{"reviewId": "a", "content": "Late", "score": 2.0, "at": at, "reply": {"message": "Sorry"}}, {"reviewId": "b", "content": "Fine", "score": float("nan")}], schema), "x.parquet")
    assert (found.id, found.rating.raw, found.created.earliest.isoformat(timespec="seconds"), found.replies) == ("a", "2", "2026-05-01T10:00:00+00:00", [Reply("Sorry")])
    assert (other.text, other.rating, other.created) == ("Fine", None, None)


def test_a_truncated_parquet_file_is_one_problem() -> None:
    whole = parquet([{"text": f"A{i}"} for i in range(100)])
    drawn = draw(whole[:-20], "x.parquet")
    assert problems(drawn)[0][0] == "x.parquet, after record 0"
    assert reviews(drawn) == []


# a study's files


def study(folder: Path, source: str) -> Iterator[Any]:
    (folder / "study.toml").write_text(f'title = "T"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "table"\n{source}\n')
    spider = TableSpider(study=str(folder))
    [place] = spider.places.values()
    return spider.begin(place)


def test_files_stand_beside_the_study_and_may_be_patterns(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, text in (("b.csv", "B"), ("a.csv", "A"), ("[c].csv", "C")):
        (tmp_path / "in" / name).write_text(f"text\n{text}\n")
    drawn = list(study(tmp_path, 'files = ["in/[ab].csv", "in/*.csv", "in/[c].csv"]\ncollected_at = 2026-06-20'))
    assert [r.text for r in drawn] == ["A", "B", "C"]


def test_a_missing_file_is_named_with_the_nearest_and_the_rest_goes_in(tmp_path: Path) -> None:
    (tmp_path / "reviews_2025.csv").write_text("text\nA\n")
    missing, folder, review = study(tmp_path, 'files = ["reviews_2026.csv", "none/x.csv", "reviews_2025.csv"]\ncollected_at = 2026-06-20')
    assert missing == Problem("reviews_2026.csv", "there is no such file", "did you mean 'reviews_2025.csv'?")
    assert folder.what == f"there is no folder {tmp_path / 'none'}"
    assert review.text == "A"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    [problem] = study(tmp_path, 'files = "in"\ncollected_at = 2026-06-20')
    assert problem == Problem("in", "is a folder", 'name the files in it: "in/*.csv"')


def test_two_weeks_ago_counts_from_the_day_of_collection_and_since_leaves_out_what_is_older(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,date\nA,2 weeks ago\nB,2025-01-01\n")
    (tmp_path / "study.toml").write_text('title = "T"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "table"\nfiles = "a.csv"\ncollected_at = 2026-06-20\n')
    spider = TableSpider(study=str(tmp_path), since="2026-01-01")
    [place] = spider.places.values()
    [review] = spider.begin(place)
    assert review.created.earliest == datetime(2026, 5, 30, 23, 59, 59, tzinfo=UTC)


def test_the_options_say_what_a_study_must_state() -> None:
    schema = TableSpider.options.model_json_schema()
    assert (schema["required"], schema["additionalProperties"]) == (["files", "collected_at"], False)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        with (tmp_path / "big.csv").open("w") as f:
            f.write("reviewId,content,score,at\n")
            f.writelines(f"r{i},{'words ' * 30}{i},4,2026-05-01 10:{i % 60:02}:00\n" for i in range(rows))
        tracemalloc.start()
        assert sum(isinstance(d, Review) for d in study(tmp_path, 'files = "big.csv"\ncollected_at = 2026-06-20')) == rows
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used
    peak(100)
    assert peak(20_000) < peak(2_000) + 2_000_000


# other people's files


def count_csv(path: Path) -> tuple[int, int]:
    """Rows with the header's number of cells, and others."""
    csv.field_size_limit(1 << 30)
    header, *rows = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    rows = [r for r in rows if r]
    good = sum(len(r) == len(header) for r in rows)
    return good, len(rows) - good


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["A01_fintech_play_in", "A02_hotels_tripadvisor_in", "A03_upi_play_2025", "A04_swiggy_play_2026", "A05_six_apps_play_2026", "A06_twcs_multibrand_2017", "A08_ethiopian_banks_play"])
def test_every_row_of_a_real_csv_is_drawn_or_named(shared: Path, folder: str) -> None:
    files = sorted((shared / "data" / folder).glob("*.csv"))
    assert files
    for path in files:
        good, bad = count_csv(path)
        drawn = draw(path.read_bytes(), path.name)
        named = {d.place for d in drawn if isinstance(d, Problem) and d.what.endswith("left out")}
        taken = sum(isinstance(d, Review | Reply) for d in drawn)
        assert (taken + len(named), path.name) == (good + bad, path.name)
        assert len(named) >= bad


@pytest.mark.shared
def test_replies_and_dates_of_real_csv_files_are_those_of_an_independent_reading(shared: Path) -> None:
    for path in sorted((shared / "data" / "A01_fintech_play_in").glob("me.greenlight*.csv")):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        drawn = reviews(draw(path.read_bytes(), path.name))
        assert [(r.id, f"{r.created.earliest:%Y-%m-%d %H:%M:%S}", r.rating.raw, bool(r.replies)) for r in drawn] == [
            (row["reviewId"], row["at"], row["score"], row["replyContent"] not in ("", "No Reply")) for row in rows]
    for path in sorted((shared / "data" / "A05_six_apps_play_2026").glob("*.csv")):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        assert [f"{r.created.earliest:%d-%m-%Y %H:%M}" for r in reviews(draw(path.read_bytes(), path.name))] == [row["at"] for row in rows]


@pytest.mark.shared
def test_hotels_are_told_apart_and_their_replies_counted(shared: Path) -> None:
    for path in sorted((shared / "data" / "A02_hotels_tripadvisor_in").glob("*.csv")):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        drawn = draw(path.read_bytes(), path.name, where={"placeInfo/name": rows[0]["placeInfo/name"]})
        same = [r for r in rows if r["placeInfo/name"] == rows[0]["placeInfo/name"]]
        assert [(r.unit, r.id, len(r.replies)) for r in drawn] == [(r["placeInfo/name"], r["url"], int(r["ownerResponse/text"] != "")) for r in same]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "lists"), [
    ("A07_keytrade_bank_trustpilot/reviews.json", None), ("A09_review_format_samples/aliexpress-scraper__results__reviews.json", "reviews"),
    *((f"A09_review_format_samples/{n}-scraper__results__{f}.json", None) for n, f in (
        ("app-store", "reviews"), ("bestbuy", "reviews"), ("bookingcom", "hotel_review"), ("capterra", "reviews"), ("g2", "reviews"), ("glassdoor", "reviews"),
        ("google-play", "reviews"), ("trustpilot", "reviews"), ("yelp", "reviews")))])
def test_every_record_of_a_real_json_file_is_drawn_or_named(shared: Path, name: str, lists: str | None) -> None:
    path = shared / "data" / name
    body = path.read_bytes()
    data = json.loads(body.decode("cp1252" if "glassdoor" in name else "utf-8"))
    records = data[lists] if lists else data
    drawn = draw(body, path.name)
    found = reviews(drawn)
    named = {d.place for d in drawn if isinstance(d, Problem) and d.what.endswith("left out")}
    assert len(found) + len(named) == len(records)
    assert all(r.rating is not None and r.created is not None and (r.text or r.title or r.rating) for r in found)
    assert sum(len(r.replies) for r in found) == sum(bool(r.get("reply") or r.get("partnerReply") or r.get("sellerReply")) for r in records)


COLLECTED = {
    "data/A09_review_format_samples/aliexpress-scraper__results__reviews.json": (60, 2, 0), "data/A09_review_format_samples/app-store-scraper__results__reviews.json": (50, 0, 0),
    "data/A09_review_format_samples/bestbuy-scraper__results__reviews.json": (60, 0, 0), "data/A09_review_format_samples/bookingcom-scraper__results__hotel_review.json": (30, 24, 0),
    "data/A09_review_format_samples/capterra-scraper__results__reviews.json": (75, 0, 6), "data/A09_review_format_samples/g2-scraper__results__reviews.json": (30, 0, 0),
    "data/A09_review_format_samples/glassdoor-scraper__results__reviews.json": (15, 0, 0), "data/A09_review_format_samples/google-play-scraper__results__reviews.json": (100, 0, 0),
    "data/A09_review_format_samples/trustpilot-scraper__results__reviews.json": (60, 1, 0), "data/A09_review_format_samples/yelp-scraper__results__reviews.json": (30, 0, 0),
    "samples/capterra/scrapfly_reviews.json": (75, 0, 6), "samples/glassdoor/scrapfly_reviews.json": (15, 0, 0), "samples/kununu/2025-06_sap_parsed.json": (100, 0, 0),
    "samples/tripadvisor/scrapfly_hotels.json": (40, 0, 0), "samples/trustpilot/scrapfly_companies.json": (60, 19, 0), "samples/yelp/scrapfly_reviews.json": (30, 0, 0),
}
"""Reviews, replies and rows left out (they are empty), as people counted them in the files."""
UNDATED = {"samples/tripadvisor/scrapfly_hotels.json": "the month of the stay only"}


@pytest.mark.shared
@pytest.mark.parametrize("name", COLLECTED)
def test_what_others_collected_is_read_whole(shared: Path, name: str) -> None:
    drawn = draw((shared / name).read_bytes(), Path(name).name)
    found = reviews(drawn)
    left = [d for d in drawn if isinstance(d, Problem) and d.what.endswith("left out")]
    assert (len(found), sum(len(r.replies) for r in found), len(left)) == COLLECTED[name]
    assert all(r.text or r.title for r in found) and all(r.rating for r in found)
    assert all(r.created for r in found) or name in UNDATED
