"""Report search by reference, or by words: then the newest reports are decrypted in memory, one by one."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.reference import parse
from kiosk.domain.roles import READERS
from kiosk.store.reports import report_status, search
from kiosk.store.reports.report_lists import Selection
from kiosk.store.reports.search import Found
from kiosk.store.staff import last_seen
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.keyring import Closed
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.lists import filters, list_rows
from kiosk.web.staff.lists.list_rows import ListRow
from kiosk.web.staff.lists.matching import matcher, words_in
from kiosk.web.staff.shared.forms import StaffForm, TypedLine

TYPED_LIMIT = 200  # characters
PATIENCE = 10  # seconds that a search waits for its turn
SHOWN = 100  # reports on the page of results

blueprint = Blueprint("search", __name__)
in_line = threading.BoundedSemaphore(4)  # running and waiting searches: each keeps a server thread
one_at_a_time = threading.Lock()  # a search uses a core for about a second; reports and lists come first


class SearchForm(StaffForm):
    act = "Chercher"
    words = TypedLine("Référence ou mots à chercher", id="looked-for", description="Référence ou mots")

    @property
    def typed(self) -> str:
        return self.words.data[:TYPED_LIMIT].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """``rows``: with excerpts; ``objection``: why nothing was searched."""

    search: SearchForm
    now: datetime
    limit: int = search.LIMIT
    objection: str = ""
    locked: bool = False
    found: Found | None = None
    rows: Sequence[tuple[ListRow, str]] = ()


@blueprint.get("/search")
@permissions.for_roles(*READERS)
def form() -> str:
    return _page(SearchForm())


@blueprint.post("/search")
@permissions.for_roles(*READERS)
@takes(SearchForm)
def look() -> ResponseReturnValue:
    """By POST: no words in the URL. The trace records the search without its words."""
    form = SearchForm(request.form)
    if reference := _reference_of_theirs(form.typed):
        return redirect(url_for("report.show", reference=reference), 303)
    if len("".join(words_in(form.typed))) < 2:
        return _page(form, objection="Tapez une référence, ou au moins deux lettres d'un mot."), 422
    if keyring.reading() is Closed.LOCKED:
        return _page(form, locked=True)
    found = _search(form.typed)
    if found is None:
        return _page(form, objection="D'autres recherches sont en cours : réessayez."), 503
    account, count, now = permissions.current_member().name, len(found.hits), clock.now()
    last_seen.record_search(database(), account, searched=found.searched, found=count, now=now)
    return _page(form, found=found)


def _search(typed: str) -> Found | None:
    """None if no turn comes within PATIENCE, or too many wait."""
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
    """None also for a site that the member does not serve."""
    reference = parse(typed, length=9)
    report = report_status.find(database(), reference) if reference else None
    return report.reference if report and permissions.may_see(report.site) else None


def _selection() -> Selection:
    settings = current_settings()
    return Selection(sites=filters.sites_of_member(database(), settings))


def _rows(found: Found, now: datetime) -> list[tuple[ListRow, str]]:
    member, db = permissions.current_member(), database()
    known_until, hits = last_seen.before_this_visit(db, member.id), found.hits[:SHOWN]
    listed = [line for line, _ in hits]
    shown = list_rows.shown(db, current_settings(), listed, member=member, known_until=known_until, now=now)
    return [(one, excerpt) for one, (_, excerpt) in zip(shown, hits, strict=True)]


def _page(form: SearchForm, *, objection: str = "", locked: bool = False, found: Found | None = None) -> str:
    now = clock.now()
    rows = _rows(found, now) if found else ()
    page = SearchPage(search=form, now=now, objection=objection, locked=locked, found=found, rows=rows)
    return render_template("staff/search.html", page=page)
