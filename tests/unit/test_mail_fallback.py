"""When composing fails, a plain mail goes out that still lets somebody act."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.mail import render
from kiosk.mail.report import letter
from tests.unit.mails import Mail, mail

SECRET = "le code est derrière le tableau"


def broken_template(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "mail").mkdir()
    (folder / "mail" / "report.txt").write_text("{{ facts.description.nothing }}", encoding="utf-8")
    monkeypatch.setattr(render, "templates_folder", lambda: folder)


def missing_template(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(render, "templates_folder", lambda: folder / "nowhere")


def template_with_a_mistake(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "mail").mkdir()
    (folder / "mail" / "report.txt").write_text("{% if %}", encoding="utf-8")
    monkeypatch.setattr(render, "templates_folder", lambda: folder)


def failing_attachment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def fail(_: object) -> str:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(letter, "payload_text", fail)


FAILURES = [broken_template, missing_template, template_with_a_mistake, failing_attachment]


@pytest.fixture(params=FAILURES, ids=[failure.__name__ for failure in FAILURES])
def fallback(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mail:
    failure: Callable[[pytest.MonkeyPatch, Path], None] = request.param
    failure(monkeypatch, tmp_path)
    return mail(description=f"{SECRET}\r\n.\r\n😀 \ud800")


def test_the_fallback_carries_what_is_needed_to_act(fallback: Mail) -> None:
    assert fallback.fallback
    for fact in (
        "7K4-92Q-MX3",
        "Type : Badge, clé ou code perdu ou volé",
        "Gravité : critique",
        "Toujours en cours : oui",
        "Données personnelles : inconnu",
        "Constaté : hier",
        "21/11/2026 à 09:12",
        "21/11/2026 à 00:00",
        "24/11/2026 à 09:12 (heure de Paris)",
        "Local technique",
        "04 00 00 00 01",
    ):
        assert fact in fallback.text
    codes = ("critical", "lost_access", "yes", "unknown", "yesterday", "no_answer", "None")
    (attachment,) = fallback.parsed.iter_attachments()
    assert not {code for code in codes if code in fallback.text + attachment.get_content()}


def test_the_fallback_carries_every_word_of_the_reporter(fallback: Mail) -> None:
    (attachment,) = fallback.parsed.iter_attachments()
    assert attachment.get_filename() == "incident-7K4-92Q-MX3.txt"
    words = attachment.get_content()
    for said in (SECRET, "😀 \ufffd", "2e étage, porte 214", "n° 4512", "La porte est surveillée.", "06·00·00·00·00"):
        assert said in words


def test_the_fallback_has_the_headers_of_the_proper_mail(fallback: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    names = set(mail().parsed.keys())
    assert set(fallback.parsed.keys()) == names
    for name in names - {"Content-Type"}:
        assert fallback.parsed[name] == mail().parsed[name]
    assert SECRET not in fallback.header_block


@pytest.mark.parametrize("failure", FAILURES)
def test_the_log_says_where_it_failed_but_not_what_was_reported(
    failure: Callable[[pytest.MonkeyPatch, Path], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failure(monkeypatch, tmp_path)
    with caplog.at_level(logging.DEBUG):
        mail(description=SECRET, contact_name="Camille Exemple")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "7K4-92Q-MX3" in caplog.text
    assert SECRET not in caplog.text
    assert "Camille" not in caplog.text
    assert record.exc_info is None


def test_a_fallback_is_the_same_whenever_it_is_composed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing_template(monkeypatch, tmp_path)
    assert mail().raw == mail().raw


def test_a_fallback_without_a_deadline_names_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing_template(monkeypatch, tmp_path)
    assert "CNIL" not in mail(deadline=None, personal_data="no").text
