"""Mails after a report's first: which report, where, how long it waits, why this person gets it; and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.severity import Severity
from kiosk.mail import render
from kiosk.mail.compose import Composed
from kiosk.mail.envelope import Addressee, Recipient, Stationery
from kiosk.mail.report.facts import Telephone
from kiosk.mail.thread.notice import Notice, Reason, compose_notice, lead_of
from tests.unit.mails import DEMONSTRATION, STATIONERY, TRACE

RECEIVED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DEPUTY = Recipient("deputy", "Suppléant")
WHY = "Vous recevez ce courriel parce que vous suppléez le responsable."


def a_notice(**changes: Any) -> Notice:
    notice = Notice(
        reason=Reason.LATE,
        reference="7K4-92Q-MX3",
        kind="lost_access",
        kind_title="Badge, clé ou code perdu ou volé",
        severity=Severity.CRITICAL,
        site_name="Siège",
        site_address="1 rue de l'Exemple, Marseille",
        zone_name="Local technique",
        ongoing="yes",
        personal_data="unknown",
        received_at=RECEIVED,
        deadline=RECEIVED + timedelta(hours=72),
        written_at=RECEIVED + timedelta(minutes=16),
        trace=TRACE,
        organisation="CPCAM 13",
        console_url="https://borne.example:8081/",
        telephones=(Telephone("manager", "Responsable d'immeuble", "04 65 71 00 01"),),
        told=("Responsable d'immeuble",),
        actor="Camille Martin",
        before="Didier Blanc",
        outcome="resolved",
        eta_at=RECEIVED + timedelta(hours=1),
        until=RECEIVED + timedelta(days=1),
    )
    return replace(notice, **changes)


def noticed(notice: Notice, stationery: Stationery = STATIONERY) -> Composed:
    (composed,) = compose_notice(notice, [Addressee(DEPUTY, stationery)], why=WHY, occasion="escalation-1")
    return composed


def mail(stationery: Stationery = STATIONERY, **changes: Any) -> EmailMessage:
    composed = noticed(a_notice(**changes), stationery)
    assert not composed.fallback
    parsed = message_from_bytes(composed.whole, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def plain(**changes: Any) -> str:
    return " ".join(body(mail(**changes)).split())


def test_the_first_lines_say_that_it_waits_how_long_and_whose_turn_it_is() -> None:
    first = body(mail()).split("NIVEAU DE GRAVITÉ")[0]
    assert " ".join(first.split()) == (
        "Personne n'a encore pris ce signalement en charge : il attend depuis 16 min."
        " Déjà prévenus, sans réponse : Responsable d'immeuble. C'est maintenant à vous de le prendre en charge."
    )


def test_it_names_reference_kind_place_times_and_why_this_person_gets_it() -> None:
    said = plain()
    for expected in (
        "CRITIQUE Badge, clé ou code perdu ou volé CPCAM 13 · Siège · 7K4-92Q-MX3",
        "Siège · Local technique",
        "vendredi 20/11/2026 à 10:00, heure de Paris (il y a 16 min)",
        "jusqu'au lundi 23/11/2026 à 10:00",
        "Responsable d'immeuble : 04 65 71 00 01",
        "parce que vous suppléez le responsable",
        "Écrit le vendredi 20/11/2026 à 10:16, heure de Paris. S'il vous parvient bien plus tard",
    ):
        assert expected in said


def test_the_link_leads_to_the_report_and_the_mail_says_that_a_link_acknowledges_nothing() -> None:
    assert "https://borne.example:8081/reports/7K4-92Q-MX3" in plain()
    assert 'href="https://borne.example:8081/reports/7K4-92Q-MX3"' in body(mail(), "html")
    assert "ouvrir ce courriel ou un lien n'y change rien" in plain()


def test_without_a_console_address_there_is_no_link() -> None:
    assert "https://" not in plain(console_url="")
    assert '<a href="http' not in body(mail(console_url=""), "html")


def test_it_stands_in_the_thread_of_the_report_under_the_same_subject() -> None:
    message = mail()
    assert message["Subject"] == "[SSI][CRITIQUE] Badge, clé ou code perdu ou volé · Siège · 7K4-92Q-MX3"
    assert message["Message-ID"] == "<7k4-92q-mx3.escalation-1.deputy@kiosk.example>"
    assert message["References"] == message["In-Reply-To"] == "<7k4-92q-mx3@kiosk.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Fri, 20 Nov 2026 10:16:00 +0100"


def test_a_demonstration_says_so_first() -> None:
    message = mail(DEMONSTRATION)
    assert body(message).startswith("ESSAI")
    assert message["Subject"].startswith("[ESSAI][SSI]")


def test_good_news_is_not_urgent() -> None:
    assert mail()["Importance"] == "high"
    assert mail(reason=Reason.TAKEN)["Importance"] is None


def test_good_news_looks_like_it_and_asks_for_nothing() -> None:
    said, looks = plain(reason=Reason.TAKEN), body(mail(reason=Reason.TAKEN), "html")
    assert "PRIS EN CHARGE Badge, clé ou code perdu ou volé CPCAM 13" in said
    assert "Gravité : critique" in said
    assert "se prend en charge" not in said + looks
    assert ('bgcolor="#1d6640" class="band"' in looks, "#a5121d" in looks) == (True, False)


def test_who_is_told_at_once_is_not_told_of_a_wait_of_no_minutes() -> None:
    said = plain(reason=Reason.ABSENT, written_at=RECEIVED + timedelta(seconds=5))
    assert "il attend depuis moins d'une minute." in said
    assert "(il y a moins d'une minute)" in said


@pytest.mark.parametrize(
    ("eta", "said"), [(timedelta(hours=1), "avant 11:00."), (timedelta(days=1), "avant le samedi 21/11/2026 à 10:00.")]
)
def test_a_promise_names_its_day_unless_it_is_today(eta: timedelta, said: str) -> None:
    assert said in plain(reason=Reason.TAKEN, eta_at=RECEIVED + eta)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_that_leave_nothing_open(reason: Reason) -> None:
    lead = lead_of(a_notice(reason=reason))
    assert lead
    assert all(line.endswith(".") for line in lead)
    assert "None" not in " ".join(lead)


def test_the_clear_facts_are_all_there_is_room_for() -> None:
    """What a reporter wrote has no field here; a name for it would be a way for it to leak."""
    free = {"place", "description", "said", "already_done", "contact_name", "contact_company", "contact_telephone"}
    assert not free & set(Notice.__dataclass_fields__)


def test_a_name_that_looks_like_markup_is_shown_as_it_is() -> None:
    assert "&lt;b&gt;Camille&lt;/b&gt;" in body(mail(reason=Reason.TAKEN, actor="<b>Camille</b>"), "html")


def test_a_broken_template_still_sends_the_essential(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(render, "templates_folder", lambda: tmp_path)
    composed = noticed(a_notice())
    assert composed.fallback
    said = body(message_from_bytes(composed.whole, policy=policy.default))  # type: ignore[arg-type]
    for expected in (
        "7K4-92Q-MX3",
        "Gravité : critique",
        "Badge, clé ou code perdu ou volé",
        "Siège",
        "https://borne.example:8081/reports/7K4-92Q-MX3",
    ):
        assert expected in said
    assert not {code for code in ("critical", "lost_access", "late", "None") if code in said}


@given(st.text(), st.text(), st.text(), st.sampled_from(Reason))
def test_whatever_settings_and_accounts_are_called_a_mail_can_be_made(
    site: str, actor: str, zone: str, reason: Reason
) -> None:
    composed = noticed(
        a_notice(site_name=site, actor=actor, zone_name=zone, before=actor, told=(actor,), reason=reason)
    )
    assert not composed.fallback
    assert composed.whole.isascii()
    assert max(map(len, composed.whole.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.TAKEN, "Camille Martin a pris 2 signalements semblables en charge le"),
        (Reason.CLOSED, "Camille Martin a clôturé 2 signalements semblables le"),
        (Reason.HIDDEN, "Camille Martin a retiré 2 signalements semblables de la liste le"),
    ],
)
def test_one_mail_about_similar_reports_lists_them_and_says_what_they_have_in_common(
    reason: Reason, words: str
) -> None:
    last = RECEIVED + timedelta(minutes=9)
    several: dict[str, Any] = {"reason": reason, "together": ("7K4-92Q-MX3", "8K4-92Q-MX3"), "last_at": last}
    several |= {"severity": Severity.NORMAL, "worst": Severity.CRITICAL}
    for text in (plain(**several), body(mail(**several), "html")):
        assert words in " ".join(text.split())
        assert "7K4-92Q-MX3, 8K4-92Q-MX3" in text
        assert "10:00" in text
        assert "10:09" in text
        assert "critique" in text
        assert "Toujours en cours" not in text


def test_the_end_of_a_duplicate_names_what_it_repeats() -> None:
    assert "déjà signalé (8K4-92Q-MX3)" in plain(reason=Reason.CLOSED, outcome="duplicate", repeats="8K4-92Q-MX3")


def test_a_mail_about_several_reports_speaks_of_several_in_both_parts() -> None:
    together = ("7K4-92Q-MX3", "8K4-92Q-MX3", "9K4-92Q-MX3")
    sent = mail(reason=Reason.TAKEN, together=together, last_at=RECEIVED)
    for part in (body(sent), body(sent, "html")):
        assert "7K4-92Q-MX3 et 2 autres" in part
        assert "Ce que les intervenants ont écrit" in part
        assert "ce signalement" not in part
    assert "Ce que l'intervenant a écrit" in plain(reason=Reason.TAKEN)
