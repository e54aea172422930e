"""A report among those on duty, for tests: the real store, a clock that tests move."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.roles import Actor
from kiosk.duty.escalation import take_steps
from kiosk.store.instance import directory
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import ReportStatus
from tests.build import MAILS, store

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, 10:00 in Paris
REFERENCE = "7K4-92Q-MX3"
CAMILLE = Actor("camille", "Camille Martin", "manager")
DIDIER = Actor("didier", "Didier Blanc", "deputy")
ADDRESSES = {"manager": "m@site.example", "deputy": "d@site.example", "mssi": "mssi@site.example"}


def staffed(settings: Settings, **addresses: str) -> Settings:
    """Manager, deputy and MSSI with an address each, or with those given."""
    known = {**ADDRESSES, **addresses}
    audiences = tuple(
        dataclasses.replace(audience, address=known.get(audience.id, audience.address))
        for audience in settings.audiences
    )
    return dataclasses.replace(settings, audiences=audiences)


@dataclass
class Lobby:
    """Somewhere a report waits. ``wait`` lets time pass and the background process look, as it does every second."""

    db: Database
    settings: Settings
    now: datetime = MORNING
    seen: int = field(default=0)

    def __post_init__(self) -> None:
        directory.sync(self.db, self.settings.sites, self.settings.audiences)

    def report(
        self, reference: str = REFERENCE, *, told: Sequence[str] = ("mssi", "manager"), **changes: object
    ) -> None:
        row = {"severity": "critical", "received_at": self.now, **changes}
        store(self.db, *told, reference=reference, now=self.now, **row)
        self.seen = self.count()

    def wait(self, **duration: float) -> list[tuple[str, str]]:
        self.now += timedelta(**duration)
        return self.look()

    def look(self) -> list[tuple[str, str]]:
        """What is newly queued: (purpose, audience)."""
        take_steps(self.db, self.settings, self.now)
        return self.news()

    def news(self) -> list[tuple[str, str]]:
        query = "SELECT purpose, audience_id FROM deliveries ORDER BY id LIMIT -1 OFFSET ?"
        rows = [(row[0], row[1]) for row in self.db.execute(query, (self.seen,))]
        self.seen += len(rows)
        return rows

    def count(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM deliveries").fetchone()[0])

    def standing(self, reference: str = REFERENCE) -> ReportStatus:
        found = report_status.find(self.db, reference)
        assert found is not None
        return found

    def mail(self, purpose: str, audience: str) -> EmailMessage:
        """The last one of this purpose to this audience."""
        row = self.db.execute(
            f"{MAILS} WHERE purpose = ? AND audience_id = ? ORDER BY deliveries.id DESC",
            (purpose, audience),
        ).fetchone()
        parsed = message_from_bytes(row[0], policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self, purpose: str, audience: str) -> str:
        part = self.mail(purpose, audience).get_body(("plain",))
        assert part is not None
        return " ".join(str(part.get_content()).split())

    def waiting(self) -> dict[tuple[str, str], str]:
        rows = self.db.execute("SELECT purpose, audience_id, state FROM deliveries ORDER BY id")
        return {(row[0], row[1]): row[2] for row in rows}

    def actions(self) -> list[str]:
        return [row[0] for row in self.db.execute("SELECT action FROM events ORDER BY id")]
