"""Whatever a mail is for: once it was kept, the trace behind it can no longer be cut or rewritten unseen."""

import dataclasses
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlite_utils import Database

from kiosk.breaches.reminders import remind_of_breaches
from kiosk.commands.restore import restore_from
from kiosk.commands.verify import BROKEN, WHOLE, Noted, verify_trace
from kiosk.config import Settings, Smtp
from kiosk.domain.handling import Eta
from kiosk.domain.purposes import Purpose
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty import line_acts
from kiosk.duty.absence_mail import tell_absences
from kiosk.duty.acts import acknowledge
from kiosk.duty.escalation import take_steps
from kiosk.duty.line_acts import Seen
from kiosk.duty.mssi import addressed, system_mail
from kiosk.duty.presence import record_absence
from kiosk.keeping.announcement import announce
from kiosk.mail.system.trial import Trial
from kiosk.mail.trace_header import heads_in
from kiosk.reporting.accept import accept
from kiosk.reporting.add import Addition, add
from kiosk.reporting.digests import make_digests
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.instance import backup
from kiosk.store.instance.proof import Proof
from kiosk.store.keeping import announcements
from kiosk.store.keys import backup_signing
from kiosk.store.outbox import deliveries, digest_mail
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import report_status, submissions
from kiosk.store.reports.follow_up import follow
from kiosk.store.reports.report_status import Change
from kiosk.store.trace import events
from kiosk.store.trace.events import Event
from kiosk.store.watch import health
from kiosk.watch.account_mail import tell_accounts
from kiosk.watch.alarm import watch
from kiosk.watch.daily_mail import write_daily
from tests.build import MAIL, NOON, a_new_report, received
from tests.duty import CAMILLE, staffed
from tests.staff import a_member

REPORT = Report(
    submission=Submission(UUID(int=7, version=4)),
    kind_code="lost_access",
    site="siege",
    terminal="hall",
    language="fr",
    received_at=NOON,
    description="Badge perdu",
)


@pytest.fixture
def configured(settings: Settings) -> Settings:
    return dataclasses.replace(staffed(settings), smtp=Smtp(host="127.0.0.1"))


def an_addition(moment: datetime) -> Addition:
    words = {"text": "Le badge gris.", "language": "fr", "terminal": "hall"}
    return Addition(submission=Submission(UUID(int=8, version=4)), found=False, received_at=moment, **words)


def sent_as_a_test(db: Database, settings: Settings) -> NewDelivery:
    (mail,) = addressed(settings, system_mail(db, settings, Trial(), NOON), settings.audiences[:1])
    return mail


@pytest.fixture
def bodies(db: Database, configured: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A mail of each purpose, from a day on which everything happened."""
    monkeypatch.setenv("KIOSK_INSTANCE", str(configured.instance))
    db.execute("UPDATE site_keys SET created_at = '2026-01-01T00:00:00.000Z'")
    receipt = accept(db, configured, REPORT, NOON)
    for minutes in range(0, 240, 5):  # nobody answers: deputy, MSSI
        heartbeat.beat(db, health.FORWARDER, 1, NOON + timedelta(minutes=minutes))
        take_steps(db, configured, NOON + timedelta(minutes=minutes))
        watch(db, configured, NOON + timedelta(minutes=minutes))
    db.execute("UPDATE deliveries SET way = 'digest' WHERE report_id IS NOT NULL")
    make_digests(db, configured, NOON + timedelta(hours=4))
    before = queued(db)
    later = NOON + timedelta(hours=5)
    followed = follow(db, receipt.follow_up_code, later)
    assert followed
    add(db, configured, followed, an_addition(later))
    acknowledge(db, configured, receipt.reference, actor=CAMILLE, eta=Eta.QUARTER, now=later)
    for minutes in range(0, 240, 5):  # and nothing is done
        take_steps(db, configured, later + timedelta(minutes=minutes))
    take_two_together(db, configured, later)
    site = configured.local_site.id
    deliveries.submit_test(db, sent_as_a_test(db, configured), site=site, actor="x", now=later)
    write_daily(db, configured, NOON + timedelta(days=1))
    record_absence(db, configured, "manager", later, later + timedelta(days=1), actor=CAMILLE, now=later)
    tell_absences(db, configured, later)
    a_member(db, name="zoe", now=later)
    tell_accounts(db, configured, NOON + timedelta(days=1))
    remind_of_breaches(db, configured, NOON + timedelta(days=1))
    long_at_rest(db)
    announce(db, configured, announcements.outlook(db), NOON + timedelta(days=400))
    restored(db, configured)
    with open_database(configured.database) as anew:
        return {**before, **queued(anew)}


def take_two_together(db: Database, settings: Settings, now: datetime) -> None:
    alike = [
        accept(db, settings, dataclasses.replace(REPORT, submission=Submission()), now).reference for _ in range(2)
    ]
    seen = Seen(alike[0], events.head(db).sequence)
    assert line_acts.acknowledge(db, settings, seen, actor=CAMILLE, eta=Eta.HOUR, now=now).done == tuple(alike)


def restored(db: Database, settings: Settings) -> None:
    """The instance as a backup of now has it, with the mail that says so."""
    key = backup.backup_key(db, settings)
    copy = settings.instance.parent / "x.backup"
    written = backup.write(settings, copy, key, NOON + timedelta(days=400))
    db.close()
    assert key.private
    proof = Proof(backup_signing.check_letters(written.signer))
    restore_from(settings, copy, key.private, proof, NOON + timedelta(days=401), lambda _: None, replace=True)


def long_at_rest(db: Database) -> None:
    submissions.submit(db, a_new_report(), [], [received()], NOON)
    report = report_status.get(db, received().reference or "")
    closed = {"state": "closed", "closed_at": report.received_at, "attend_at": None}
    ended = Event(action="report_closed", reference=report.reference)
    assert report_status.change(db, report, Change(values=closed, events=[ended]), NOON)


def queued(db: Database) -> dict[str, bytes]:
    rows = db.execute(f"SELECT purpose, {MAIL} FROM deliveries JOIN bodies ON bodies.id = body_id ORDER BY 1")
    found: dict[str, bytes] = dict(rows.fetchall())
    digests = f"SELECT deliveries.id, {MAIL} FROM deliveries JOIN bodies ON bodies.id = body_id"
    for digest, opening in db.execute(f"{digests} WHERE purpose = 'digest'"):
        found[Purpose.DIGEST] = digest_mail.assembled(db, digest, opening)[0]
    return found


def test_a_mail_of_every_purpose_says_where_an_answer_goes_and_lets_failures_come_back(
    configured: Settings, bodies: dict[str, bytes]
) -> None:
    for purpose, body in bodies.items():
        parsed = message_from_bytes(body, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        assert parsed["Reply-To"] == configured.mail.bounce, purpose
        assert "NDR" not in parsed["X-Auto-Response-Suppress"]
        for form, lines in (("plain", 14), ("html", 70)):
            part = parsed.get_body((form,))
            assert part
            first = " ".join(" ".join(part.get_content().split("\n")[:lines]).split()).replace("&nbsp;", "\u00a0")
            assert "répondre ne vaut pas prise en charge" in first, (purpose, form)


def test_a_mail_of_every_purpose_fits_the_trace_and_shows_when_its_end_is_cut(
    configured: Settings, bodies: dict[str, bytes]
) -> None:
    assert bodies.keys() == set(Purpose)
    heads = {purpose: heads_in(body) for purpose, body in bodies.items()}
    for purpose, told in heads.items():
        assert len(told) == 1 or purpose == Purpose.DIGEST, "which carries others"
        assert verify_trace(configured, [Noted("mail.eml", head) for head in told]).status == WHOLE
    with open_database(configured.database) as db, immediate(db):
        db.execute("DROP TRIGGER events_are_never_deleted")
        db.execute("DELETE FROM events WHERE id > 0")
    for purpose, told in heads.items():
        if told[0].sequence:  # the first mail of all was written before anything had happened
            assert verify_trace(configured, [Noted("mail.eml", told[0])]).status == BROKEN, purpose
