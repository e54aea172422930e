"""What the MSSI reads of the kiosk itself: the decisive words in the subject, the rest at a glance, in any program."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kiosk.domain.purposes import Purpose, Scope
from kiosk.domain.severity import Severity
from kiosk.mail import render
from kiosk.mail.system.daily import WaitingReport
from kiosk.mail.system.system_mail import Content
from kiosk.mail.trace_header import heads_in
from kiosk.resources import templates_folder
from tests.unit.mails import DEMONSTRATION, RECEIVED, TRACE, Mail
from tests.unit.system_mails import (
    QUIET,
    absence_mail,
    accounts_mail,
    alarm_mail,
    daily_mail,
    digest_mail,
    over,
    restored_mail,
    retention_mail,
    trial_mail,
)

EVERY_MAIL = [
    daily_mail,
    lambda: daily_mail(**QUIET),
    alarm_mail,
    over,
    lambda: over(to=DEMONSTRATION, console_url=""),
    retention_mail,
    restored_mail,
    lambda: restored_mail(mails=0, doubtful=()),
    trial_mail,
    accounts_mail,
    absence_mail,
    digest_mail,
    lambda: digest_mail(console_url="", groups=()),
]


@pytest.fixture(params=range(len(EVERY_MAIL)))
def mail(request: pytest.FixtureRequest) -> Mail:
    compose: Callable[[], Mail] = EVERY_MAIL[request.param]
    return compose()


def test_both_parts_say_the_same_and_tell_the_head_of_the_trace(mail: Mail) -> None:
    assert not mail.fallback
    assert heads_in(mail.raw) == (TRACE,)
    for part in (mail.text, mail.html):
        assert TRACE.hex in part
        assert "Borne du hall" in part
        assert "Vous recevez ce courriel parce que" in part
        assert "None" not in part


def test_lines_are_short_and_the_bytes_are_seven_bits(mail: Mail) -> None:
    assert mail.raw.isascii()
    assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 78
    assert max(len(line) for line in mail.text.split("\n") if "http" not in line) <= 72


def test_no_absence_note_answers_and_nobody_takes_it_for_a_reports_mail(mail: Mail) -> None:
    assert mail.parsed["Auto-Submitted"] == "auto-generated"
    assert "X-Kiosk-Reference" not in mail.parsed
    assert list(mail.parsed.iter_attachments()) == []


@pytest.mark.parametrize(
    ("sent", "subject"),
    [
        (daily_mail, "[SSI] Borne du hall · bilan du 21/11/2026 · 3 signalements, 3 non pris en charge · 2 anomalies"),
        (EVERY_MAIL[1], "[SSI] Borne du hall · bilan du 21/11/2026 · 0 signalement, tout est pris en charge"),
        (
            alarm_mail,
            "[SSI] Borne du hall · alarme\u00a0: identifiants refusés par le relais\u00a0; fin d'alarme\u00a0: le"
            " disque a de nouveau de la place",
        ),
        (absence_mail, "[SSI] Borne du hall · 3 absences ou retours"),
        (accounts_mail, "[SSI] Borne du hall · 3 changements des comptes"),
        (retention_mail, "[SSI] Borne du hall · 3 signalements bientôt effacés"),
        (
            lambda: retention_mail(to=DEMONSTRATION, count=1),
            "[ESSAI][SSI] Borne du hall · 1 signalement bientôt effacé",
        ),
        (EVERY_MAIL[4], "[ESSAI][SSI] Borne du hall · fin d'alarme\u00a0: l'envoi des courriels a repris"),
    ],
)
def test_the_subject_says_what_matters(sent: Callable[[], Mail], subject: str) -> None:
    assert sent().parsed["Subject"] == subject


def test_what_frames_every_mail_about_the_kiosk_stands_in_it_once(mail: Mail) -> None:
    """Its software, the head of the trace, when it was written and, where there is one, the way to the console."""
    for words in ("ssi-kiosk 0.1.0", "événement 42", TRACE.hex, "Écrit le samedi 21/11/2026 à 09:12"):
        assert mail.text.count(words) == mail.html.count(words) == 1
    assert mail.text.count("Ouvrir la console") == mail.html.count("Ouvrir la console") <= 1


def test_every_purpose_about_the_kiosk_has_words_in_both_parts_and_one_class() -> None:
    wanted = sorted(purpose for purpose in Purpose if purpose.scope is Scope.KIOSK)
    assert (
        sorted(purpose for _, purpose in {(each.__name__, each.purpose) for each in Content.__subclasses__()}) == wanted
    )
    names = [path.name for path in (templates_folder() / "mail/system").iterdir() if not path.name.startswith("_")]
    assert sorted(names) == sorted(f"{purpose}.{form}" for purpose in wanted for form in ("html", "txt"))


def test_a_name_from_the_settings_cannot_write_a_header() -> None:
    subject = daily_mail(name="Borne\r\nBcc: x@y.example =?utf-8?q?x?=").parsed["Subject"]
    assert subject.startswith("[SSI] Borne Bcc: x@y.example = ?utf-8?q?x?= · bilan")


def test_a_quiet_day_says_so_in_words_and_still_tells_the_kiosks_state() -> None:
    text = daily_mail(**QUIET).text
    for expected in ("Aucun signalement.", "Tout est pris en charge.", "12\u202f345 Mio libres", "répond", "(n° 101 à"):
        assert expected.replace("n° ", "n°\u00a0") in text
    assert "Certificat" not in text
    assert "À traiter maintenant" not in text


def test_a_full_day_tells_all_of_it() -> None:
    text = " ".join(daily_mail().text.split())
    for expected in (
        "3, et 1 essai ou indésirable (n° 12 à 15)",
        "3, le plus ancien depuis le samedi 21/11/2026 à 06:12",
        "2, le plus ancien depuis 25 min, dont 1 refusé par le relais",
        "2 × Badge, clé ou code perdu ou volé (critique)",
        "et 2 de plus, sur la console",
        "12 jours (jusqu'au 03/12/2026)",
        "Responsable d'immeuble, Suppléant",
        "Ce bilan part chaque jour à 07:00",
    ):
        assert expected in text


def test_a_certificate_that_has_run_out_is_not_counted_in_days() -> None:
    assert "expiré (jusqu'au 20/11/2026)" in daily_mail(certificate_until=RECEIVED - timedelta(hours=12)).text


def test_the_largest_words_of_an_alarm_that_is_over_say_so() -> None:
    assert "<h1>L'envoi des courriels a repris</h1>" in over().html


def test_a_wrong_clock_is_said_to_be_wrong() -> None:
    assert "fausse" in daily_mail(clock_ok=False).text


def test_the_relays_words_are_shown_and_never_markup() -> None:
    mail = alarm_mail()
    assert "535 5.7.8 authentication <b>failed</b>" in mail.text.replace("\n  ", " ")
    assert "&lt;b&gt;failed&lt;/b&gt;" in mail.html


def test_a_title_of_a_kind_that_was_typed_by_nobody_we_trust_is_only_text() -> None:
    waiting = (WaitingReport("7K4-92Q-MX3", "<script>x</script>\u202e", Severity.HIGH, "Siège", RECEIVED),)
    mail = daily_mail(waiting=waiting)
    assert "<script>" not in mail.html
    assert "\u202e" not in mail.text


@pytest.mark.parametrize("sent", EVERY_MAIL)
def test_a_broken_template_does_not_silence_the_kiosk(
    sent: Callable[[], Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "templates_folder", lambda: "nowhere")
    mail = sent()
    assert mail.fallback
    assert TRACE.hex in mail.text
    assert str(mail.parsed["Subject"])[:20] in mail.text


def test_the_mail_about_retention_names_what_will_go_and_how_to_keep_it() -> None:
    mail = retention_mail()
    for part in (mail.text, mail.html):
        read = " ".join(part.replace("\u00a0", " ").split())
        for words in ("7K4-92Q-MX3", "0AB-CDE-F12", "à partir du 01/12/2026", "et 1 de plus", "« Geler »", "À faire"):
            assert words in read


def test_breaches_that_nobody_has_decided_about_are_counted_with_the_nearest_deadline() -> None:
    told = " ".join(daily_mail().text.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "Violations à décider : 2, la première avant le mardi 24/11/2026" in told
    assert "Violations" not in daily_mail(**QUIET).text
