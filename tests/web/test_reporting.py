"""From a form to a receipt, without scripts, for every kind."""

import dataclasses
import re

import pytest
from sqlite_utils import Database

from kiosk import public_app
from kiosk.config import Languages, Settings
from kiosk.domain.catalogue import KINDS
from tests.web.contractor import Answer, Contractor, Organisation, PlainBrowser


def test_the_home_page_offers_every_kind_and_the_emergency_numbers(contractor: Contractor) -> None:
    page = contractor.opens("/").page
    for kind in KINDS.values():
        assert f'href="/fr/report/{kind.code}"' in page
    for number in ("15", "17", "18", "112"):
        assert f"<strong>{number}</strong>" in page


@pytest.mark.parametrize("kind", KINDS)
def test_one_answered_closed_question_is_a_report(
    kind: str, contractor: Contractor, organisation: Organisation
) -> None:
    answer = contractor.sends(kind, ongoing="yes")
    assert answer.is_receipt
    row = organisation.row(answer.reference)
    assert (row["kind"], row["ongoing"], row["site_id"], row["terminal_id"]) == (kind, "yes", "siege", "hall")


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_alone_is_a_report(kind: str, contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends(kind, description="La porte du local reste ouverte.")
    assert answer.is_receipt
    assert organisation.content(answer.reference)["description"] == "La porte du local reste ouverte."


@pytest.mark.parametrize("question", ["zone", "when", "ongoing", "personal_data", "called"])
def test_i_do_not_know_is_a_proper_answer_even_alone(question: str, contractor: Contractor) -> None:
    assert contractor.sends("virus", **{question: "unknown"}).is_receipt


@pytest.mark.parametrize("field", ["place", "already_done", "name", "company", "telephone", "when_date", "when_time"])
def test_any_single_line_is_enough(field: str, contractor: Contractor) -> None:
    assert contractor.sends("other", **{field: "12"}).is_receipt


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_of_a_kind_can_be_answered_in_plain_html_and_arrives(
    kind: str, contractor: Contractor, organisation: Organisation
) -> None:
    page = contractor.opens(f"/fr/report/{kind}").page
    said = {}
    for question in KINDS[kind].questions:
        assert f'name="{question.code}"' in page, "the question is not on the page"
        for choice in question.choices:
            assert re.search(rf'name="{question.code}" value="{choice.code}"', page)
        said[question.code] = question.choices[0].code if question.closed else "vu"
    answers = organisation.content(contractor.sends(kind, **said).reference)["answers"]
    assert {code: value[0] if isinstance(value, list) else value for code, value in answers.items()} == said


def test_everything_a_contractor_says_arrives(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends(
        "lost_access",
        zone="zone-3",
        place="Porte B",
        when="at",
        when_date="2026-11-19",
        when_time="14:30",
        ongoing="unknown",
        personal_data="no",
        called="no_answer",
        already_done="Accueil prévenu",
        means=["badge", "key"],
        description="Tombé au parking",
        name="A. Martin",
        company="Ascenseurs du Sud",
        telephone="06 00 00 00 00",
    )
    row = organisation.row(answer.reference)
    assert (row["zone"], row["ongoing"], row["personal_data"]) == ("zone-3", "unknown", "no")
    assert (row["observed_precision"], row["observed_earliest"]) == ("at", "2026-11-19T13:30:00.000Z")
    content = organisation.content(answer.reference)
    assert content["answers"]["means"] == ["badge", "key"]
    assert (content["place"], content["called"], content["already_done"]) == ("Porte B", "no_answer", "Accueil prévenu")
    contact = organisation.contact(answer.reference)
    assert contact == {"name": "A. Martin", "company": "Ascenseurs du Sud", "telephone": "06 00 00 00 00"}


def test_nothing_at_all_is_answered_with_what_to_do(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends("theft", description="  \n ", submission_id="")
    assert answer.status == 422
    assert answer.page.count("Votre signalement est encore vide") == 2, "once in the summary, once at the field"
    assert 'href="#zone"' in answer.page
    assert "<title>Erreur\u00a0: " in answer.page
    assert organisation.reports == 0


def test_the_receipt_says_who_is_told_and_what_not_to_do(contractor: Contractor, settings: Settings) -> None:
    page = contractor.sends("theft", personal_data="yes").page
    assert "MSSI" in page
    assert "DPO" in page
    assert "Le responsable d&#39;immeuble</li>" not in page, "an audience without an address is not told"
    assert "prouver ou de réparer" in page


def test_the_dpo_is_not_named_when_personal_data_is_excluded(contractor: Contractor) -> None:
    page = contractor.sends("theft", personal_data="no").screen
    assert "MSSI" in page
    assert "(DPO)" not in page


def test_a_contractor_follows_a_report_with_the_code_alone_and_reads_no_content(contractor: Contractor) -> None:
    receipt = contractor.sends("theft", description="MARKER-7261")
    spoken = receipt.follow_up_code.lower().replace("-", " ")
    found = contractor.asks_after(spoken)
    assert found.is_receipt
    assert found.reference == receipt.reference
    assert "Enregistré à" in found.page
    assert "MARKER" not in found.page


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "AAAA-BBBB-CCCC-DDDD", "'; --", "é" * 5000])
def test_every_wrong_code_gets_the_same_friendly_answer(code: str, contractor: Contractor) -> None:
    contractor.sends("theft", description="x")
    answer = contractor.asks_after(code)
    assert answer.status == 422
    assert "Ce code n&#39;est pas reconnu" in answer.page


def test_without_any_number_the_contractor_is_sent_to_the_front_desk(contractor: Contractor) -> None:
    page = contractor.opens("/fr/report/theft").page
    assert "Adressez-vous à l'accueil" in page


def test_every_offered_language_is_named_in_itself_and_sets_the_direction(db: Database, settings: Settings) -> None:
    contractor = Contractor(public_app(settings))
    french_only = dataclasses.replace(settings, languages=Languages(offered=("fr",)))
    assert "languages" not in Contractor(public_app(french_only)).opens("/").page, "one language needs no choice"
    page = contractor.opens("/").page
    for code, name in (("fr", "Français"), ("en", "English"), ("ar", "العربية")):
        assert f'href="/{code}/" lang="{code}"' in page
        assert name in page
    assert '<html lang="ar-MA" dir="rtl">' in contractor.opens("/ar/report/theft").page
    sent = contractor.client.post("/ar/report/theft", data={"description": "سرقة"})
    assert 'href="/ar/"' in sent.text


def test_the_language_of_the_page_is_kept_with_the_report(
    db: Database, settings: Settings, organisation: Organisation
) -> None:
    app = public_app(dataclasses.replace(settings, languages=Languages(offered=("fr", "en"))))
    page = PlainBrowser(app, app.response_class).post("/en/report/theft", data={"description": "gone"}).text
    assert organisation.row(Answer(200, page).reference)["language"] == "en"


@pytest.mark.parametrize(
    ("role", "kind", "shown"),
    [
        ("manager", "theft", True),
        ("deputy", "theft", True),
        ("referent", "lost_access", True),
        ("referent", "theft", False),
        ("service", "theft", True),
        ("mssi", "theft", False),
    ],
)
def test_who_can_be_called_stands_beside_what_to_do_now(
    role: str, kind: str, shown: bool, db: Database, settings: Settings
) -> None:
    audiences = tuple(
        dataclasses.replace(audience, telephone="04 65 71 00 09") if audience.role == role else audience
        for audience in settings.audiences
    )
    contractor = Contractor(public_app(dataclasses.replace(settings, audiences=audiences)))
    assert ("04 65 71 00 09" in contractor.opens(f"/fr/report/{kind}").screen) is shown


def test_the_demonstration_says_so_on_every_page(db: Database, settings: Settings) -> None:
    contractor = Contractor(public_app(dataclasses.replace(settings, demo=True)))
    for path in ("/", "/fr/report/theft", "/fr/follow-up", "/nowhere"):
        assert "demo-band" in contractor.opens(path).page
    assert "demo-band" in contractor.sends(description="Essai").page
    assert "demo-band" not in Contractor(public_app(settings)).opens("/").page
