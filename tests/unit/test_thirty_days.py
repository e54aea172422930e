"""Thirty days without a relay: what waits is true every hour, and what leaves when the relay returns is true that day.

Nothing of the product decides here what is stale: the tests ask the reports themselves.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk.commands.forward import BACKGROUND_JOBS, keep_ballast
from kiosk.config import Security, Settings, Smtp
from kiosk.domain.catalogue import KINDS, Tristate
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.domain.purposes import Purpose
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty import acts
from kiosk.reporting.accept import accept
from kiosk.store.base import heartbeat
from kiosk.store.instance import directory, start
from kiosk.store.outbox import claims, outcomes, relay
from kiosk.store.outbox.claims import Turn
from kiosk.store.reports import breaches
from kiosk.store.reports.breaches import Decision
from kiosk.store.staff import absences
from kiosk.store.watch import health
from kiosk.watch.clock_watch import watch_clock
from tests.duty import CAMILLE, staffed
from tests.retention import SENT
from tests.staff import a_member

MONDAY = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = 30
JOBS = [job for job in BACKGROUND_JOBS if job not in (watch_clock, keep_ballast)]  # they read the machine
# For a report and an audience at most one mail of each of these waits, however long: the queue grows with reports
# and not with time.
WITH_AN_END = (Purpose.ESCALATION, Purpose.REMINDER, Purpose.BREACH, Purpose.TAKEN)
ONE_AT_MOST = (Purpose.DAILY, Purpose.ALARM, Purpose.RETENTION, Purpose.ACCOUNTS)

# Every mail that waits, with what its report says of its cause now.
WAITING = """
SELECT d.id, d.purpose, d.audience_id, d.only_while, d.created_at, r.reference, r.state, r.hidden_as, b.decision,
       b.deadline_at
FROM deliveries d LEFT JOIN reports r ON r.id = d.report_id LEFT JOIN breaches b ON b.report_id = d.report_id
WHERE d.state NOT IN ('sent', 'cancelled')
"""
Mail = Mapping[str, str | None]


@dataclass
class Month:
    db: Database
    settings: Settings
    now: datetime = MONDAY
    reports: dict[str, str] = field(default_factory=dict)  # name in the script: reference

    def report(self, name: str, kind: str, personal: Tristate | None = None) -> None:
        typed = Report(
            submission=Submission(),
            kind_code=kind,
            site="siege",
            terminal="hall",
            language="fr",
            received_at=self.now,
            personal_data_answer=personal,
            description="Une porte ne ferme plus.",
        )
        self.reports[name] = accept(self.db, self.settings, typed, self.now).reference

    def take(self, name: str, eta: Eta) -> None:
        acts.acknowledge(self.db, self.settings, self.reports[name], actor=CAMILLE, eta=eta, now=self.now)

    def close(self, name: str) -> None:
        acts.close(self.db, self.settings, self.reports[name], actor=CAMILLE, outcome=Outcome.RESOLVED, now=self.now)

    def hide(self, name: str) -> None:
        spam = HiddenAs.SPAM
        acts.mark(self.db, self.settings, self.reports[name], actor=CAMILLE, hidden_as=spam, now=self.now)

    def reopen(self, name: str) -> None:
        acts.reopen(self.db, self.settings, self.reports[name], actor=CAMILLE, now=self.now)

    def decide(self, name: str) -> None:
        breach = breaches.find(self.db, self.reports[name])
        assert breach is not None
        decision = Decision(word="not_notifiable")
        assert breaches.save(self.db, breach, {"reason": "x"}, decision, actor="dora", now=self.now)

    def away(self, days: int) -> None:
        ends = self.now + days * DAY
        absences.record(self.db, "manager", self.now, ends, actor="camille", entered_by="Camille Martin", now=self.now)

    def an_hour(self) -> None:
        """The background process would look each second; here until nothing more is due."""
        self.now += HOUR
        heartbeat.beat(self.db, health.FORWARDER, 1, self.now)
        before = -1
        while before != (before := self.db.conn.total_changes):
            for job in JOBS:
                job(self.db, self.settings, self.now)
            if self.db.conn.total_changes == before:
                return

    def waiting(self) -> list[Mail]:
        cursor = self.db.execute(WAITING)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def leave(self) -> Iterator[Mail]:
        """The relay is back: each mail that it takes, as it waited just before."""
        turn = Turn()
        while True:
            before = {mail["id"]: mail for mail in self.waiting()}
            claim = claims.claim_next(self.db, turn, self.now)
            if claim is None:
                return
            outcomes.record_sent(self.db, claim, SENT, self.now)
            yield before[claim.delivery]  # type: ignore[index]
            turn = turn.after(claim)


def ended(mail: Mail, now: datetime) -> bool:
    """The cause or the moment of a mail is over."""
    written = datetime.fromisoformat(str(mail["created_at"]))
    if mail["purpose"] == Purpose.ESCALATION:
        return mail["state"] != "open"
    if mail["purpose"] == Purpose.REMINDER:
        to_mssi = mail["only_while"] == "open"
        return mail["state"] != mail["only_while"] or (to_mssi and now > written + DAY)
    if mail["purpose"] == Purpose.TAKEN:  # "nobody else needs to do anything"
        return mail["state"] == "open"
    if mail["purpose"] == Purpose.BREACH:
        deadline = datetime.fromisoformat(str(mail["deadline_at"]))
        decided = mail["decision"] is not None or mail["hidden_as"] is not None
        return decided or written < deadline < now
    return False


SCRIPT: dict[int, Callable[[Month], object]] = {
    0: lambda month: [month.report(kind, kind) for kind in KINDS],
    1: lambda month: month.take("virus", Eta.HOUR),  # nobody does anything: reminder, then lapse
    2: lambda month: month.take("device_outage", Eta.TOMORROW),
    3: lambda month: month.report("personal", "theft", Tristate.YES),  # never decided
    4: lambda month: month.report("junk", "lost_access", Tristate.YES),
    5: lambda month: month.report("decided", "theft", Tristate.UNKNOWN),
    6: lambda month: month.close("access_control_disabled"),
    24: lambda month: month.away(3),
    25: lambda month: month.report("to a deputy", "other"),
    26: lambda month: a_member(month.db, name="zoe", now=month.now),
    30: lambda month: month.hide("junk"),  # its reminder at 24 hours waits
    40: lambda month: month.close("device_outage"),
    56: lambda month: month.decide("decided"),  # its reminder at 48 hours waits
    100: lambda month: month.reopen("access_control_disabled"),
    300: lambda month: month.take("lost_access", Eta.TODAY),
    301: lambda month: month.close("lost_access"),
    DAYS * 24 - 50: lambda month: month.report("late", "theft", Tristate.YES),
    DAYS * 24 - 3: lambda month: month.report("last", "virus", Tristate.NO),
}


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    with start.prepare(settings, MONDAY) as database:
        yield database


@pytest.fixture
def month(db: Database, settings: Settings) -> Month:
    relayed = dataclasses.replace(settings, smtp=Smtp(host="relay.example", security=Security.NONE))
    ours = staffed(relayed, dpo="dpo@site.example")
    directory.sync(db, ours.sites, ours.audiences)
    relay.relay_failed(db, state="down", reply="refused", next_try_at=MONDAY, now=MONDAY)
    return Month(db, ours)


def doubled(waiting: Sequence[Mail]) -> list[tuple[str | None, ...]]:
    counted = Counter(
        (mail["purpose"], mail["audience_id"], mail["reference"])
        for mail in waiting
        if mail["purpose"] in (*WITH_AN_END, *ONE_AT_MOST)
    )
    return [which for which, count in counted.items() if count > 1]


def run(month: Month) -> None:
    for hour in range(DAYS * 24):
        if hour in SCRIPT:
            SCRIPT[hour](month)
        month.an_hour()
        waiting = month.waiting()
        assert [mail for mail in waiting if ended(mail, month.now)] == [], f"stale in hour {hour + 1}"
        assert doubled(waiting) == []


def cancelled(month: Month) -> tuple[Counter[str], Counter[str]]:
    """Purposes of cancelled mails, and of the events that tell of one."""
    rows = month.db.execute("SELECT purpose FROM deliveries WHERE state = 'cancelled'")
    told = month.db.execute("SELECT detail FROM events WHERE action = 'delivery_cancelled'")
    return Counter(row[0] for row in rows), Counter(json.loads(row[0])["purpose"] for row in told)


@pytest.mark.ci
def test_no_mail_waits_or_leaves_whose_cause_or_moment_has_ended(month: Month) -> None:
    run(month)
    rows, told = cancelled(month)
    assert rows == told
    assert set(rows) == set(WITH_AN_END)
    count = len(month.waiting())
    left = list(month.leave())
    assert len(left) == count > 0
    assert not any(ended(mail, month.now) for mail in left)
    assert {Purpose(str(mail["purpose"])) for mail in left} >= {Purpose.REPORT, Purpose.ESCALATION, Purpose.BREACH}
