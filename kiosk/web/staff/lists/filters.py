"""List filters in the query string: only codes and days, never typed text."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import request

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.catalogue import KINDS
from kiosk.store.base.connection import Database
from kiosk.store.reports import report_lists
from kiosk.store.reports.folded_lists import Place
from kiosk.store.reports.report_lists import Selection, View
from kiosk.web.staff.access import permissions

VIEWS = {
    View.TO_DO: "À traiter",
    View.WAITING: "À prendre",
    View.TAKEN: "Pris en charge",
    View.CLOSED: "Clos",
    View.ALL: "Tous",
    View.HIDDEN: "Masqués : essais, indésirables",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Codes; empty if not set or invalid."""

    view: View = View.TO_DO
    site: str = ""
    kind: str = ""
    first: str = ""
    last: str = ""

    @property
    def narrowed(self) -> bool:
        return self != Filters()

    @property
    def query(self) -> str:
        asked = {"state": self.view, "site": self.site, "kind": self.kind, "from": self.first, "to": self.last}
        nothing = {"state": View.TO_DO, "site": "", "kind": "", "from": "", "to": ""}
        return urlencode({name: value for name, value in asked.items() if value != nothing[name]})

    def selection(self, sites: tuple[str, ...]) -> Selection:
        return Selection(
            sites=tuple(site for site in sites if self.site in ("", site)),
            view=self.view,
            kind=self.kind or None,
            first=midnight(self.first),
            before=midnight(self.last, days_later=1),
        )


def from_request() -> Filters:
    asked = request.args
    view, kind = asked.get("state", ""), asked.get("kind", "")
    return Filters(
        view=View(view) if view in list(View) else View.TO_DO,
        site=asked.get("site", "")[:64],
        kind=kind if kind in KINDS else "",
        first=_day_code(asked.get("from", "")),
        last=_day_code(asked.get("to", "")),
    )


def place_from_request() -> Place | None:
    """Keyset position after which the page starts: ``after=<lane>-<line id>``."""
    lane, _, report = request.args.get("after", "").partition("-")
    return Place(int(lane), int(report)) if _is_number(lane) and _is_number(report) else None


def sites_of_member(db: Database, settings: Settings) -> tuple[str, ...]:
    """Sites that the member may see: those of the settings, then former ones."""
    known = [site.id for site in settings.sites]
    everywhere = (*known, *(site for site in report_lists.all_sites(db) if site not in known))
    return tuple(site for site in everywhere if permissions.may_see(site))


def midnight(day: str, *, days_later: int = 0) -> datetime | None:
    if not day:
        return None
    return clock.at(date.fromisoformat(day) + timedelta(days=days_later), time.min)


def day_of(text: str) -> date | None:
    """None if invalid, or outside the years 1970 to 9998."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None


def _day_code(text: str) -> str:
    day = day_of(text)
    return day.isoformat() if day else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
