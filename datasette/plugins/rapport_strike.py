"""Striking a mention as wrong from a page. It writes into the study, so it is there only where `rapport serve` shows one's own study on one's own machine.

Datasette lets a form without any cookie pass, because it knows no user then; here whoever can post is the user, so the cookie with its token is needed.
"""

import asyncio
import os
from pathlib import Path
from secrets import compare_digest
from threading import Lock

from datasette import Forbidden, Response, hookimpl
from datasette.utils.asgi import BadRequest

from enrich import enrichment, strike
from enrich import study as studies
from enrich.mistakes import Mistake
from enrich.serve import STRIKES_IN, on_this_machine
from enrich.store import Store

ONE_AT_A_TIME = Lock()


@hookimpl
def extra_template_vars(request):
    return {"may_strike": bool(request) and may_strike(request)}


@hookimpl
def register_routes():
    return [(r"/strike$", struck)]


def may_strike(request):
    """A page that another site shows under a name of its own (DNS rebinding) must not write either: it comes with that name as its host."""
    return bool(os.environ.get(STRIKES_IN)) and on_this_machine(request.headers.get("host", "").rsplit(":", 1)[0])


async def struck(datasette, request):
    if request.method != "POST":
        return Response.text("A mention is struck with the button beside it.", status=405, headers={"Allow": "POST"})
    said = await request.post_vars()
    token = request.cookies.get("ds_csrftoken", "")
    if not may_strike(request) or not token or not compare_digest(said.get("csrftoken", "").encode(), token.encode()):
        raise Forbidden("mentions are struck on the machine of the study, from its pages")
    back = said.get("back", "")
    try:
        await asyncio.to_thread(anew, Path(os.environ[STRIKES_IN]), strike.Wish(said.get("mention", ""), said.get("because", "").strip() or None), "undo" in said)
    except Mistake as mistake:
        raise BadRequest(str(mistake)) from mistake
    return Response.redirect(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/", status=303)


def anew(where, wish, undo):
    """Strikes a mention, or takes the strike back, and makes the figures anew."""
    study = studies.load(where)
    with ONE_AT_A_TIME, Store(study.database) as store:
        (strike.undo if undo else strike.strike)(store, [wish])
        enrichment.enrich(store, by_meaning=study.deep)
