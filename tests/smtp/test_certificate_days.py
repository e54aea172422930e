"""How long the relay's certificate still holds is known from the last connection, and said before it is too late."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk import clock
from kiosk.config import Security, Settings
from kiosk.domain.troubles.running import CERTIFICATE
from kiosk.store.outbox.relay import relay_answered, relay_failed, relay_state
from kiosk.store.watch import health
from kiosk.watch import check
from kiosk.watch.daily_mail import write_daily
from kiosk.watch.troubles import troubles_now
from tests.build import MAILS, store
from tests.smtp.certificates import Authority
from tests.smtp.courier import Hand, hand_to
from tests.smtp.relay import FaultServer

SECURITY = pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])


@contextmanager
def delivered(settings: Settings, folder: Path, security: Security, *, days: int) -> Iterator[Hand]:
    """One mail went to a relay whose certificate ends in so many days."""
    folder.mkdir()
    authority = Authority(folder, "known")
    certificate = authority.certify("relay", end=dt.timedelta(days=days, minutes=5))
    implicit = security is Security.TLS
    trusted = {"security": security, "ca_file": authority.itself.certificate}
    with (
        FaultServer(tls=certificate.server_context(), implicit_tls=implicit) as relay,
        hand_to(settings, relay.port, **trusted) as hand,
    ):
        hand.moment = clock.now()
        store(hand.db, now=hand.moment)
        assert hand.deliver_all() == 1
        yield hand


@SECURITY
def test_the_days_left_are_noted_when_the_relay_is_reached(
    settings: Settings, tmp_path: Path, security: Security
) -> None:
    with delivered(settings, tmp_path / "ca", security, days=20) as hand:
        pulse = health.pulse(hand.db, hand.courier.settings, hand.moment)
        assert pulse.certificate_days == 20
        assert pulse.as_json(with_words=False)["certificate_days"] == 20
        assert CERTIFICATE not in {each.trouble for each in troubles_now(pulse, hand.courier.settings)}


def test_a_certificate_that_ends_within_two_weeks_is_told_by_the_check_and_by_the_daily_mail(
    settings: Settings, tmp_path: Path
) -> None:
    with delivered(settings, tmp_path / "ca", Security.TLS, days=13) as hand:
        configured = hand.courier.settings
        said = check.find_troubles(hand.db, configured, hand.moment)
        assert [each.detail for each in said if each.trouble == CERTIFICATE] == ["dans 13 jours"]
        told = troubles_now(health.pulse(hand.db, configured, hand.moment), configured)
        assert CERTIFICATE in {each.trouble for each in told}
        write_daily(hand.db, configured, hand.moment + dt.timedelta(days=2))
        body = hand.db.execute(f"{MAILS} ORDER BY deliveries.id DESC LIMIT 1").fetchone()[0]
        assert b"Certificat du relais : 11 jours" in body.replace(b"=C2=A0", b" ")


def test_a_renewed_certificate_is_noted_without_an_event(settings: Settings, tmp_path: Path) -> None:
    with delivered(settings, tmp_path / "first", Security.TLS, days=13) as hand:
        assert health.pulse(hand.db, hand.courier.settings, hand.moment).certificate_days == 13
        relay_answered(hand.db, hand.moment, certificate_until=hand.moment + dt.timedelta(days=25, hours=1))
        assert health.pulse(hand.db, hand.courier.settings, hand.moment).certificate_days == 25
        assert hand.actions().count("relay_up") == 1


def test_a_relay_that_fails_keeps_what_was_known_of_its_certificate(settings: Settings, tmp_path: Path) -> None:
    with delivered(settings, tmp_path / "first", Security.TLS, days=13) as hand:
        relay_failed(hand.db, state="down", reply="refused", next_try_at=hand.moment, now=hand.moment)
        assert health.pulse(hand.db, hand.courier.settings, hand.moment).certificate_days == 13


def test_a_relay_without_tls_has_no_days_and_nobody_guesses(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver_all()
        assert relay_state(hand.db).certificate_until is None
        assert health.pulse(hand.db, hand.courier.settings, hand.moment).certificate_days is None
