"""The `rapport` command: a study from public addresses to findings, stage by stage."""

from __future__ import annotations

import json
import shlex
import sqlite3
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from enrich import crawling, ledger
from enrich import status as statuses
from enrich import study as studies
from enrich.mistakes import Mistake
from enrich.records import GOOD
from enrich.store import Store, unusable

if TYPE_CHECKING:
    from enrich.freeze import Edition
    from enrich.llm_ask import Asked
    from enrich.steps import Text


class Commands(click.Group):
    """Commands in the order in which a study is made, and mistakes told without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Mistake as mistake:
            click.secho(str(mistake), fg="red", err=True)
            ctx.exit(1)
        except sqlite3.OperationalError as error:
            click.secho(str(unusable(Path("rapport.db"), error)), fg="red", err=True)
            ctx.exit(1)
        except OSError as error:
            if error.filename is None:       # no file that a person named
                raise
            click.secho(str(Mistake(error.strerror or str(error), place=str(error.filename), cure="check the path, its permissions and the space left; what was there is kept")), fg="red", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.secho("\nstopped; what was done is kept. Run the same command again: it goes on where it stopped.", err=True)
            ctx.exit(130)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="rapport")
def main() -> None:
    """Competitive intelligence on customer relationships: what customers say in public, whether the company answers, and how.

    \b
    A study is a folder with one file that you write, study.toml, and one that the program writes, rapport.db:
      rapport new payments Acme=https://forum.acme.example   make the folder
      cd payments; rapport check                             is study.toml right?
      rapport plan                                           what will it take, what could it find?
      rapport crawl                                          gather what is public
      rapport import reviews.csv --company Acme --collected-at 2026-05-01
      rapport enrich                                         read it and draw conclusions
      rapport serve                                          look at the findings in a browser
      rapport export --format json                           take them away

    Try it without the internet: rapport demo
    """


def in_study(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the option --study, and the checked study as its first argument."""

    @click.option("-s", "--study", "where", default=".", envvar="RAPPORT_STUDY", help="The study's folder or file; the current folder unless given.", type=click.Path(path_type=Path))
    @wraps(command)
    def run(*args: Any, where: Path, **kwargs: Any) -> Any:
        return command(studies.load(where, crawling.sources()), *args, **kwargs)

    return run


as_json = click.option("--json", "json_", is_flag=True, help="For programs: print JSON.")

Asking = Callable[["Iterable[tuple[Text, str | None]]", Path], "Asked"]
"""Asks the chosen language model about texts, and keeps its answers in a folder."""


def asks_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of asking a language model, and as the argument `asking` what asks it; None where none is named."""

    @click.option("--llm", "model", metavar="MODEL", help="Have a language model of the llm library name themes and moves (needs the extra [llm]). What it takes is shown before anything is sent.")
    @click.option("--price-in", type=click.FloatRange(min=0), help="Price of a million tokens that are sent to it.")
    @click.option("--price-out", type=click.FloatRange(min=0), help="Price of a million tokens that it answers.")
    @click.option("--yes", is_flag=True, help="Send without asking: for schedulers.")
    @wraps(command)
    def run(*args: Any, model: str | None, price_in: float | None, price_out: float | None, yes: bool, **kwargs: Any) -> Any:
        from enrich import answers, llm_ask, llm_tags

        def asking(texts: Iterable[tuple[Text, str | None]], folder: Path) -> Asked:
            chosen, kept = llm_tags.model_of(model or ""), answers.Answers(folder / answers.FILE)
            plan = llm_tags.plan(texts, kept, llm_tags.by(chosen))
            click.echo("\n".join(plan.lines(chosen.model_id, price_in, price_out)), err=True)
            if plan.due and not yes:
                click.confirm("Send them?", abort=True, err=True)
            with click.progressbar(length=len(plan.due), label="asking", file=sys.stderr, hidden=not plan.due) as bar:
                asked = llm_ask.ask(chosen, plan, kept, bar.update)
            click.echo("\n".join(asked.lines()), err=True)
            answers.use(kept)
            return asked

        try:
            return command(*args, asking=asking if model else None, **kwargs)
        finally:
            answers.use(None)

    return run


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("addresses", nargs=-1)
@click.option("--title", help="What the study is called; the folder's name unless given.")
@click.option("--client", help="Whose study it is: a company that is compared like the others.")
@click.option("--contact", help="A mail address or web page that sites which are crawled can reach you at.")
@as_json
def new(folder: Path, addresses: tuple[str, ...], title: str | None, client: str | None, contact: str | None, json_: bool) -> None:
    """Make a study folder from the rivals' public addresses.

    Each address is recognised as the source it is; write NAME=ADDRESS to say whose it is. An address that must not be crawled is
    answered with what may be done instead.

    \b
      rapport new games https://store.steampowered.com/app/413150
      rapport new payments Acme=https://forum.acme.example Acme=https://acme.example/reviews --client Ours
    """
    from enrich.scaffold import guess, scaffold

    file = folder / "study.toml"
    if file.exists():
        raise Mistake("there is a study already", place=str(file), cure="edit it, or choose another folder")
    named = [(a.partition("=")[0], a.partition("=")[2]) if "=" in a and "://" not in a.partition("=")[0] else (None, a) for a in addresses]
    for given, (_, url) in zip(addresses, named, strict=True):
        if "." not in url and "://" not in url:
            raise Mistake(f"{given!r} is no address", cure="write the address of a page, with the company's name before it where you like: Acme=https://forum.acme.example")
    found = crawling.recognise([url for _, url in named]) if named else []
    for (name, url), what in zip(named, found, strict=True):
        what["name"] = name or guess(url)
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(scaffold(title or folder.name.replace("-", " ").replace("_", " ").capitalize(), found, client=client, contact=contact), encoding="utf-8")
    if json_:
        click.echo(json.dumps({"study": str(file), "addresses": found}, ensure_ascii=False))
        return
    for what in found:
        click.echo(f"  {what['name']}: ", nl=False)
        if what.get("refused"):
            click.secho(f"{what['url']} is not crawled: {what['refused']}", fg="yellow")
            click.echo(f"    instead: {what['instead']}")
        elif what.get("source"):
            click.echo(f"{what['url']}: {what['title']}" + (", if they are there: a guess" if what.get("guess") else ""))
        else:
            click.secho(f"{what['url']}: no source reads this address; `rapport sources` lists them", fg="yellow")
    click.echo(f"{file} is made. Next: look it through, names first; then `cd {shlex.quote(str(folder))}` and `rapport check`.")


@main.command()
@in_study
@as_json
def check(study: studies.Study, json_: bool) -> None:
    """Check study.toml: every error with its line and its cure."""
    from enrich import permitted

    said = studies.warnings(study) + not_crawled(study) + permitted.notes(study)
    if json_:
        click.echo(json.dumps({"study": str(study.path), "companies": [{"name": c.name, "sources": [s.source for s in c.sources]} for c in study.companies], "warnings": said}, ensure_ascii=False))
        return
    for company in study.companies:
        click.echo(f"{company.name}{' (the client)' if study.is_client(company) else ''}: {', '.join(f'{s.source} {s.key}' for s in company.sources) or 'no sources'}")
    for warning in said:
        click.secho(f"note: {warning}", fg="yellow")
    click.secho(f"{study.path} is right.", fg="green")


def not_crawled(study: studies.Study) -> list[str]:
    """Places of a study that a crawl will refuse, and what may be done instead."""
    from enrich.demo.folder import HOST_FILE

    marker = study.folder / HOST_FILE
    own = marker.read_text(encoding="utf-8").strip() if marker.exists() else None
    places = [(company.name, source.url) for company in study.companies for source in company.sources if source.url and urlsplit(source.url).netloc != own]
    found = crawling.recognise([url for _, url in places]) if places else []
    return [f"{name}: {url} is not crawled: {what['refused']}. Instead: {what['instead']}" for (name, url), what in zip(places, found, strict=True) if what.get("refused")]


@main.command()
@as_json
def sources(json_: bool) -> None:
    """List the sources, and what each needs in study.toml."""
    known = crawling.sources()
    if json_:
        click.echo(json.dumps(known, ensure_ascii=False))
        return
    for name, source in known.items():
        shown = {True: "shows replies", False: "shows no replies", None: "may show replies"}[source["replies_visible"]]
        click.secho(name, bold=True, nl=False)
        click.echo(f": {source['title']} ({shown})")
        for option, schema in source["options"].get("properties", {}).items():
            needed = " (needed)" if option in source["options"].get("required", []) else ""
            click.echo(f"    {option}{needed}: {schema.get('description', '')}")


@main.command()
@in_study
@as_json
def plan(study: studies.Study, json_: bool) -> None:
    """Say beforehand what a study takes and what it could find: requests, hours, pages to save, the smallest difference.

    It rests on how many reviews each place has: as its source said at the last crawl, or as `expected = N` in study.toml says.
    """
    from enrich import plan as planning

    if study.database.exists():
        with Store(study.database) as store:
            made = planning.plan(study, store)
    else:
        made = planning.plan(study, None)
    click.echo(json.dumps(made, ensure_ascii=False) if json_ else "\n".join(planning.lines(made)))


@main.command()
@in_study
@click.option("--company", help="Only this company.")
@click.option("--source", help="Only this source.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was written from this day on, where the source can tell.")
@click.option("--full", is_flag=True, help="Read every list to its end, also where most is known.")
@as_json
def crawl(study: studies.Study, company: str | None, source: str | None, since: datetime | None, full: bool, json_: bool) -> None:
    """Gather what is public: every place of study.toml, files included, slowly and politely.

    A later crawl reads what is new and looks again at what may still change; every 90 days it reads all. Stop it with Ctrl-C and
    run it again: it goes on, and nothing is doubled.
    """
    only = study.company(company) if company else None
    wanted = sorted({s.source for c in study.companies if only in (None, c) for s in c.sources if source in (None, s.source)})
    if not wanted:
        raise Mistake("nothing to gather: no place fits", place=str(study.path), cure=f"sources in this study: {', '.join(sorted({s.source for c in study.companies for s in c.sources})) or 'none'}")
    if not gather(study, wanted, json_, company=only.id if only else None, since=since.date().isoformat() if since else None, full="1" if full else None):
        sys.exit(1)
    if not json_:
        click.echo("Next: rapport enrich")


@main.command()
@in_study
@click.option("--company", help="Only this company.")
@click.option("--source", help="Only this source.")
@as_json
def replay(study: studies.Study, company: str | None, source: str | None, json_: bool) -> None:
    """Read the kept responses again after a parser improved, without a request, and tell what changed.

    What changes so is written down with the cause parser, and no measure takes it for something that people did. Imported files are not kept:
    import them again instead.
    """
    only = study.company(company) if company else None
    files = {name for name, said in crawling.sources().items() if said["file"]}
    wanted = sorted({s.source for c in study.companies if only in (None, c) for s in c.sources if source in (None, s.source)} - files)
    if not wanted:
        raise Mistake("nothing to replay: no place that is crawled fits", place=str(study.path), cure="files are not kept: import them again")
    if not gather(study, wanted, json_, company=only.id if only else None, replay="1"):
        sys.exit(1)


@main.command("import")
@in_study
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--company", required=True, help="The company that the reviews are about.")
@click.option("--collected-at", "--seen", "collected_at", type=click.DateTime(["%Y-%m-%d"]),
              help="The day the reviews were gathered, or the pages saved. An unanswered review counts as waiting until then. Not needed for pages that say it themselves.")
@click.option("--origin", help="Where they were published, for example google_play; for saved pages their site, unless given.")
@click.option("--audience", type=click.Choice(["customer", "employee"]), help="Who wrote them; for saved pages as their site has it, unless given.")
@click.option("--basis", help="On what ground they are imported: needed for pages of sites that programs may not read, and printed on the page Method.")
@as_json
def import_(study: studies.Study, files: tuple[Path, ...], company: str, collected_at: datetime | None, origin: str | None, audience: str | None, basis: str | None, json_: bool) -> None:
    """Take in files of reviews: tables (CSV, TSV, JSON, JSONL, XLSX, Parquet), and pages that you saved in a browser.

    Saved pages are .html or .mhtml files, folders or zip archives of them: give all pages of a list, because only a whole list can be
    counted in rates. What is imported is written into study.toml as a source of the company, where more can be said of it. It can be
    run again: newer files of the same origin are a later look at the same reviews.

    \b
      rapport import reviews.csv --company Acme --collected-at 2026-05-01
      rapport import saved-pages/ --company Acme --seen 2026-05-01 --basis "read and saved by hand by an analyst"
    """
    from enrich.saved_pages import add_pages, by_site
    from enrich.scaffold import add_file

    whose = study.company(company)
    for file in files:
        if not file.exists():
            raise Mistake("there is no such file", place=str(file), cure="check the path")
    given = list(dict.fromkeys(files))
    told = crawling.saved(given)
    day = collected_at.date() if collected_at else None
    saved, wrong = by_site(study, whose, {f: t for f, t in zip(given, told, strict=True) if t["source"] != "table"}, collected_at=day, origin=origin, audience=audience, basis=basis)
    tables = [f for f, t in zip(given, told, strict=True) if t["source"] == "table"]
    profiles = [add_file(study, whose, f, source="table", collected_at=day, origin=origin, audience=audience, basis=basis) for f in tables]
    profiles += [add_pages(study, whose, **site) for site in saved]
    for mistake in wrong:
        click.secho(str(mistake), fg="yellow", err=True)
    study = studies.load(study.path, crawling.sources())
    if not gather(study, sorted({t["source"] for t in told}), json_, profile=",".join(profiles)):
        click.echo(f"It stands in {study.path} now: say more of it there (`rapport sources` lists what a table or saved pages may be told) and import it again, or remove it.", err=True)
        sys.exit(1)
    if not json_:
        click.echo("Next: rapport enrich")


def gather(study: studies.Study, spiders: list[str], json_: bool, settings: dict[str, str] | None = None, **arguments: str | None) -> bool:
    """Runs spiders one after another and tells what came; false where nothing could be done."""
    with Store(study.database, create=True) as store:        # a store that cannot be used is told here, once
        ledger.register(store, study)
        ledger.key_of(store)
        before = store.one("select coalesce(max(rowid), 0) from crawls")
    codes = []
    for spider in spiders:
        codes.append(crawling.crawl(spider, settings, study=str(study.path), **arguments))
        if codes[-1] == crawling.INTERRUPTED:
            break
    with Store(study.database) as store:
        ledger.forget_running(store)
        runs = list(store.dicts("""select c.name company, p.source, p.key, k.outcome, k.reviews, k.replies, k.new_reviews, k.new_replies, k.changes, k.problems, k.requests, k.skipped, k.whole, k.seconds,
            (select f.requests from crawls f where f.profile = k.profile and f.whole and f.kind = 'crawl' order by f.started_at desc limit 1) as full, k.id
            from crawls k join profiles p on p.id = k.profile join companies c on c.id = p.company where k.rowid > ? order by k.rowid""", (before,)))
        for run in runs:
            run["first_problems"] = list(store.dicts("select place, what, cure, count from problems where crawl = ? order by rowid limit 5", (run.pop("id"),)))
    if json_:
        click.echo(json.dumps(runs, ensure_ascii=False))
    else:
        tell(runs)
    if crawling.INTERRUPTED in codes:
        raise KeyboardInterrupt
    return not set(codes) - {0, crawling.NOTHING_CAME} and any(r["outcome"] in GOOD for r in runs)


def count(n: int, what: str, many: str | None = None) -> str:
    return f"{n:,} {what if n == 1 else many or f'{what}s'}"


def _cost(run: dict[str, Any]) -> str:
    """What a crawl cost, beside the last one that read everything."""
    if not run["requests"]:
        return ""
    spared = f", {run['skipped']:,} more not needed" if run["skipped"] else ""
    first = f" (the last full one took {run['full']:,})" if run["full"] and not run["whole"] else ""
    return f"; {count(run['requests'], 'request')}{spared}{first}"


def tell(runs: list[dict[str, Any]]) -> None:
    """What came, per place, and the first things that went wrong."""
    for run in runs:
        color = "green" if run["outcome"] in GOOD else "yellow"
        click.secho(f"{run['company']} on {run['source']}, {run['key']}: {run['outcome']}", fg=color, nl=False)
        click.echo(f": {count(run['reviews'], 'review')} ({run['new_reviews']:,} new), {count(run['replies'], 'reply', 'replies')} ({run['new_replies']:,} new), {count(run['changes'], 'change')}, {count(run['problems'], 'problem')}{_cost(run)}")
        for problem in run["first_problems"]:
            click.echo(f"    {problem['place']}: {problem['what']}" + (f" ({problem['count']:,} times)" if problem["count"] > 1 else ""), err=True)
            if problem["cure"]:
                click.echo(f"      cure: {problem['cure']}", err=True)
        if run["problems"] > len(run["first_problems"]):
            click.echo(f"    … {run['problems'] - len(run['first_problems']):,} more: the page Status shows them", err=True)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("spider")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--url", help="The address it was saved from.")
@click.option("--seen", help="When it was saved, for times such as '2 weeks ago'.")
@click.option("-o", "options", multiple=True, metavar="KEY=VALUE", help="An option of the source, as in study.toml.")
def parse(spider: str, file: str, url: str | None, seen: str | None, options: tuple[str, ...]) -> None:
    """Print what a source draws from one saved response, as JSON lines; no study needed.

    Each line has "kind": "review", "reply", "request" (what a crawl would ask next), "problem", or "total" (how many reviews
    the source says it has). A reply follows its review, and names its id in "review" where the source gives one.
    """
    more = [*(("--url", url) if url else ()), *(("--seen", seen) if seen else ()), *(part for o in options for part in ("-o", o))]
    sys.exit(crawling.draw(spider, file, *more))


@main.command()
@in_study
@asks_model
@as_json
def enrich(study: studies.Study, asking: Asking | None, json_: bool) -> None:
    """Read what is new and draw conclusions: sentiment, themes, moves, templates, measures, findings.

    Only texts that no step of this version has read are read; with nothing new, nothing changes.

    With --llm only masked texts of public places are sent. The answers lie in answers.jsonl beside the store, and later runs read by them, without
    asking, until the file is moved away; texts without an answer are read by the lens's cues.
    """
    asked = None
    if asking:
        from enrich import llm_tags

        with Store(study.database) as store:
            ledger.register(store, study)
            asked = asking(llm_tags.of_store(store), study.folder)
    conclude(study, json_, asked)
    if not json_:
        click.echo("Next: rapport serve, or rapport export --format json")


def conclude(study: studies.Study, json_: bool, asked: Asked | None = None, more: dict[str, Any] | None = None) -> None:
    """Reads what is new and tells what was found; `more` is told beside it in JSON."""
    from enrich import enrichment, reading

    with Store(study.database) as store:
        ledger.register(store, study)
        enrichment.use_models(study.folder, study.deep)
        due = reading.count_due(store)
        with click.progressbar(length=due, label=f"reading {due:,} texts", file=sys.stderr, hidden=json_ or not due) as bar:
            done = enrichment.enrich(store, bar.update, by_meaning=study.deep)
    if json_:
        click.echo(json.dumps(asdict(done) | ({"asked": asked.plain()} if asked else {}) | (more or {})))
        return
    if done.tagged_by:
        click.echo(f"Themes and moves are as {done.tagged_by} named them, where it answered. How exact it is, the pages do not say (theirs is the accuracy of the cues): "
                   "rapport evaluate --gold FOLDER --llm MODEL")
    click.echo(f"{done.read:,} texts read, {done.days:,} days counted again; {done.findings:,} findings, {done.verdicts:,} of them a clear difference from the others.")


@main.command()
@in_study
@as_json
def status(study: studies.Study, json_: bool) -> None:
    """What is in the study, what is new, and what went wrong."""
    from enrich import enrichment

    if study.database.exists():
        enrichment.use_models(study.folder, study.deep)                  # what is due depends on them
        with Store(study.database) as store:
            ledger.register(store, study)
            said = statuses.status(study, store)
    else:
        said = statuses.status(study, None)
    if json_:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.secho(said["title"], bold=True)
    for place in said["places"]:
        last = f"last run {place['started_at'][:10]} {place['outcome']}" if place.get("started_at") else "never gathered"
        if place.get("good_at") and place["outcome"] not in GOOD:
            last += f", last good look {place['good_at'][:10]}"
        total = f" of {place['says_total']:,} that the source says it has" if place.get("says_total") else ""
        click.echo(f"  {place['company']} on {place['source']}, {place['key']}: {count(place['reviews'], 'review')}{total}, {count(place['replies'], 'reply', 'replies')}; {last}")
        if place.get("left"):
            click.secho("    is no longer in study.toml: what was gathered is kept, and counts in no figure", fg="yellow")
            continue
        if place.get("short_since"):
            click.secho(f"    shows fewer than its minimum of {place['minimum']:,}: its figures stand as of {(place['held_at'] or place['short_since'])[:10]}, without a verdict", fg="yellow")
        if place["problems"]:
            click.secho(f"    {count(place['problems'], 'problem')} in the last run, the first:", fg="yellow")
            for problem in place["first_problems"]:
                click.echo(f"      {problem['sort'] + ': ' if problem['sort'] else ''}{problem['place']}: {problem['what']}")
                if problem["cure"]:
                    click.echo(f"        cure: {problem['cure']}")
    for missing in said["not_available"]:
        click.echo(f"  not available: {missing}")
    click.echo(f"  {said['due']:,} texts not read yet" + (": rapport enrich" if said["due"] else ""))
    click.echo(f"  {said['findings']:,} findings" + (f" as of {said['analysis'][:10]}" if said["analysis"] else ""))


@main.command()
@in_study
@click.option("--host", default="127.0.0.1", show_default=True, help="Who may look: this machine only, unless changed.")
@click.option("--port", default=8001, show_default=True)
@click.option("--open/--no-open", "open_", default=False, help="Open a browser.")
@click.option("--edition", help="Show this edition (see `rapport freeze`) in place of the study as it is now.")
def serve(study: studies.Study, host: str, port: int, open_: bool, edition: str | None) -> None:
    """Show the findings in a browser, with Datasette. On this machine only, the pages also let you strike a mention as wrong.

    To show them to others, serve an edition or point Datasette itself to the store, as the README says.
    """
    from enrich import freeze as editions
    from enrich import serve as server

    if edition is None:
        sys.exit(server.serve(study.database, host, port, open_, study.path))
    with editions.unpacked(study.folder / editions.FOLDER, edition) as database:
        code = server.serve(database, host, port, open_)
    sys.exit(code)


@main.command()
@in_study
@click.option("--format", "form", type=click.Choice(["json", "csv", "jsonl", "parquet"]), default="json", show_default=True,
              help="json: one document with study, findings and evidence; the others: tables.")
@click.option("--table", help="Only this table (csv, jsonl, parquet).")
@click.option("--out", type=click.Path(path_type=Path), help="Where to; a folder for tables. Standard output unless given, for json and for a single table.")
def export(study: studies.Study, form: str, table: str | None, out: Path | None) -> None:
    """Take the findings away, with their evidence, for a report."""
    from enrich import export as exporter

    with Store(study.database) as store:
        for path in exporter.export(store, form, out, table):
            click.echo(str(path), err=True)


@main.command()
@in_study
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="List the editions there are, with their hashes.")
@as_json
def freeze(study: studies.Study, name: str | None, list_: bool, json_: bool) -> None:
    """Make a read-only edition of the findings, with their quotes and versions, that a report can cite.

    It is one file, editions/NAME.db, with its hash beside it, and holds only what may be published. An edition never changes.

    \b
      rapport freeze 2026-Q4
      rapport serve --edition 2026-Q4
      rapport diff 2026-Q4               what has changed since
    """
    from enrich import freeze as editions

    folder = study.folder / editions.FOLDER
    if list_ == bool(name):
        raise Mistake("either a name for the edition, or --list", cure="rapport freeze 2026-Q4")
    if list_:
        told = list(editions.listed(folder))
        if json_:
            click.echo(json.dumps([{"name": n, **(asdict(e) if e else {}), "sha256" if e else "problem": said} for n, e, said in told], ensure_ascii=False))
            return
        for n, edition, said in told:
            click.secho(cited(edition, said) if edition else f"{n} cannot be cited: {said}", fg=None if edition else "red")
        if not told:
            click.echo("There are no editions yet: rapport freeze NAME")
        return
    with Store(study.database) as store:
        made, hash_ = editions.freeze(store, folder, str(name))
    click.echo(json.dumps({**asdict(made), "sha256": hash_}, ensure_ascii=False) if json_ else cited(made, hash_))


@main.command()
@in_study
@click.argument("a")
@click.argument("b", required=False)
@click.option("--format", "form", type=click.Choice(["md", "html", "json", "feed"]), default="md", show_default=True, help="md: Markdown; html: one page; feed: Atom, of what alerts.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; standard output unless given.")
def diff(study: studies.Study, a: str, b: str | None, form: str, out: Path | None) -> None:
    """Say what changed between A and B: dates such as 2026-10-01 (their ends), or editions; B is now unless given.

    What became a weakness or is none any more, who started or stopped answering, new pasted replies, newly named rivals. Every change is
    attributed to the world, to coverage (we see more) or to the tagger (we read otherwise). Only a change in the world that is sure alerts.

    \b
    Exit code, for schedulers: 0 nothing alerts, 1 a mistake, 2 a wrong option, 3 something alerts.
      rapport diff 2026-10-01 --format feed --out changes.xml
      rapport diff 2026-Q3 2026-Q4 --format html --out changes.html
    """
    from enrich import diff as comparison
    from enrich import enrichment, freeze
    from enrich.diff_forms import FORMS

    with Store(study.database) as store:
        ledger.register(store, study)
        enrichment.use_models(study.folder, study.deep)
        found = comparison.diff(store, study.folder / freeze.FOLDER, a, b)
    if out:
        out.write_text(FORMS[form](found), encoding="utf-8")
    else:
        click.echo(FORMS[form](found), nl=False)
    if found.alerts:
        sys.exit(3)


def cited(edition: Edition, hash_: str) -> str:
    """An edition as a report cites it."""
    return (f"{edition.title}, edition {edition.name}, as of {edition.as_of[:10]}, frozen on {edition.made_at[:10]}: {count(edition.findings, 'finding')} on {count(edition.reviews, 'review')} "
            f"and {count(edition.replies, 'reply', 'replies')}; sha256 {hash_}")


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-s", "--study", "where", default=".", envvar="RAPPORT_STUDY", help="The study whose own stars teach, where no files are given.", type=click.Path(path_type=Path))
@click.option("--text", default="content", show_default=True, help="Column of the files with the text.")
@click.option("--stars", default="score", show_default=True, help="Column of the files with one to five stars.")
@click.option("--data", help="What the files are, for the model's card; needed with files.")
@click.option("--licence", help="Under what licence, for the model's card; needed with files.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the model goes: beside the study's store, or with files the model that ships.")
@click.option("--deep", "deep_", is_flag=True, help="Teach the layer on sentence embeddings, which studies with `deep = true` read by too (needs the extra [deep]; some 30 texts a second on a core, 20,000 at most).")
@as_json
def train(files: tuple[Path, ...], where: Path, text: str, stars: str, data: str | None, licence: str | None, out: Path | None, deep_: bool, json_: bool) -> None:
    """Teach the reading of tone on star ratings: a study's own, or CSV files whose licence allows it.

    From some 300 rated reviews on, a study's own stars read its trade better than the model that ships. Enrichment then reads by it.
    """
    from enrich import deep, tone
    from enrich import train as training

    teach, shipped, own = (training.train_deep, deep.SHIPPED, training.OWN_LAYER) if deep_ else (training.train, tone.SHIPPED, training.OWN)
    if files and not (data and licence):
        raise Mistake("a model of files says what it learned from", cure="add --data and --licence")
    if files:
        card = teach(training.of_files(files, text, stars), out or shipped, data=data or "", licence=licence or "")
    else:
        study = studies.load(where)
        with Store(study.database) as store:
            card = teach(training.of_study(store), out or study.folder / own, data=f"the stars of the study {study.title!r}", licence="stays with the study")
    if json_:
        click.echo(json.dumps(card, ensure_ascii=False, default=str))
        return
    click.echo(f"{card['texts']:,} rated texts" + (f"; of companies it had not seen it tells {100 * card['held_out']['accuracy']:.1f} of 100 apart, and finds {100 * card['held_out']['negative_recall']:.1f} of 100 negative ones"
                                                   if "held_out" in card else "; too few companies to hold some out: how well it reads others is not known"))
    click.echo("Next: rapport enrich")


@main.command()
@click.option("--gold", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True, help="The folder of annotated rows: reviews.jsonl, replies.jsonl.")
@click.option("--write", is_flag=True, help="Write the accuracy of every tag into the lens, which intervals and verdicts take into account.")
@click.option("--deep", "deep_", is_flag=True, help="Read tone by meaning too (needs the extra [deep]).")
@asks_model
@as_json
def evaluate(gold: Path, write: bool, deep_: bool, asking: Asking | None, json_: bool) -> None:
    """Measure how well themes, moves and the other readings agree with people's.

    With --llm a language model's themes and moves are measured, and what is read off them; its answers lie in answers.jsonl beside the rows.
    """
    from enrich import deep, tone
    from enrich import evaluate as evaluation

    if deep_:
        tone.use(deep.Model(tone.Model(tone.SHIPPED)))
    asked = asking(((text, None) for text in evaluation.texts(gold)), gold) if asking else None
    report = evaluation.evaluate(gold)
    click.echo(json.dumps(report | ({"asked": asked.plain()} if asked else {})) if json_ else "\n".join(evaluation.lines(report)))
    if write:
        click.echo(f"written: {evaluation.write_accuracy(report, by=asked.by if asked else None)}", err=True)


@main.command()
@in_study
@click.argument("finding")
@click.option("--rows", default=40, show_default=True, type=click.IntRange(min=0), help="How many texts to look at, half of them tagged; 0 prints what earlier audits found.")
@as_json
def audit(study: studies.Study, finding: str, rows: int, json_: bool) -> None:
    """Judge random texts behind a finding by hand, and correct its figure for what the tagger got wrong and what it missed.

    FINDING is the id at the end of its address. Stop with q: what was answered is kept, and a later audit goes on.
    """
    from enrich import audit as auditing

    with Store(study.database) as store:
        subject = auditing.Subject(store, finding)
        drawn = subject.draw(rows)
        for number, text in enumerate(drawn, 1):
            click.secho(f"\n{number} of {len(drawn)}", bold=True, err=json_)
            click.echo(text.text, err=json_)
            answer = click.prompt(f"{subject.tag.title}: {subject.tag.definition} Is it so here? (y, n, s: skip, q: stop)", type=click.Choice(["y", "n", "s", "q"]), show_choices=False, err=json_)
            if answer == "q":
                break
            if answer != "s":
                subject.judge(text, answer == "y")
        made = auditing.settle(subject)
    click.echo(json.dumps(asdict(made) if made else None) if json_ else "\n".join(auditing.lines(subject, made)))
    if made and not json_:
        click.echo("Next: rapport enrich, which carries it into the findings")


@main.command()
@in_study
@click.argument("mentions", metavar="[MENTION]...", nargs=-1)
@click.option("--because", help="Why it is wrong, in a few words: sarcasm, for example. It stands beside the finding.")
@click.option("--who", help="Who says so.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Many at once: a CSV file with the column mention, and because and who where wanted.")
@click.option("--undo", is_flag=True, help="Take strikes back.")
@click.option("--list", "list_", is_flag=True, help="What is struck, and whether it holds.")
@as_json
def strike(study: studies.Study, mentions: tuple[str, ...], because: str | None, who: str | None, file: Path | None, undo: bool, list_: bool, json_: bool) -> None:
    """Strike mentions as wrong by hand: words that do not say what they were taken for count in no figure any more.

    MENTION is the address of the words: the JSON of a review's page names it, and its button when you point at it. A strike outlives every later reading of the same text, also under
    another vocabulary; figures are new when the command returns, and say how many were struck. On pages that `rapport serve` shows on your own
    machine the same is done with a button.

    \b
      rapport strike 3f2a9c81:theme:heard-:41 --because sarcasm
      rapport strike --undo 3f2a9c81:theme:heard-:41
      rapport strike --file strikes.csv
    """
    from enrich import strike as striking

    if list_ == bool(mentions or file):
        raise Mistake("say what is to be struck, or ask for the list", cure="give the address of a mention, --file, or --list alone")
    with Store(study.database) as store:
        if list_:
            told = list(striking.stands(store))
        else:
            wishes = [striking.Wish(m, because, who) for m in mentions] + (list(striking.read_file(file)) if file else [])
            n = striking.undo(store, wishes) if undo else striking.strike(store, wishes)
    if not list_:
        if not json_:
            click.echo(f"{count(n, 'strike')} taken back." if undo else f"{count(n, 'mention')} struck.")
        conclude(study, json_, more={"taken_back" if undo else "struck": n})
    elif json_:
        click.echo(json.dumps([asdict(one) for one in told], ensure_ascii=False))
    else:
        for one in told:
            click.echo(f"{one.strike.id}: “{one.strike.words}”" + (f", because {one.strike.because}" if one.strike.because else "") + (f" ({one.strike.who})" if one.strike.who else ""))
            click.echo(f"    {one.stand}; {count(one.takes_out, 'mention')} left out of the figures, {one.strike.struck_at[:10]}")
        click.echo(count(len(told), "strike"))


@main.command()
@in_study
@click.option("--draft", metavar="PHRASE", help="Print a theme that finds this phrase, to begin a lens file with.")
@as_json
def unclaimed(study: studies.Study, draft: str | None, json_: bool) -> None:
    """What the lens does not name: complaints without a theme, grouped by phrase, and other companies that several people name."""
    from enrich import rivals
    from enrich import unclaimed as claims

    with Store(study.database) as store:
        found, names = list(claims.unclaimed(store)), list(rivals.unknown(store))
    if draft:
        group = next((g for u in found for g in u.groups if g.phrase == draft.casefold()), None)
        if group is None:
            raise Mistake(f"no group of complaints shares the phrase {draft!r}", cure="`rapport unclaimed` lists them")
        click.echo(claims.draft(group.phrase))
        return
    if json_:
        click.echo(json.dumps({"complaints": [asdict(u) for u in found], "names": [asdict(n) for n in names]}, ensure_ascii=False))
        return
    for one in found:
        click.secho(f"{one.company}: {one.unclaimed:,} of {count(one.complaints, 'complaint')} name no theme", bold=True)
        for group in one.groups:
            click.echo(f"  {group.phrase}: {count(len(group.reviews), 'review')}")
    for name in names:
        click.echo(f"{name.name} is named by {name.authors:,} people under {', '.join(name.companies)}: another name of a company (`aliases` in study.toml), or one to add?")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("studies/demo"))
@click.option("--serve/--no-serve", "serve_", default=True, help="Open the findings in Datasette at the end.")
@click.option("--port", default=8001, show_default=True)
def demo(folder: Path, serve_: bool, port: int) -> None:
    """A whole study of invented companies, offline: crawl, enrich, findings.

    A small local site is served on this machine and really crawled; FOLDER (studies/demo unless given) is then a study like any other.
    """
    from enrich import demo as bundled
    from enrich import serve as server
    from enrich.demo.folder import HOST_FILE

    if studies.find(folder).exists() and not (folder / HOST_FILE).exists():
        raise Mistake("there is a study of your own", place=str(studies.find(folder)), cure="choose another folder for the demo")
    folder.mkdir(parents=True, exist_ok=True)
    with bundled.serve() as host:                            # the site stays up while the findings are looked at: their quotes link to it
        study = studies.load(bundled.write_study(folder, host), crawling.sources())
        click.echo(f"An invented market is served on {host} and crawled into {study.folder}:", err=True)
        if not gather(study, sorted({s.source for c in study.companies for s in c.sources}), False, {"DOWNLOAD_DELAY": "0", "CONCURRENT_REQUESTS_PER_DOMAIN": "4"}):
            sys.exit(1)
        conclude(study, False)
        if serve_:
            click.echo(f"Open http://127.0.0.1:{port}/ ; stop with Ctrl-C.")
            sys.exit(server.serve(study.database, port=port, study=study.path))
    click.echo(f"Next: rapport serve --study {folder}")


@main.command("new-source")
@click.argument("name")
def new_source(name: str) -> None:
    """Begin a new source: a spider that works and one saved case, for you to adapt (for developers, in the checkout).

    \b
      rapport new-source harbour_news
    """
    from enrich.new_source import make

    spider, case, expected = make(name, crawling.sources())
    for path in (spider, case, expected):
        click.echo(f"made: {path.relative_to(crawling.PROJECT)}")
    click.echo(f"""Next:
  pytest tests/test_sources.py -k {name}                       it passes as it stands
  replace {case.relative_to(crawling.PROJECT)} by a response of the site, with invented words, and its address in {expected.name}
  adapt {spider.relative_to(crawling.PROJECT)} until `rapport parse {name} FILE` draws what you see in the response
  pytest tests/test_sources.py --update -k "{name}/"           writes what is drawn as what is expected: read it
  scrapy sources --markdown --write                            puts it into the README's table""")


if __name__ == "__main__":
    main()
