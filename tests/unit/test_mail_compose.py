"""What every mail about a report has in common, read back from its final bytes."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.severity import Severity
from kiosk.duty.mssi import system_mail
from kiosk.mail.envelope import Addressee, Recipient, Stationery
from kiosk.mail.report.facts import ToldReader
from kiosk.mail.report.letter import compose_report
from kiosk.mail.system.trial import Trial
from tests.unit.mails import MSSI, RECEIVED, STATIONERY, Mail, facts, mail
from tests.unit.system_mails import composed

DPO = Recipient("dpo", "Délégué à la protection des données (DPO)")


def test_a_mail_program_finds_text_first_then_html_then_one_attachment() -> None:
    parsed = mail().parsed
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/json",
    ]
    (attachment,) = parsed.iter_attachments()
    assert attachment.get_filename() == "incident-7K4-92Q-MX3.json"
    assert not parsed.defects


def test_composing_twice_gives_the_same_bytes() -> None:
    assert mail().raw == mail().raw
    assert mail(demo=True, severity=Severity.NORMAL).raw == mail(demo=True, severity=Severity.NORMAL).raw


def test_every_line_is_short_seven_bit_and_ended_by_crlf() -> None:
    raw = mail(description="été 😀\r\n" * 300 + "x" * 5000).raw
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_the_date_is_when_the_report_came_in_on_french_clocks() -> None:
    assert "Date: Sat, 21 Nov 2026 09:12:00 +0100" in mail().header_block
    summer = mail(received_at=datetime(2026, 7, 1, 8, 0, tzinfo=UTC))
    assert "Date: Wed, 01 Jul 2026 10:00:00 +0200" in summer.header_block


def test_every_audience_has_its_own_message_id_and_all_share_one_thread() -> None:
    first, second = mail(MSSI).parsed, mail(DPO).parsed
    assert first["Message-ID"] == "<7k4-92q-mx3.report.mssi@kiosk.example>"
    assert second["Message-ID"] == "<7k4-92q-mx3.report.dpo@kiosk.example>"
    for parsed in (first, second):
        assert parsed["References"] == parsed["In-Reply-To"] == "<7k4-92q-mx3@kiosk.example>"


def test_the_caller_is_told_the_message_id_that_the_mail_carries() -> None:
    (composed,) = compose_report(facts(), [Addressee(MSSI, STATIONERY)])
    assert composed.message_id == Mail(composed.whole).parsed["Message-ID"]
    assert not composed.fallback


def test_machines_are_asked_not_to_answer_and_can_sort_the_mail() -> None:
    parsed = mail().parsed
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"  # not NDR: failures must come back
    assert parsed["Content-Language"] == "fr"
    assert (parsed["X-Kiosk-Reference"], parsed["X-Kiosk-Kind"], parsed["X-Kiosk-Severity"]) == (
        "7K4-92Q-MX3",
        "lost_access",
        "critical",
    )


@pytest.mark.parametrize("severity", [each for each in Severity if each is not Severity.CRITICAL])
def test_only_a_critical_report_claims_importance(severity: Severity) -> None:
    assert {"Importance", "X-Priority", "Priority"} <= set(mail().parsed.keys())
    assert not {"Importance", "X-Priority", "Priority"} & set(mail(severity=severity).parsed.keys())


def test_no_header_stands_twice() -> None:
    names = [name.lower() for name in mail().parsed]
    assert len(names) == len(set(names))


def test_the_recipient_reads_a_name_and_an_address() -> None:
    (address,) = mail().parsed["To"].addresses
    assert (address.display_name, address.addr_spec) == ("MSSI", "mssi@kiosk.example")
    (sender,) = mail().parsed["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Borne de signalement", "borne@kiosk.example")


DPO_NAME = "Délégué à la protection des données DPO"


def decoded(composed: Mail) -> str:
    """As RFC 2047 §6.2 has it: ``parsed`` puts a blank between two encoded words (cpython gh-92081)."""
    raw = message_from_bytes(composed.raw, policy=policy.compat32)["To"]
    return str(make_header(decode_header(raw))).replace(" :;", ":;")


@pytest.mark.parametrize(
    "name",
    [
        "Éric Ünal",
        "Responsable d’immeuble",
        "Sûreté-sécurité",
        "安全",
        DPO_NAME,
        "É" * 200,
        "Cœur, ſ & Cie",
        "Plain name",
    ],
)
def test_a_name_in_to_keeps_its_letters_and_its_address_stays_readable(name: str) -> None:
    written = mail(Recipient("x", name), STATIONERY)
    kept = name.replace(",", "")
    assert decoded(written).replace(" ", "") == f"{kept} <mssi@kiosk.example>".replace(" ", "")
    assert written.parsed["To"].addresses[0].addr_spec == "mssi@kiosk.example"
    assert b"<mssi@kiosk.example>" in written.raw
    assert max(len(line) for line in written.raw.split(b"\r\n")) <= 78


def test_a_name_brings_no_header_and_no_second_address() -> None:
    evil = "É <v@x.example>,\r\nBcc: v@x.example =?utf-8?q?=3Cv=40x=2Eexample=3E?="
    parsed = mail(Recipient("x", evil), STATIONERY).parsed
    assert [each.addr_spec for each in parsed["To"].addresses] == ["mssi@kiosk.example"]
    assert parsed["Bcc"] is None


@pytest.mark.parametrize("broken", [False, True])
def test_an_answer_goes_where_the_first_lines_say(broken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if broken:
        monkeypatch.setattr("kiosk.mail.report.letter.rows_of", None)
    written = mail()
    assert written.parsed["Reply-To"] == "ssi@kiosk.example"
    first = " ".join(written.text.split("\n")[:8])
    assert "Une réponse à ce courriel va à ssi@kiosk.example" in first
    assert "répondre ne vaut pas prise en charge" in first


@pytest.mark.parametrize("address", ["", "not an address", "x@y.example>\r\nBcc: <v@x.example", "é@kiosk.example"])
def test_without_a_usable_address_to_is_a_group_with_the_audience_for_name(address: str) -> None:
    parsed = mail(DPO, Stationery("borne@kiosk.example", address, "kiosk.example")).parsed
    assert parsed["To"].addresses == ()
    assert decoded(mail(DPO, Stationery("borne@kiosk.example", address, "kiosk.example"))) == f"{DPO_NAME}:;"
    assert parsed["Bcc"] is None


def test_an_audience_without_a_single_ascii_letter_still_has_a_to_header() -> None:
    parsed = mail(Recipient("x", "安全"), STATIONERY).parsed
    assert parsed["To"].addresses[0].addr_spec == "mssi@kiosk.example"


def test_a_long_sender_stays_one_address() -> None:
    sender = f"{'service-de-signalement.' * 3}borne@{'assurance.' * 5}example"
    parsed = mail(MSSI, replace(STATIONERY, sender=sender)).parsed
    assert parsed["From"].addresses[0].addr_spec == sender


def test_a_long_domain_leaves_the_message_id_on_its_header_line() -> None:
    header = mail(MSSI, replace(STATIONERY, domain=f"{'d' * 60}.example")).header_block
    assert re.search(r"^Message-ID: <7k4-92q-mx3\.report\.mssi@d{60}\.example>\r?$", header, re.MULTILINE)


def test_a_test_mail_says_that_nothing_happened() -> None:
    test = composed(Trial(), DPO)
    assert test.parsed["Subject"] == "[ESSAI][SSI] Borne du hall · courriel d'essai"
    assert "aucun incident n'est signalé" in test.text
    assert "Vous recevez ce courriel parce que " in test.text
    assert "samedi 21/11/2026 à 09:12" in test.text
    assert "0.1.0" in test.html


def test_two_mails_about_the_kiosk_at_one_moment_are_two_mails(db: Database, settings: Settings) -> None:
    first, second = (system_mail(db, settings, Trial(), RECEIVED) for _ in range(2))
    ids = {composed(Trial(), identity=mail.identity).parsed["Message-ID"] for mail in (first, second)}
    assert len(ids) == 2


def test_an_ordinary_mail_is_light() -> None:
    """Under 15 kB: a lobby may have a thin line, and the outbox keeps a copy for every recipient."""
    assert len(mail().raw) < 15_000


def test_a_mail_of_fifteen_thousand_letters_carries_them_three_times_and_little_more() -> None:
    text = "Ligne de texte, été à l'œuvre. " * 480
    assert len(mail(description=text).raw) - len(mail(description="").raw) < 3 * 1.5 * len(text.encode())


def test_the_copies_of_one_mail_differ_only_in_the_lines_that_are_for_each() -> None:
    readers = (ToldReader("L'accueil", "l'a demandé : <b>«\u00a0oui\u00a0»</b>"), ToldReader("DPO", "pour un essai"))
    first, second = compose_report(
        facts(readers=readers),
        [Addressee(MSSI, STATIONERY), Addressee(DPO, replace(STATIONERY, to_address="d@x.example"))],
    )
    assert first.body is second.body
    assert re.findall(rb"^([^:\s]+):", first.head, re.MULTILINE) == [b"To", b"Message-ID"]
    assert first.head != second.head
    for each in (first, second):
        (alone,) = compose_report(facts(readers=readers), [Addressee(MSSI, STATIONERY)])
        assert alone.body == each.body
        read = Mail(each.whole)
        for reader in readers:
            assert f"{reader.name} : {reader.why}" in read.text
            assert html.escape(reader.why, quote=False) in read.html
