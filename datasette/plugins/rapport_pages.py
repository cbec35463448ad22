"""The pages that strategists read. Each is a function from a connection to plain data, shown by the template of its name, or as JSON at the same address + .json."""

import json
import re
from collections import Counter
from urllib.parse import unquote

from datasette import Forbidden, NotFound, Response, hookimpl
from datasette.utils import StartupError

from enrich import source_names
from enrich.evidence import MOST
from enrich.lens import ENOUGH_GOLD, lens
from enrich.measures import measures
from enrich.method import facts
from enrich.rights import quote
from enrich.strike import address
from enrich.unclaimed import PHRASE, draft

DATABASE = "rapport"
EVIDENCE = 8
RESULTS = 20
LAST = 500                                   # the last page that can be asked for
VERDICTS = ("weakness", "accusation", "strength", "lead", "indicative", "no clear difference", "too few", "not available", "figure")
CLEAR = ("weakness", "accusation", "strength")

FINDINGS = """select f.*, c.name as company_name, c.role as company_role from findings f join companies c on c.id = f.company and c.role != 'removed'
  join analyses n on n.id = f.analysis and n.current = 1"""
REVIEW = """select r.id, r.company, c.name as company_name, r.source, r.audience, r.unit, r.stars, r.rating_raw, r.created_at, r.created_precision, r.created_kind, r.edited_at,
    r.url, r.text, p.publish, p.url as place, p.replies_visible, l.first_seen, l.last_seen, l.looks, l.gone_at
  from reviews r join profiles p on p.id = r.profile and p.private = 0 join companies c on c.id = r.company
  left join looks l on l.kind = 'review' and l.target = r.id"""
REPLIES = """select a.id, a.review, a.position, a.role, a.role_basis, a.created_at, a.created_precision, a.text, p.publish, l.first_seen, l.last_seen,
    case when a.created_precision in ('second', 'day') and r.created_precision in ('second', 'day') and r.created_kind = 'created' and a.created_at >= r.created_at
      then (julianday(a.created_at) - julianday(r.created_at)) * 24 end as hours, l.gone_at as left_at, coalesce(l.gone_at, v.gone_at) as gone_at
  from replies a join reviews r on r.id = a.review join profiles p on p.id = a.profile and p.private = 0 left join looks l on l.kind = 'reply' and l.target = a.id
  left join looks v on v.kind = 'review' and v.target = a.review"""


@hookimpl
def startup(datasette):
    if DATABASE not in datasette.databases:
        raise StartupError(f"the pages read a store called {DATABASE}.db: point Datasette to the one in the study's folder")


@hookimpl
def register_routes():
    return [(path + r"(?P<json>\.json)?$", _page(name, read)) for path, name, read in (
        (r"/", "home", home), (r"/company/(?P<id>[^/]+?)", "company", company), (r"/finding/(?P<id>[^/]+?)", "finding", finding),
        (r"/system/(?P<id>[^/]+?)", "system", system), (r"/review/(?P<id>[^/]+?)", "review", review), (r"/search", "search", search),
        (r"/method", "method", method), (r"/status", "status", status), (r"/coverage", "coverage", coverage))]


@hookimpl
def extra_template_vars(datasette):
    """The edition that is served, for every page to name; none where it is the study as it is now."""
    async def edition():
        database = datasette.get_database(DATABASE)
        return {"edition": dict((await database.execute("select name, made_at, sha256 from edition")).first()) if await database.table_exists("edition") else None}

    return edition


def _page(name, read):
    async def view(datasette, request):
        if not await datasette.permission_allowed(request.actor, "view-database", DATABASE, default=True):
            raise Forbidden("view-database")
        asked = {**{k: request.args[k] for k in request.args}, **{k: unquote(v) for k, v in request.url_vars.items() if v and k != "json"}}
        data = await datasette.get_database(DATABASE).execute_fn(lambda connection: read(connection, asked))
        if data is None:
            raise NotFound(f"There is no {name} {asked.get('id')} in this study.")
        if request.url_vars.get("json"):
            return Response.json(data)
        return Response.html(await datasette.render_template(f"study/{name}.html", {"page": name, "here": request.path, **data}, request))

    return view


def rows(connection, sql, *parameters):
    return [dict(row) for row in connection.execute(sql, parameters)]


def row(connection, sql, *parameters):
    return next(iter(rows(connection, sql, *parameters)), None)


def numbered(typed):
    """A page number as a person may type it."""
    return min(max(1, int(typed)), LAST) if typed and typed.isdecimal() and len(typed) < 10 else 1


# What several pages show

def the_study(connection):
    """Title, client and dates, and the analysis that the pages show."""
    return {"study": row(connection, "select title, client, period_from, period_to from study"),
            "analysis": row(connection, "select as_of, made_at, code, lens, seed from analyses where current = 1"),
            "companies": rows(connection, "select id, name, role, aliases, domains, accounts from companies where role != 'removed' order by role = 'client', name")}


def by_stars(source):
    """Of five stars down to one: how many reviews we have, and how many the source says it has (None where it does not say)."""
    says = json.loads(source["says_stars"] or "{}")
    return [{"stars": 5 - i, "have": n or 0, "says": says.get(str(5 - i))} for i, n in enumerate(json.loads(source["stars"]))]


LAST_RUN = "(select k.id from crawls k where k.profile = profiles.id and k.kind <> 'replay' order by k.started_at desc, k.rowid desc limit 1)"
"""The last run over a place of `profiles`; kept pages that were read again tell nothing of how the place is now."""


LAST_WHOLE = "ifnull((select max(k.started_at) from crawls k where k.profile = profiles.id and k.kind <> 'replay' and k.whole and k.outcome in ('finished', 'none', 'capped', 'incomplete')), '')"
"""When the last run began that read a place from end to end: what was wrong before it is told by it, or put right."""


def the_sources(connection, company=None):
    """Every public place of a company, or of all, with what we have from it."""
    return rows(connection, """select p.id, p.company, c.name as company_name, p.source, p.spider in ('table', 'saved_page') as imported, p.key, p.url, p.audience, p.unit, p.replies_visible, p.population, p.publish, p.basis, p.says_total, p.says_stars, p.minimum, p.short_since,
        count(r.id) as reviews, json_array(sum(r.stars = 5), sum(r.stars = 4), sum(r.stars = 3), sum(r.stars = 2), sum(r.stars = 1)) as stars,
        (select outcome from crawls where id = p.last_run) as outcome, (select what from problems where crawl = p.last_run and sort is not null order by rowid limit 1) as why, min(r.created_at) as first_at, max(r.created_at) as last_at, coalesce(a.n, 0) as replies, coalesce(a.answered, 0) as answered,
        (select max(seen_at) from crawls k where k.profile = p.id and k.outcome in ('finished', 'none', 'capped', 'incomplete')) as read_at,
        (select max(seen_at) from crawls k where k.profile = p.id and k.outcome in ('finished', 'none', 'capped', 'incomplete') and k.started_at < p.short_since) as held_at
      from (select *, """ + LAST_RUN + """ as last_run from profiles) p join companies c on c.id = p.company and c.role != 'removed' left join reviews r on r.profile = p.id
      left join (select profile, count(*) as n, count(distinct review) as answered from replies group by profile) a on a.profile = p.id
      where p.private = 0 and (? is null or p.company = ?) group by p.id order by c.name, p.audience, p.source, p.unit, p.key""", company, company)


def quotes(item, spans=()):
    """What may be shown of a row's text, in place of the text itself."""
    said = quote(item.pop("text"), item["publish"], item["gone_at"], spans)
    item["quote"] = said and {"text": said.text, "marks": said.marks}
    item["why_no_quote"] = None if said else "has vanished at its source, and is not quoted any more" if item["gone_at"] else \
        "its source allows counts, but no quotes" if item["publish"] == "none" else "has no words"
    return item


def dialogue(connection, review, spans=None):
    """A review's replies in order, each with what may be shown of it; `spans` are matched words by reply."""
    return [quotes(reply, (spans or {}).get(reply["id"], ())) for reply in rows(connection, f"{REPLIES} where a.review = ? order by a.position", review)]


def curves(connection, findings):
    """The points behind some findings."""
    marks = ", ".join("?" * len(findings))
    return rows(connection, f"select finding, series, x, y, low, high, n from figures where finding in ({marks}) order by finding, series, cast(x as real), x", *findings)


OUTCOMES = {
    "finished": "read to the true end", "none": "there is nothing there", "capped": "as much as the source gives out", "incomplete": "a part of its pages is missing",
    "refused": "not crawled: rules forbid it, or the address leads elsewhere", "login": "it wants an account, and none is used", "blocked": "it refuses programs or wants a pause, and no block is worked around",
    "changed": "its layout is not known", "empty": "it gave nothing, though it says there is something", "repeating": "it gave what it had given before", "gone": "it is no longer there",
    "failed": "no answer came that can be used", "interrupted": "stopped before its end", "running": "still running",
}
"""How a run may end, for people."""


# The pages

def home(connection, asked):
    found = rows(connection, f"{FINDINGS} order by f.rank desc")
    sources = the_sources(connection)
    study = the_study(connection)
    for company in study["companies"]:
        company |= at_a_glance([f for f in found if f["company"] == company["id"]], [s for s in sources if s["company"] == company["id"]])
    top, leads = [f for f in found if f["verdict"] in CLEAR], [f for f in found if f["verdict"] == "lead"]
    first = varied(top, 12, company=3, measure=1, figure=3)
    drawn = sorted((c["answered"] for c in study["companies"] if c["answered"] and c["answered"]["value"] is not None), key=lambda f: -f["n"])[:LINES]
    names = {f["id"]: f["company_name"] for f in drawn}
    gaps = sorted((f for f in found if f["measure"] == "market_gap" and "," in f["slice"]), key=lambda f: -(f["value"] or 0))
    return {**study, "top": first, "more": len(top) - len(first), "leads": varied(leads, 6, company=2, measure=1, figure=2), "gaps": varied(gaps, 6, company=6, measure=6, figure=1),
            "sentences": in_short(found, top), "systems": [of_system(s, found) for s in lens().systems.values()],
            "reviews": sum(s["reviews"] for s in sources), "replies": sum(s["replies"] for s in sources), "places": len(sources),
            "first_at": min((s["first_at"] for s in sources if s["first_at"]), default=None), "last_at": max((s["last_at"] for s in sources if s["last_at"]), default=None),
            "limits": limits(study["companies"], sources, found), "names": names,
            "curves": [p for id, name in names.items() for p in curves(connection, [id]) if p["series"] == name]}


HEADLINE = "answered within 7 days"
LINES = 8                                    # lines that one chart can hold apart


def at_a_glance(own, sources):
    """One company in a row: where it does clearly worse and better, whether it answers, and what cannot be said of it."""
    answered = next((f for f in own if f["measure"] == "responsiveness" and f["slice"] == HEADLINE), None)
    worse, better = ([f for f in own if f["verdict"] in verdicts] for verdicts in (("weakness", "accusation"), ("strength",)))
    missing = [said for said, known in (("what employees say", any(s["audience"] == "employee" for s in sources)), ("whether it answers", answered and answered["value"] is not None)) if not known]
    return {"counts": {v: sum(f["verdict"] == v for f in own) for v in VERDICTS}, "answered": answered, "missing": missing,
            "worse": varied(worse, 2, company=2, measure=1, figure=1), "better": varied(better, 2, company=2, measure=1, figure=1),
            **{k: sum(s[k] for s in sources) for k in ("reviews", "replies")}}


def varied(findings, most, **limits):
    """The first findings that leave room for others: so many of a company, of one measure of it in one direction, and of one figure among all companies."""
    said, taken = [], Counter()
    for f in findings:
        keys = {"company": ("company", f["company"]), "measure": ("measure", f["company"], f["measure"], f["direction"]), "figure": ("figure", f["measure"], f["slice"])}
        if len(said) < most and all(taken[key] < limits[name] for name, key in keys.items()):
            taken.update(keys.values())
            said.append(f)
    return said


def in_short(found, top):
    """The first sentences: the weightiest verdict of each of the first companies, then who answers most complaints, and who fewest, where they differ from the others."""
    said = varied(top, 4, company=1, measure=1, figure=2)
    answering = sorted((f for f in found if f["measure"] == "responsiveness" and f["slice"] == HEADLINE and f["value"] is not None and f["verdict"] in (*CLEAR, "lead")), key=lambda f: -f["value"])
    ends = {f["id"]: f for f in (*answering[:1], *answering[-1:])}
    return [*said, *(f for id, f in ends.items() if id not in {s["id"] for s in said})]


def about(measure):
    """A measure as its own file describes it."""
    title, _, text = (measures()[measure].__doc__ or measure).partition("\n")[0].partition(": ") if measure in measures() else (measure, "", "")
    return {"name": measure, "title": title, "text": text}


def belongs(finding, system):
    """Whether a finding is of a system; one that names none is of all."""
    return not finding["system"] or system in finding["system"].split(",")


def of_system(system, found):
    """A system and how far it is measured."""
    measured = [m for m in system.measures if any(belongs(f, system.id) and f["measure"] == m for f in found)]
    return {"id": system.id, "title": system.title, "question": system.question, "measures": [about(m) for m in system.measures], "measured": measured,
            "findings": sum(belongs(f, system.id) for f in found), "verdicts": sum(belongs(f, system.id) and f["verdict"] in CLEAR for f in found)}


def spoken(name):
    """A name of the program's as words."""
    return name.partition(":")[2].replace("_", " ") or name.replace("_", " ")


MANY, NEARLY = 100, 0.99
"""Reviews of a place, and the share of them with an answer, from which a reader is told that the unanswered may be missing."""


def limits(companies, sources, found):
    """What this study cannot say, in words."""
    said = []
    without = [c["name"] for c in companies if not any(s["company"] == c["id"] and s["audience"] == "employee" for s in sources)]
    if without:
        said.append(("What employees say is not available" if len(without) == len(companies) else f"What employees say is not available for {', '.join(without)}")
                    + ": there is no source of employee reviews in this study.")
    said += [f"{s['company_name']} on {source_names.spoken(s['source'])} stands as of {(s['held_at'] or s['short_since'])[:10]}: since {s['short_since'][:10]} the place has shown fewer reviews than the {s['minimum']:,} it must show. No verdict is given on the company."
             for s in sources if s["short_since"]]
    hidden = sorted({f"{s['company_name']} on {source_names.spoken(s['source'])}" for s in sources if s["replies_visible"] == 0})
    if hidden:
        said.append(f"Whether the company answers is not available for {', '.join(hidden)}: the source does not show replies.")
    full = sorted({f"{s['company_name']} on {source_names.spoken(s['source'])}" for s in sources if s["audience"] == "customer" and s["reviews"] >= MANY and s["answered"] >= NEARLY * s["reviews"]})
    if full:
        said.append(f"Nearly every gathered review has an answer for {', '.join(full)}: the company answers all, or what was gathered holds the answered ones only. The second would flatter it; the source can be asked.")
    if any(s["population"] == "chosen" for s in sources):
        said.append("Hand-picked pages are shown, but count in no share.")
    if indicative := sum(f["verdict"] == "indicative" for f in found):
        said.append(f"{indicative} {'figure is' if indicative == 1 else 'figures are'} indicative only: how well their words are recognised has not been established on at least {ENOUGH_GOLD} annotated texts.")
    if few := sum(f["verdict"] == "too few" for f in found):
        said.append(f"{few} {'figure rests' if few == 1 else 'figures rest'} on too few texts for a verdict.")
    return [*said, "Only what is public is read. No public reply is not no reply: a company may have answered in private.",
            "Those who write reviews are not a fair sample of all customers: a share is of reviews, and tells more beside the other companies than by itself."]


def company(connection, asked):
    found = row(connection, "select * from companies where id = ?", asked["id"])
    if not found:
        return None
    findings = rows(connection, f"{FINDINGS} where f.company = ? order by f.rank desc, f.system, f.measure, f.slice", asked["id"])
    answered = next((f for f in findings if f["measure"] == "responsiveness" and f["slice"] == HEADLINE), None)
    latest = rows(connection, f"{REVIEW} where r.company = ? and r.text is not null and l.gone_at is null and p.publish <> 'none' order by r.created_at desc limit 6", asked["id"])
    return {**the_study(connection), "company": found, "by_verdict": {v: [f for f in findings if f["verdict"] == v] for v in VERDICTS}, "answered": answered,
            "maps": {m: sorted((f for f in findings if f["measure"] == m and f["verdict"] != "not available"), key=lambda f: -abs(f["difference"] or 0)) for m in ("weakness_map", "staff_map")}, "curves": curves(connection, [answered["id"]]) if answered else [],
            "sources": the_sources(connection, asked["id"]), "latest": [{**quotes(r), "replies": dialogue(connection, r["id"])} for r in latest]}


def finding(connection, asked):
    found = row(connection, f"{FINDINGS} where f.id = ?", asked["id"])
    if not found:
        return None
    tags = [tag for part in found["slice"].split(", ") for tag in rows(connection, "select * from tags where id = ?", part)]
    phrase = found["slice"].removeprefix(PHRASE) if found["measure"] == "unclaimed" and found["slice"].startswith(PHRASE) else None
    return {**the_study(connection), "finding": found, "draft": draft(phrase) if phrase else None, "systems": [{"id": s.id, "title": s.title} for s in lens().systems.values() if found["system"] and belongs(found, s.id)], "tag": tags[0] if tags else None, "established": bool(tags) and (tags[0]["gold"] or 0) >= ENOUGH_GOLD, "enough": ENOUGH_GOLD, "kept": MOST,
            "curves": curves(connection, [asked["id"]]), "same": rows(connection, f"{FINDINGS} where f.measure = ? and f.slice = ? order by f.value desc", found["measure"], found["slice"]),
            "sides": [evidence(connection, asked["id"], side, numbered(asked.get(side))) for side in ("for", "against")],
            "audit": row(connection, "select * from audits where finding = ?", asked["id"]), "struck": struck(connection, "join evidence e on e.finding = ? and e.side = 'struck' and e.kind = w.kind and e.target = w.target and e.tag = w.tag and e.start = w.start", asked["id"]),
            "hidden": row(connection, """select count(distinct e.target) as n from evidence e join reviews r on r.id = e.review join profiles p on p.id = r.profile
              left join looks l on l.kind = 'review' and l.target = r.id where e.finding = ? and p.private = 0 and (p.publish = 'none' or l.gone_at is not null)""", asked["id"])["n"]}


def struck(connection, among, *parameters):
    """What was struck by hand: the words as far as they may be shown, what they were taken for, why, and the address by which it is taken back."""
    found = rows(connection, f"""select w.kind, w.target, w.tag, w.start, w.words, w.review, t.title, t.sign, s.because, s.who, s.struck_at, r.source, p.publish, l.gone_at from struck w join strikes s on s.id = w.strike {among} left join tags t on t.id = w.tag join reviews r on r.id = w.review join profiles p on p.id = r.profile and p.private = 0
      left join looks l on l.target in (w.target, w.review) and l.kind in (w.kind, 'review') and l.gone_at is not null group by w.kind, w.target, w.tag, w.start order by s.struck_at desc, w.target, w.start""", *parameters)
    for one in found:
        one["address"] = address(one["target"], one["tag"], one["start"])
        if one["publish"] == "none" or one["gone_at"]:
            one["words"] = None
    return found


def evidence(connection, finding, side, page):
    """One side of a finding, a page of texts at a time, each with its matched words marked and its dialogue."""
    among = "from evidence e join reviews r on r.id = e.review join profiles p on p.id = r.profile and p.private = 0 where e.finding = ? and e.side = ?"
    total = row(connection, f"select count(distinct e.review) as n {among}", finding, side)["n"]
    shown = rows(connection, f"select e.review, min(e.position) as position {among} group by e.review order by 2 limit ? offset ?", finding, side, EVIDENCE, (page - 1) * EVIDENCE)
    items = []
    for item in shown:
        spans = {}
        read = []
        for e in rows(connection, """select e.target, e.start, e.end, m.tag, m.words, t.title, t.sign from evidence e left join mentions m on m.kind = e.kind and m.target = e.target and m.tag = e.tag and m.start = e.start
              left join tags t on t.id = m.tag where e.finding = ? and e.side = ? and e.review = ? and e.start is not null""", finding, side, item["review"]):
            spans.setdefault(e["target"], []).append((e["start"], e["end"]))
            if e["tag"]:
                read.append({**e, "address": address(e["target"], e["tag"], e["start"])})
        found = quotes(row(connection, f"{REVIEW} where r.id = ?", item["review"]), spans.get(item["review"], ()))
        items.append({**found, "replies": dialogue(connection, item["review"], spans), "mentions": read if found["quote"] else []})
    return {"side": side, "total": total, "page": page, "pages": -(-total // EVIDENCE), "items": items}


def system(connection, asked):
    found = lens().systems.get(asked["id"])
    if not found:
        return None
    study = the_study(connection)
    findings = rows(connection, f"{FINDINGS} order by f.rank desc")
    own = [f for f in findings if belongs(f, found.id)]
    clear, leads = [f for f in own if f["verdict"] in CLEAR], [f for f in own if f["verdict"] == "lead"]
    return {**study, "system": of_system(found, findings), "terms": [of_term(t, found, findings) for t in found.terms], "sentences": varied(clear, 3, company=1, measure=1, figure=1),
            "verdicts": clear, "leads": leads, "systems": [{"id": s.id, "title": s.title} for s in lens().systems.values()]}


def of_term(term, system, findings):
    """The figures that stand for a term, in the order it names them, by tag or by measure and slice; and which of them there are not. Parts of figures (after a comma) are on the companies' pages."""
    groups, tagged, computed, named = {}, set(), set(), [*term.tags, *term.figures]
    for f in (f for f in findings if "," not in f["slice"]):
        name = f["slice"].partition(":")[2] or f["slice"]
        tags, figures = {t for t in term.tags if t in (name, name.rstrip("+-"), f["slice"])}, {f["measure"], f["slice"]} & {*term.figures}
        if told := tags | figures:
            tagged, computed = tagged | tags, computed | figures
            groups.setdefault((min(map(named.index, told)), f["measure"], f["slice"]), []).append(f)
    without = [meant[0] for tag in term.tags if tag not in tagged and (meant := [t for t in lens().tags.values() if tag in (t.name, t.name + t.sign, t.id)])]
    staff, themes = ([t.title for t in without if t.kind in ("theme", "move") and (t.of == ("employee",)) is staff] for staff in (True, False))
    seen = [t.title for t in without if t.kind not in ("theme", "move")]
    absent = [spoken(f) for f in term.figures if f not in computed]
    return {"term": term.term, "note": term.note, "tags": term.tags, "figures": term.figures,
            "rows": [{"title": group[0]["title"], "staff": getattr(measures().get(group[0]["measure"]), "AUDIENCES", ()) == ("employee",), "by_company": {f["company"]: f for f in group}}
                     for _, group in sorted(groups.items()) if group[0]["unit"] != "p"],
            "said": [f"{words}: {', '.join(names)}." for words, names in (
                ("Not available, for want of employee reviews that may be shown", staff), ("No figure in this study", [*themes, *absent]),
                ("Looked for in the texts, but not counted as a figure yet", seen)) if names]}


WHOLE = 0.8                                  # share of a text from which its words are not marked one by one: all of it is meant


def review(connection, asked):
    found = row(connection, f"{REVIEW} where r.id = ?", asked["id"])
    if not found:
        return None
    mentions = rows(connection, "select m.kind, m.target, m.start, m.end, m.words, m.step, m.version, m.tag, t.title, t.sign, t.definition from mentions m left join tags t on t.id = m.tag where m.review = ? order by m.kind = 'reply', m.target, m.start",
                    asked["id"])
    spans = {}
    long = dict(connection.execute("select id, length(text) from reviews where id = ? union all select id, length(text) from replies where review = ?", (asked["id"], asked["id"])).fetchall())
    for m in mentions:
        m["address"] = address(m["target"], m["tag"], m["start"])
        m["whole"] = m["end"] - m["start"] >= WHOLE * (long.get(m["target"]) or 0)
        if not m["whole"]:
            spans.setdefault(m["target"], []).append((m["start"], m["end"]))
    replies = dialogue(connection, asked["id"], spans)
    item = quotes(found, spans.get(asked["id"], ()))
    legible = {t["id"] for t in (item, *replies) if t["quote"]} if item["quote"] else set()
    changes = rows(connection, "select kind, target, what, old, new, not_before, noticed_at, cause from changes where review = ? order by noticed_at", asked["id"])
    for change in changes:
        if change["what"] != "rated":
            for side in ("old", "new"):
                said = quote(change[side], item["publish"], item["gone_at"])
                change[side] = said.text if said and change["target"] in legible else None
    labels = rows(connection, "select kind, target, name, value, score, basis, step, version from labels where (kind = 'review' and target = ?) or (kind = 'reply' and target in (select id from replies where review = ?)) order by kind desc, target, name",
                  asked["id"], asked["id"])
    copies = rows(connection, "select id, source, counted, counted_at from published_copies where id = ? or counted = ?", asked["id"], asked["id"])
    return {**the_study(connection), "copies": copies, "review": item, "replies": replies, "mentions": [m for m in mentions if m["target"] in legible],
            "struck": [s for s in struck(connection, "and w.review = ?", asked["id"]) if s["target"] in legible], "labels": labels, "changes": changes}


def search(connection, asked):
    """Reviews and replies that hold all the words, best first; only texts that may be shown are looked through."""
    query, page, of = asked.get("q", "").strip(), numbered(asked.get("page")), asked.get("company", "")
    words = " ".join(f'"{word}"' for word in re.findall(r"\w+", query))
    found, total = [], 0
    for kind, table, among in SEARCHED if words else ():
        total += row(connection, f"select count(*) as n {among}", words, of, of)["n"]
        found += rows(connection, f"""select '{kind}' as kind, r.id as review, r.company, c.name as company_name, r.source, r.stars, t.created_at, t.created_precision, p.publish,
          null as gone_at, highlight({table}_fts, 0, char(2), char(3)) as text, rank {among} order by rank limit ?""", words, of, of, page * RESULTS)
    found = sorted(found, key=lambda f: f["rank"])[(page - 1) * RESULTS:page * RESULTS]
    return {**the_study(connection), "q": query, "company": of, "total": total, "page_number": page, "pages": -(-total // RESULTS), "results": [highlighted(f) for f in found]}


SEARCHED = [(kind, table, f"""from {table}_fts join {table} t on t.rowid = {table}_fts.rowid join reviews r on r.id = t.{review} join profiles p on p.id = r.profile
      join companies c on c.id = r.company
    where {table}_fts match ? and (? = '' or r.company = ?) and p.private = 0 and p.publish <> 'none'
      and not exists (select 1 from looks l where l.gone_at is not null and ((l.kind = 'review' and l.target = r.id) or (l.kind = '{kind}' and l.target = t.id)))""")
            for kind, table, review in (("review", "reviews", "id"), ("reply", "replies", "review"))]


def highlighted(item):
    """A search result as a quote: SQLite puts a control character before and one after each match."""
    text, spans = "", []
    for piece in item["text"].split("\x02"):
        words, closed, rest = piece.partition("\x03")
        if closed:
            spans.append((len(text), len(text) + len(words)))
        text += words + rest
    return quotes({**item, "text": text}, spans)


def method(connection, asked):
    return {**the_study(connection), **facts(), "sources": the_sources(connection), "steps": rows(connection, "select versions, count(*) as n from done group by 1 order by 2 desc"),
            "tags": rows(connection, "select * from tags order by kind, name, sign")}


def status(connection, asked):
    sorts = rows(connection, """select x.sort, c.name as company_name, p.source, sum(x.count) as n, max(x.at) as last_at from problems x join crawls k on k.id = x.crawl join profiles p on p.id = k.profile and p.private = 0
          join companies c on c.id = p.company where x.sort is not null group by 1, 2, 3 order by 5 desc""")
    return {**the_study(connection), "outcomes": OUTCOMES, "sorts": sorts, "crawls": rows(connection, """select k.*, c.name as company_name, p.source, p.url, p.unit from crawls k join profiles p on p.id = k.profile and p.private = 0
          join companies c on c.id = p.company order by k.started_at desc limit 100"""),
            "problems": rows(connection, f"""select max(k.started_at) as at, x.place, x.what, x.cure, sum(x.count) as count, c.name as company_name, p.source from problems x
          join crawls k on k.id = x.crawl join profiles on profiles.id = k.profile join profiles p on p.id = k.profile and p.private = 0 join companies c on c.id = p.company
          where k.id = {LAST_RUN} or (x.sort is null and k.started_at >= {LAST_WHOLE}) group by p.id, x.place, x.what order by 1 desc, max(x.rowid) desc limit 200"""),
            "changes": rows(connection, """select x.what, x.kind, x.cause, c.name as company_name, count(*) as n, max(x.noticed_at) as last_at from changes x join reviews r on r.id = x.review
          join profiles p on p.id = r.profile and p.private = 0 join companies c on c.id = x.company group by 1, 2, 3, 4 order by 6 desc""")}


def coverage(connection, asked):
    study, sources, by_year = the_study(connection), the_sources(connection), {}
    for source in sources:
        source["by_stars"] = by_stars(source)
        source["ended"] = "all that was brought is read" if source["imported"] and source["outcome"] == "finished" else OUTCOMES.get(source["outcome"])
    for year in rows(connection, """select c.name, substr(k.day, 1, 4) as year, sum(k.n) as n from cells k join companies c on c.id = k.company
          where k.kind = 'review' and k.tag = '' and k.day <> '' group by 1, 2 order by 1, 2"""):
        by_year.setdefault(year["name"], {})[year["year"]] = year["n"]
    return {**study, "sources": sources, "limits": limits(study["companies"], sources, rows(connection, FINDINGS)), "by_year": by_year,
            "years": sorted({y for n in by_year.values() for y in n})}
