"""From codes to French: every mail says what the catalogue and the directory say."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kiosk.config import Audience, Role, Site
from kiosk.config.audiences import default_audiences
from kiosk.config.sites import default_sites
from kiosk.domain.catalogue import KINDS, Form, Kind, Tristate, common
from kiosk.domain.moment import NOT_SAID, Moment, resolve
from kiosk.domain.report import Contact, Report
from kiosk.domain.submission import Submission
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.envelope import Addressee, Recipient
from kiosk.mail.french import language_name
from kiosk.mail.report.facts import Facts
from kiosk.mail.report.letter import compose_report
from kiosk.reporting.mail_facts import facts_of, observed_words, reader
from tests.unit.mails import STATIONERY, Mail
from tests.unit.test_mail_payload import SCHEMA, problems

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
SITE = replace(default_sites()[0], address="1 rue de l'Exemple")


def report(kind: str = "lost_access", **changes: Any) -> Report:
    told: dict[str, Any] = {
        "submission": Submission(UUID(int=7, version=4)),
        "site": "siege",
        "terminal": "hall",
        "language": "fr",
    }
    return Report(**told | {"received_at": NOW, "kind_code": kind} | changes)


def facts(told: Report, site: Site = SITE, audiences: tuple[Audience, ...] = default_audiences()) -> Facts:
    return facts_of(
        told,
        reference="7K4-92Q-MX3",
        site=site,
        audiences=audiences,
        organisation="CPCAM 13",
        console_url="",
        trace=TraceHead(1, bytes.fromhex("00" * 32)),
        demo=False,
    )


def full(kind: Kind, choice: int) -> Report:
    """Every question answered, with the nth choice or with words."""
    answers: dict[str, str | tuple[str, ...]] = {}
    for question in kind.questions:
        codes = [offered.code for offered in question.choices]
        if question.form is Form.SEVERAL:
            answers[question.code] = tuple(codes[choice:]) or (codes[-1],)
        else:
            answers[question.code] = codes[min(choice, len(codes) - 1)] if codes else f"mes mots {question.code}"
    return report(
        kind.code,
        answers=answers,
        zone="zone-3",
        place="porte 2",
        observed=resolve("yesterday", "", "", NOW),
        ongoing=Tristate.YES,
        called="reached",
        already_done="rien",
        description="des mots",
        contact=Contact(name="Camille Exemple", company="Froid", telephone="06 00 00 00 00"),
    )


def composed(told: Report, audience: Audience) -> Mail:
    said = replace(facts(told), readers=(reader(audience, told),))
    (result,) = compose_report(said, [Addressee(Recipient(audience.id, audience.name), STATIONERY)])
    return Mail(result.whole, result.fallback)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("choice", [0, 1, 2, 99])
def test_every_kind_makes_a_complete_mail(kind: Kind, choice: int) -> None:
    told = full(kind, choice)
    made = composed(told, default_audiences()[0])
    text = " ".join(made.text.split())
    assert not made.fallback
    assert kind.title in made.parsed["Subject"]
    assert kind.ongoing_label.replace("\u00a0", " ") in text
    for step in kind.checklist:
        assert " ".join(step.split()) in text
    for question in kind.questions:
        assert " ".join(question.label.split()) in text
        answer = told.answers[question.code]
        for code in (answer,) if isinstance(answer, str) else answer:
            assert " ".join(question.choice_label(code).split()) in text
    assert list(problems(made.payload, SCHEMA)) == []
    assert made.payload["type"] == kind.code
    assert made.payload["answers"] == {
        code: list(said) if isinstance(said, tuple) else said for code, said in told.answers.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_barest_report_of_every_kind_makes_a_mail_for_everybody(kind: str) -> None:
    for audience in default_audiences():
        made = composed(report(kind, description="x"), audience)
        assert not made.fallback
        assert list(problems(made.payload, SCHEMA)) == []


def test_a_kind_that_the_catalogue_does_not_know_is_told_as_other() -> None:
    assert facts(report("brand_new")).kind == "other"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (resolve("now", "", "", NOW), "au moment du signalement"),
        (resolve("today", "", "", NOW), "aujourd'hui"),
        (resolve("yesterday", "", "", NOW), "hier"),
        (resolve("at", "2026-11-20", "14:10", NOW), "le vendredi 20/11/2026 à 14:10"),
        (resolve("at", "2026-11-20", "", NOW), "le vendredi 20/11/2026"),
        (resolve("at", "2026-10-25", "", NOW), "le dimanche 25/10/2026"),
        (resolve("at", "2026-10-25", "02:30", NOW), "le dimanche 25/10/2026 à 02:30"),  # an hour that came twice
        (resolve("at", "2026-03-29", "02:30", NOW), "le dimanche 29/03/2026 entre 01:30 et 03:30"),  # never came
        (resolve("at", "2026-03-29", "", NOW), "le dimanche 29/03/2026"),
        (resolve("at", "0005-01-02", "08:00", NOW), "non précisé"),
        (resolve("at", "31/02", "soir", NOW), "non précisé"),
        (NOT_SAID, "non précisé"),
    ],
)
def test_the_moment_is_said_no_more_precisely_than_by_the_reporter(moment: Moment, words: str) -> None:
    assert observed_words(moment) == words


def test_a_date_that_cannot_be_read_is_kept_word_for_word() -> None:
    assert facts(report(observed=resolve("at", "31/02", "soir", NOW))).observed_typed == "31/02 soir"


def test_personal_data_not_answered_takes_the_default_of_the_kind_and_says_so() -> None:
    told = facts(report("lost_access"))
    assert (told.personal_data, told.personal_data_answered) == ("unknown", False)
    answered = facts(report("lost_access", personal_data_answer=Tristate.NO))
    assert (answered.personal_data, answered.personal_data_answered, answered.deadline) == ("no", True, None)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("zone-3", "Local technique"),
        ("elsewhere", "autre endroit"),
        ("unknown", "endroit inconnu"),
        ("gone", "gone"),
        (None, ""),
    ],
)
def test_a_zone_has_the_name_it_has_on_site(zone: str | None, name: str) -> None:
    assert facts(report(zone=zone)).zone_name == name


@pytest.mark.parametrize(
    ("code", "name"),
    [("fr", "français"), ("ar", "arabe"), ("pt", "portugais"), ("pt-BR", "portugais (Brésil)"), ("xx", "xx"),
     ("", ""), ("no language\n", "no language\n")],
)  # fmt: skip
def test_a_language_has_a_french_name_or_keeps_its_code(code: str, name: str) -> None:
    assert language_name(code) == name


def test_staff_read_whom_the_reporter_reached_and_not_what_they_tapped() -> None:
    for choice in common.CALLED.choices:
        words = facts(report(called=choice.code)).called_words
        assert words
        assert words not in (choice.label, choice.code)
    assert facts(report(called="reached")).called_words == "quelqu'un"
    assert facts(report()).called_words == ""


def test_an_answer_that_the_catalogue_no_longer_asks_for_is_not_lost() -> None:
    told = facts(report(answers={"how": "stolen", "colour": "rouge", "shapes": ("rond", "carré")}))
    assert [(said.code, said.answer, said.free) for said in told.said] == [
        ("how", "C'est volé", False),
        ("colour", "rouge", True),
        ("shapes", "rond, carré", True),
    ]


def with_telephones(*changed: Audience) -> tuple[Audience, ...]:
    return (*(replace(audience, telephone=f"04 {audience.id}") for audience in default_audiences()), *changed)


def test_the_mail_lists_whom_to_call_on_this_site() -> None:
    elsewhere = Audience(id="far", role=Role.MANAGER, name="Ailleurs", telephone="05", sites=("annexe",))
    gone = Audience(id="gone", role=Role.SERVICE, name="Parti", telephone="06", active=False)
    told = facts(report("virus"), audiences=with_telephones(elsewhere, gone))
    assert [telephone.number for telephone in told.telephones] == [
        "04 manager",
        "04 deputy",
        "04 referent",
        "04 infrastructures",
        "04 resources",
    ]


def test_a_manager_without_a_number_is_listed_so_that_it_shows() -> None:
    assert [(entry.role, entry.number) for entry in facts(report()).telephones] == [("manager", ""), ("deputy", "")]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("personal_data", Tristate)
def test_everybody_reads_why_the_mail_came(role: Role, personal_data: Tristate) -> None:
    told = report(personal_data_answer=personal_data)
    audience = Audience(id="x", role=role, name="Service X")
    line = f"Service X : {reader(audience, told).why}"
    assert line in " ".join(composed(told, audience).text.split())
    assert len(line) > 40


def test_the_dpo_reads_whether_personal_data_is_certain_or_not_excluded() -> None:
    dpo = Audience(id="dpo", role=Role.DPO, name="DPO")
    assert "peuvent être concernées" in reader(dpo, report(personal_data_answer=Tristate.YES)).why
    assert "n'est pas exclue" in reader(dpo, report(personal_data_answer=Tristate.UNKNOWN)).why
    assert "destinataires" in reader(dpo, report(personal_data_answer=Tristate.NO)).why
