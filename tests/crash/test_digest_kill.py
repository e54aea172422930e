"""Kill -9 of the forwarder in the middle of a digest: nothing is lost, and what comes twice has the same bytes."""

import random
import time
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.reporting.accept import accept
from kiosk.store.instance import start
from kiosk.store.trace.events import first_break
from tests.crash.forked import ForkedProgram
from tests.crash.reporting import wait_until_all_is_sent
from tests.processes import Inbox

REPORTS = 60
LONGEST_LIFE = 0.3  # seconds from the start of the forwarder to its end
ENVIRONMENT = {"KIOSK_SMTP__AMBIGUOUS_WAIT": "1", "KIOSK_MAIL__ALONE_PER_HOUR": "2"}


def report(settings: Settings, number: int) -> str:
    """Two minutes ago, so that the digest is due."""
    then = clock.now() - timedelta(minutes=2)
    told = Report(
        submission=Submission(),
        kind_code="virus",
        site="siege",
        terminal="hall",
        language="fr",
        received_at=then,
        description=f"le poste {number} " + "x" * 1000,
    )
    with start.prepare(settings, then) as db:
        return accept(db, settings, told, then).reference


def references(mail: bytes) -> list[str]:
    """Of the report that the mail is about, or of those in the digest."""
    return [str(part["X-Kiosk-Reference"]) for part in message_from_bytes(mail).walk() if part["X-Kiosk-Reference"]]


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.ci)])
def test_a_digest_survives_every_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int) -> None:
    dice, instance = random.Random(kills), tmp_path / "instance"
    for name, value in {**ENVIRONMENT, "KIOSK_INSTANCE": str(instance)}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    stored = [report(settings, number) for number in range(REPORTS)]
    with Inbox() as inbox:
        environment = {**inbox.environment, **ENVIRONMENT}
        with ForkedProgram("forward", instance=instance, environment=environment) as forwarder:
            for _ in range(kills):
                time.sleep(dice.uniform(0, LONGEST_LIFE))  # not to wait for anything: at any moment of its work
                forwarder.kill()
                forwarder.start()
            wait_until_all_is_sent(instance)
        told = [reference for to, mail in inbox.mails if to.startswith("contact-ssi") for reference in references(mail)]
        assert set(told) == set(stored)
        for same in inbox.by_message_id().values():
            assert len(set(same)) == 1
        with start.prepare(settings, clock.now()) as db:
            assert first_break(db) is None
            doubtful = dict(db.execute("SELECT message_id, ambiguous FROM deliveries").fetchall())
        copies = inbox.by_message_id()
        assert [identity for identity, same in copies.items() if len(same) > 1 + doubtful[identity]] == []
        assert any(len(references(mail)) > REPORTS / 2 for _, mail in inbox.mails), "a digest"
