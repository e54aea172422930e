"""Encrypted mail: its reader and nobody else reads it, it is the same mail inside, and nothing goes out in clear."""

import dataclasses
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import Settings
from kiosk.config.certificates import all_certificates, recipients_of, signer_of
from kiosk.config.contradictions import check_settings
from kiosk.errors import SettingsError
from kiosk.mail.compose import Composed
from kiosk.mail.envelope import Addressee, Stationery
from kiosk.mail.report.letter import compose_report
from kiosk.mail.trace_header import heads_in
from tests.smime import OPENSSL, Reader, a_reader, openssl, parsed, verified
from tests.unit.mails import MSSI, TRACE, facts
from tests.unit.system_mails import trial_mail

pytestmark = pytest.mark.skipif(not OPENSSL, reason="openssl is not installed: nothing could read the mails")

SECRET = "Mon sac a disparu"
# Long enough not to stand in ciphertext by chance.
IN_CLEAR = (SECRET, "disparu", "Badge,", "Local technique", "CRITIQUE", "critical", "lost_access", "Camille")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


@pytest.fixture(scope="module")
def mssi(folder: Path) -> Reader:
    return a_reader(folder, "mssi")


@pytest.fixture(scope="module")
def deputy(folder: Path) -> Reader:
    return a_reader(folder, "deputy")


@pytest.fixture(scope="module")
def kiosk(folder: Path) -> Reader:
    return a_reader(folder, "kiosk", curve=True)


def sealed_to(settings: Settings, certificate: Path | None, signer: Reader | None = None) -> Settings:
    first, *others = settings.audiences
    reader = dataclasses.replace(first, address="mssi@site.example", certificate=certificate)
    mail = settings.mail
    if signer:
        mail = dataclasses.replace(mail, signing_certificate=signer.certificate, signing_key=signer.key)
    return dataclasses.replace(settings, audiences=(reader, *others), mail=mail)


def composed(settings: Settings) -> bytes:
    return reported(settings, description=f"{SECRET} é" * 40).whole


def reported(settings: Settings, **changes: Any) -> Composed:
    to = Addressee(MSSI, Stationery.of(settings, settings.audiences[0]))
    (mail,) = compose_report(facts(**changes), [to])
    return mail


def test_the_reader_finds_the_whole_mail_inside_and_its_signature_is_the_kiosks(
    settings: Settings, mssi: Reader, kiosk: Reader
) -> None:
    raw = composed(sealed_to(settings, mssi.certificate, kiosk))
    inside = parsed(verified(mssi.opens(raw), kiosk.certificate))
    plain = parsed(composed(sealed_to(settings, None)))
    assert inside["Subject"] == plain["Subject"]
    assert (inside["X-Kiosk-Kind"], inside["X-Kiosk-Severity"]) == ("lost_access", "critical")
    assert inside.get_body(("plain",)).get_content() == plain.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert [part.get_filename() for part in inside.iter_attachments()] == ["incident-7K4-92Q-MX3.json"]


def test_outside_nothing_is_said_but_that_there_is_a_report(settings: Settings, mssi: Reader, kiosk: Reader) -> None:
    raw = composed(sealed_to(settings, mssi.certificate, kiosk))
    outside = parsed(raw)
    assert outside["Subject"] == "[SSI] Signalement 7K4-92Q-MX3"
    assert not [word for word in IN_CLEAR if word.encode() in raw]
    assert outside.get_content_type() == "application/pkcs7-mime"
    assert outside.get_param("smime-type") == "enveloped-data"
    assert outside.get_filename() == "smime.p7m"
    assert not {"X-Kiosk-Kind", "X-Kiosk-Severity", "Importance", "X-Priority"} & set(outside.keys())
    assert heads_in(raw) == (TRACE,)


def test_thread_and_identity_are_those_of_the_plain_mail(settings: Settings, mssi: Reader) -> None:
    outside, plain = (parsed(composed(sealed_to(settings, each))) for each in (mssi.certificate, None))
    for name in ("Message-ID", "In-Reply-To", "References", "Date", "From", "To", "Auto-Submitted", "List-Id"):
        assert outside[name] == plain[name] != None  # noqa: E711


def test_the_headers_inside_say_that_they_are_the_true_ones(settings: Settings, mssi: Reader) -> None:
    """RFC 9788."""
    inside = parsed(mssi.opens(composed(sealed_to(settings, mssi.certificate))))
    assert inside.get_param("hp") == "cipher"
    told = [str(value) for value in inside.get_all("HP-Outer", [])]
    assert "Subject: [SSI] Signalement 7K4-92Q-MX3" in told
    assert not [value for value in told if value.startswith("X-Kiosk-Kind")]


@pytest.mark.parametrize("signs", [True, False])
def test_lines_are_short_end_alike_and_hold_seven_bits(
    settings: Settings, mssi: Reader, kiosk: Reader, signs: bool
) -> None:
    for certificate in (mssi.certificate, None):
        raw = composed(sealed_to(settings, certificate, kiosk if signs else None))
        raw.decode("ascii")
        lines = raw.split(b"\r\n")
        assert not [line for line in lines if b"\n" in line or b"\r" in line]
        assert max(map(len, lines)) <= 78


def test_the_key_that_encrypts_has_256_bits(settings: Settings, mssi: Reader) -> None:
    told = openssl("cms", "-cmsout", "-print", mail=composed(sealed_to(settings, mssi.certificate)))
    assert b"aes-256-cbc" in told


def test_nobody_else_opens_it(settings: Settings, mssi: Reader, deputy: Reader) -> None:
    raw = composed(sealed_to(settings, mssi.certificate))
    with pytest.raises(subprocess.CalledProcessError):
        deputy.opens(raw)


def test_a_file_with_two_certificates_has_two_readers(
    settings: Settings, folder: Path, mssi: Reader, deputy: Reader
) -> None:
    both = folder / "both.pem"
    both.write_bytes(mssi.certificate.read_bytes() + deputy.certificate.read_bytes())
    raw = composed(sealed_to(settings, both))
    assert mssi.opens(raw) == deputy.opens(raw)


@pytest.mark.parametrize("order", [1, -1])
def test_a_chain_file_has_one_reader_and_the_authority_reads_nothing(
    settings: Settings, tmp_path: Path, order: int
) -> None:
    authority = a_reader(tmp_path, "authority")
    reader = a_reader(tmp_path, "reader", authority=authority)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join(each.certificate.read_bytes() for each in (reader, authority)[::order]))
    configured = sealed_to(settings, chain)
    mail = reported(configured, description=SECRET)
    assert SECRET.encode() not in mail.whole
    assert b"Content-Type" in reader.opens(mail.whole)
    with pytest.raises(subprocess.CalledProcessError):
        authority.opens(mail.whole)


def test_a_changed_byte_is_noticed_by_the_signature(settings: Settings, mssi: Reader, kiosk: Reader) -> None:
    signed = mssi.opens(composed(sealed_to(settings, mssi.certificate, kiosk)))
    assert verified(signed, kiosk.certificate)
    where = signed.index(b"Trace")
    with pytest.raises(subprocess.CalledProcessError):
        verified(signed[:where] + b"Grace" + signed[where + 5 :], kiosk.certificate)


def test_a_mail_that_is_only_signed_reads_like_any_other(settings: Settings, kiosk: Reader) -> None:
    raw = composed(sealed_to(settings, None, kiosk))
    assert parsed(raw)["Subject"].startswith("[SSI][CRITIQUE]")
    inside = parsed(verified(raw, kiosk.certificate))
    assert SECRET in inside.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_an_expired_certificate_still_encrypts(settings: Settings, folder: Path) -> None:
    late = a_reader(folder, "late", ends=timedelta(days=-1))
    assert SECRET.encode() in mssi_text(late.opens(composed(sealed_to(settings, late.certificate))))


def mssi_text(inside: bytes) -> bytes:
    return parsed(inside).get_body(("plain",)).get_content().encode()  # type: ignore[union-attr]


@pytest.mark.parametrize("spoilt", ["gone", "empty", "rubbish", "curve"])
def test_what_cannot_be_encrypted_does_not_go_out_in_clear(settings: Settings, tmp_path: Path, spoilt: str) -> None:
    path = a_reader(tmp_path, "reader", curve=spoilt == "curve").certificate
    if spoilt == "gone":
        path.unlink()
    elif spoilt != "curve":
        path.write_text("" if spoilt == "empty" else "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    configured = sealed_to(settings, path)
    check_settings(configured)  # the door opens all the same
    with pytest.raises(SettingsError, match=re.escape('[[audiences]] "mssi"') + ".*certificate"):
        list(all_certificates(configured))
    mail = reported(configured, description=SECRET)
    assert mail.unsealed
    assert not [word for word in IN_CLEAR if word.encode() in mail.whole]
    text = parsed(mail.whole).get_content()
    assert "signalement 7K4-92Q-MX3" in text
    assert "chiffré" in text


def a_pss_certificate(folder: Path) -> Path:
    request = ("req", "-x509", "-newkey", "rsa-pss", "-nodes", "-subj", "/CN=pss", "-keyout", str(folder / "pss.key"))
    openssl(*request, "-out", str(folder / "pss.pem"), mail=b"")
    return folder / "pss.pem"


UNFIT = {
    "curve": (lambda folder: a_reader(folder, "curve", curve=True).certificate, "courbe elliptique"),
    "pss": (a_pss_certificate, "clé RSA-PSS, qui ne sert qu'à signer"),
    "short": (lambda folder: a_reader(folder, "short", bits=1024).certificate, "1024 bits"),
    "signs": (lambda folder: a_reader(folder, "signs", enciphers=False).certificate, "keyEncipherment"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_a_key_that_cannot_be_encrypted_to_is_refused_in_words(settings: Settings, tmp_path: Path, kind: str) -> None:
    make, words = UNFIT[kind]
    configured = sealed_to(settings, make(tmp_path))
    with pytest.raises(SettingsError, match=words):
        recipients_of(configured, configured.audiences[0])


def test_a_signing_key_for_pss_alone_is_refused_in_words(settings: Settings, tmp_path: Path) -> None:
    certificate = a_pss_certificate(tmp_path)
    mail = dataclasses.replace(
        settings.mail, signing_certificate=certificate, signing_key=certificate.with_suffix(".key")
    )
    with pytest.raises(SettingsError, match="clé RSA-PSS, que tous les programmes ne vérifient pas"):
        signer_of(dataclasses.replace(settings, mail=mail))


def test_a_reader_that_the_cipher_does_not_take_gets_no_clear_words(
    settings: Settings, mssi: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr("kiosk.mail.seal.PKCS7EnvelopeBuilder.add_recipient", refuses)
    configured = sealed_to(settings, mssi.certificate)
    mail = reported(configured, description=SECRET)
    assert mail.unsealed
    assert SECRET.encode() not in mail.whole


def test_a_mail_about_the_kiosk_itself_is_sealed_as_well(settings: Settings, mssi: Reader) -> None:
    configured = sealed_to(settings, mssi.certificate)
    told = Stationery.of(configured, configured.audiences[0])
    mail = trial_mail(to=told)
    assert parsed(mail.raw)["Subject"] == "[ESSAI][SSI] Message de la borne de signalement"
    assert parsed(mssi.opens(mail.raw))["Subject"] == "[ESSAI][SSI] Borne du hall · courriel d'essai"


def test_a_key_that_is_not_the_certificates_costs_the_signature_alone(
    settings: Settings, mssi: Reader, deputy: Reader
) -> None:
    stranger = Reader(mssi.certificate, deputy.key)
    configured = sealed_to(settings, mssi.certificate, stranger)
    with pytest.raises(SettingsError, match="signing_key"):
        list(all_certificates(configured))
    check_settings(configured)
    assert SECRET.encode() in mssi_text(mssi.opens(composed(configured)))


def test_a_signing_certificate_without_its_key_stops_the_start(settings: Settings, mssi: Reader) -> None:
    mail = dataclasses.replace(settings.mail, signing_certificate=mssi.certificate)
    with pytest.raises(SettingsError, match=r"signing_key.*manque"):
        check_settings(dataclasses.replace(settings, mail=mail))


def test_a_certificate_that_is_replaced_counts_from_the_next_mail_on(
    settings: Settings, tmp_path: Path, mssi: Reader, deputy: Reader
) -> None:
    path = tmp_path / "reader.pem"
    path.write_bytes(mssi.certificate.read_bytes())
    configured = sealed_to(settings, path)
    assert mssi.opens(composed(configured))
    path.write_bytes(deputy.certificate.read_bytes())
    assert deputy.opens(composed(configured))
