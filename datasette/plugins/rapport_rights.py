"""Who sees what: a table is shown only where metadata.yaml allows it, and nothing on a page may come from elsewhere or run as a script."""

from functools import wraps

from datasette import hookimpl

from enrich.published import VIEWS, permit
from enrich.tables import TABLES

OURS = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
DATASETTES = OURS.replace("script-src 'self'; style-src 'self'", "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'")
"""Datasette's own table and query pages carry short scripts and styles of their own in the page."""


@hookimpl
def permission_allowed(datasette, action, resource):
    if action == "view-table" and datasette.metadata("allow", *resource, fallback=False) is not True:
        return False
    return None


@hookimpl
def prepare_connection(conn):
    permit(conn)


@hookimpl
def get_metadata(database, table):
    """Column descriptions, from where they are written once."""
    described = {t.NAME: {"columns": {name: c.metadata["doc"] for name, c in t.columns().items()}} for t in TABLES}
    described |= {name: {"description": view.doc, "columns": view.columns} for name, view in VIEWS.items()}
    return {"databases": {"rapport": {"tables": described}}}


@hookimpl
def asgi_wrapper():
    return _guarded


def _guarded(app):
    @wraps(app)
    async def guarded(scope, receive, send):
        async def sending(message):
            if message["type"] == "http.response.start":
                theirs = scope["path"].startswith(("/rapport", "/-/", "/_memory"))
                message = {**message, "headers": [*message.get("headers", ()), (b"content-security-policy", (DATASETTES if theirs else OURS).encode()),
                                                  (b"referrer-policy", b"no-referrer"), (b"x-content-type-options", b"nosniff")]}
            await send(message)

        await app(scope, receive, sending)

    return guarded
