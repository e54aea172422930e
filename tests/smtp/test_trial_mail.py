"""`kiosk test-mail`: every audience, what is wrong with its certificate, and whether what was sealed can be opened."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlite_utils import Database

from kiosk.commands import trial_mail
from kiosk.commands.trial_mail import send_test_mails
from kiosk.config import Settings, When, recipients_of
from kiosk.config.certificates import private_keys
from kiosk.duty.mssi import addressed, system_mail
from kiosk.errors import KioskError
from kiosk.mail.seal import is_opened_by
from kiosk.mail.system.trial import Trial
from kiosk.store.instance import directory
from tests.build import NOON
from tests.duty import staffed
from tests.processes import Inbox
from tests.smime import a_reader
from tests.smtp.courier import plain
from tests.smtp.relay import FaultServer


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def sending(db: Database, settings: Settings, inbox: Inbox) -> Settings:
    told = dataclasses.replace(staffed(settings), smtp=plain(inbox.port))
    directory.sync(db, told.sites, told.audiences)
    return told


def sealed(settings: Settings, path: Path | None, **mail: Any) -> Settings:
    """The MSSI's mails, to the certificates of this file."""
    first, *others = settings.audiences
    assert first.id == "mssi"
    audiences = (dataclasses.replace(first, certificate=path), *others)
    return dataclasses.replace(settings, audiences=audiences, mail=dataclasses.replace(settings.mail, **mail))


def line_of(words: str, audience: str) -> str:
    (line,) = [line for line in words.split("\n") if line.startswith(f"{audience} (")]
    return line


def test_every_audience_with_an_address_gets_one_and_the_others_are_named(
    db: Database, sending: Settings, inbox: Inbox
) -> None:
    good, words = send_test_mails(db, sending, patience=0)
    assert good
    told = {audience.address for audience in sending.audiences if audience.address}
    assert len(told) >= 4
    assert {to for to, _ in inbox.mails} == told
    for audience in (each for each in sending.audiences if each.when != When.NEVER):
        said = line_of(words, audience.id)
        assert ("250 2.0.0" in said) if audience.address else ("sans adresse" in said)


def test_the_one_that_is_named_gets_it_and_no_other(db: Database, sending: Settings, inbox: Inbox) -> None:
    assert send_test_mails(db, sending, patience=0, only="deputy")[0]
    assert [to for to, _ in inbox.mails] == ["d@site.example"]


@pytest.mark.parametrize(("only", "said"), [("nobody", "connus : mssi"), ("referent", "pas d'adresse")])
def test_a_name_that_cannot_be_written_to_is_refused(db: Database, sending: Settings, only: str, said: str) -> None:
    with pytest.raises(KioskError) as raised:
        send_test_mails(db, sending, patience=0, only=only)
    assert said in str(raised.value).replace("\u00a0", " ")


def test_one_that_the_relay_refuses_is_told_apart(db: Database, sending: Settings) -> None:
    with FaultServer(answers={"rcpt": b"550 5.1.1 no such user"}) as relay:
        refused = dataclasses.replace(sending, smtp=plain(relay.port))
        good, words = send_test_mails(db, refused, patience=0, only="deputy")
    assert not good
    assert "no such user" in line_of(words, "deputy")


def test_without_the_key_only_the_reader_can_tell(db: Database, sending: Settings, tmp_path: Path) -> None:
    good, words = send_test_mails(db, sealed(sending, a_reader(tmp_path, "mssi").certificate), patience=0, only="mssi")
    assert good
    assert "seul ce destinataire peut dire s'il l'ouvre" in words


def test_with_a_key_at_hand_the_mail_is_opened(db: Database, sending: Settings, tmp_path: Path) -> None:
    reader = a_reader(tmp_path, "mssi")
    keys = {"signing_certificate": reader.certificate, "signing_key": reader.key}
    good, words = send_test_mails(db, sealed(sending, reader.certificate, **keys), patience=0, only="mssi")
    assert (good, "sa clé l'ouvre" in words) == (True, True)
    reader.certificate.write_bytes(reader.certificate.read_bytes() + reader.key.read_bytes())
    good, words = send_test_mails(db, sealed(sending, reader.certificate), patience=0, only="mssi")
    assert (good, "sa clé l'ouvre" in words) == (True, True)
    assert "contient aussi sa clé privée" in words


def test_what_is_sealed_to_somebody_else_is_wrong(
    db: Database, sending: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = sealed(sending, a_reader(tmp_path, "stranger").certificate)
    real = trial_mail.addressed
    monkeypatch.setattr(trial_mail, "addressed", lambda _, mail, __: real(stranger, mail, stranger.audiences[:1]))
    good, words = send_test_mails(db, sealed(sending, a_reader(tmp_path, "mssi").certificate), patience=0, only="mssi")
    assert (good, "pas chiffré pour tous" in words) == (False, True)


def test_a_key_opens_its_own_mails_and_no_damaged_one(db: Database, sending: Settings, tmp_path: Path) -> None:
    reader, stranger = a_reader(tmp_path, "mssi"), a_reader(tmp_path, "stranger")
    told = sealed(sending, reader.certificate, signing_key=stranger.key)
    (certificate,) = recipients_of(told, told.audiences[0])
    (others,) = private_keys(told, told.audiences[0])
    (key,) = private_keys(sealed(sending, reader.certificate, signing_key=reader.key), told.audiences[0])
    body = addressed(told, system_mail(db, told, Trial(), NOON), [told.audiences[0]])[0].body
    assert is_opened_by(body, certificate, key)
    assert not is_opened_by(body, certificate, others)
    assert not is_opened_by(body[: len(body) // 2], certificate, key)


def test_a_kiosk_that_cannot_sign_is_told(db: Database, sending: Settings, tmp_path: Path) -> None:
    one, other = (a_reader(tmp_path, name, curve=True) for name in ("one", "other"))
    unsigned = sealed(sending, None, signing_certificate=one.certificate, signing_key=other.key)
    good, words = send_test_mails(db, unsigned, patience=0, only="mssi")
    assert (good, "Rien n'est signé" in words) == (False, True)


def test_certificates_that_are_wrong_or_doubtful_are_named(db: Database, sending: Settings, tmp_path: Path) -> None:
    curve = a_reader(tmp_path, "curve", curve=True)
    good, words = send_test_mails(db, sealed(sending, curve.certificate), patience=0)
    assert not good
    assert "courbe elliptique" in line_of(words, "mssi")
    server = a_reader(tmp_path, "server", addresses=(), purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    other = a_reader(tmp_path, "other")
    for certificate, said in ((server, "pas fait pour le courriel"), (other, "au nom d'une autre adresse")):
        good, words = send_test_mails(db, sealed(sending, certificate.certificate), patience=0)
        assert good
        assert said in words
