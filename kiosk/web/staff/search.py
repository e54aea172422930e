"""Search: a reference leads straight to its report, words open the newest reports in memory, one after the other."""

import threading
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.intake.matching import matcher, plain
from kiosk.intake.reference import parse
from kiosk.store import search, standing, visits
from kiosk.store.console import Selection
from kiosk.store.search import Found
from kiosk.web.context import current_settings, database
from kiosk.web.staff import access, filters, keyring, lines, words
from kiosk.web.staff.console import READERS
from kiosk.web.staff.keyring import Closed

TYPED_LIMIT = 200  # characters
PATIENCE = 10  # seconds that a search waits for the one before it
SHOWN = 100  # reports on the page of results

blueprint = Blueprint("search", __name__)
in_line = threading.BoundedSemaphore(4)  # whoever waits keeps one of the door's threads
one_at_a_time = threading.Lock()  # a search keeps a core busy for a second; reports and lists come first


@blueprint.get("/search")
@access.for_roles(*READERS)
def form() -> str:
    return _page()


@blueprint.post("/search")
@access.for_roles(*READERS)
def look() -> ResponseReturnValue:
    """What is looked for stands in no address; that somebody searched stands in the trace."""
    typed = request.form.get("words", "")[:TYPED_LIMIT].strip()
    if reference := _reference_of_theirs(typed):
        return redirect(url_for("report.show", reference=reference), 303)
    if len(plain(typed)) < 2:
        return _page(typed=typed, objection="Tapez une référence, ou au moins deux lettres d'un mot."), 422
    if keyring.reading() is Closed.LOCKED:
        return _page(typed=typed, locked=True)
    found = _search(typed)
    if found is None:
        return _page(typed=typed, objection="D'autres recherches sont en cours : réessayez."), 503
    account, count, now = access.current_member().name, len(found.hits), clock.now()
    visits.record_search(database(), account, searched=found.searched, found=count, now=now)
    return _page(typed=typed, found=found, shown=_shown(found, now), now=now)


def _search(typed: str) -> Found | None:
    """None when others search already and have not come to an end within PATIENCE, or when too many wait for that."""
    if not in_line.acquire(blocking=False):
        return None
    try:
        if not one_at_a_time.acquire(timeout=PATIENCE):
            return None
        try:
            return search.search(database(), _selection(), matcher(typed), keyring.key_of())
        finally:
            one_at_a_time.release()
    finally:
        in_line.release()


def _reference_of_theirs(typed: str) -> str | None:
    """One of another's site is like one that does not exist."""
    reference = parse(typed, length=9)
    report = standing.find(database(), reference) if reference else None
    return report.reference if report and access.may_see(report.site) else None


def _selection() -> Selection:
    settings = current_settings()
    return Selection(sites=filters.sites_of_member(database(), settings), demo=settings.demo)


def _shown(found: Found, now: datetime) -> list[tuple[lines.Shown, str]]:
    """Each with its excerpt."""
    member, db = access.current_member(), database()
    known_until, hits = visits.before_this_visit(db, member.id), found.hits[:SHOWN]
    listed = [line for line, _ in hits]
    shown = lines.shown(db, current_settings(), listed, member=member, known_until=known_until, now=now)
    return [(one, excerpt) for one, (_, excerpt) in zip(shown, hits, strict=True)]


def _page(**values: Any) -> str:  # noqa: ANN401 - values for a template
    return render_template("staff/search.html", words=words, limit=search.LIMIT, **values)
