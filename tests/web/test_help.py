"""Help stands one tap away from every page, says what the settings say, and never costs a typed word."""

import dataclasses
import html
import re
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import public_app
from kiosk.config import Audience, Organisation, Retention, Role, Settings, When
from kiosk.config.retention import KindDays
from tests.web.contractor import Contractor

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("contact", "content")
KEPT = re.compile(r"<li><strong>([^<]+)</strong> <span>([^<]+ après [^<]+)</span>")
READER = re.compile(r"<li><strong>([^<]+)</strong>(?: <bdi[^>]*>[^<]*</bdi>)? <span>(?![^<]+ après )")
TOLD = re.compile(r"<li><strong>([^<]+)</strong>(?: <bdi[^>]*>[^<]*</bdi>)? <span>((?![^<]+ après )[^<]+)</span>")

TOPICS = {
    "rules": "Les règles de la maison",
    "contacts": "Qui appeler",
    "privacy": "Vos données",
    "accessibility": "Accessibilité",
}


def before(settings: Settings, *audiences: Audience, organisation: str = "Caisse de démonstration") -> Contractor:
    changed = dataclasses.replace(settings, audiences=audiences, organisation=Organisation(name=organisation))
    return Contractor(public_app(changed))


def manager(**given: object) -> Audience:
    return dataclasses.replace(Audience(id="manager", role=Role.MANAGER, name="Responsable d'immeuble"), **given)


@pytest.mark.parametrize(("topic", "title"), TOPICS.items())
def test_a_help_page_opens_under_its_title_and_is_kept_nowhere(topic: str, title: str, contractor: Contractor) -> None:
    response = contractor.fetches(f"/fr/help/{topic}")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert response.text.count("<h1>") == 1
    assert f"<title>{title} · " in response.text


@pytest.mark.parametrize("path", ["/fr/help/secrets", "/fr/help/", "/fr/help/rules/more"])
def test_help_that_does_not_exist_leads_back_to_the_first_page(path: str, contractor: Contractor) -> None:
    answer = contractor.opens(path)
    assert (answer.status, "Revenir à l'accueil" in answer.page) == (404, True)


@pytest.mark.parametrize("path", ["/", "/fr/help/rules", "/fr/nowhere"])
def test_pages_on_which_nothing_is_typed_link_to_every_topic(path: str, contractor: Contractor) -> None:
    page = contractor.opens(path).page
    assert all(f'href="/fr/help/{topic}"' in page for topic in TOPICS)


def test_where_something_may_be_lost_help_unfolds_and_leads_nowhere(contractor: Contractor) -> None:
    pages = [
        contractor.opens("/fr/report/theft").page,
        contractor.sends().page,
        contractor.sends(description="x").page,
        contractor.opens("/fr/follow-up").page,
        contractor.asks_after("wrong").page,
    ]
    for page in pages:
        assert page.count('<details name="help">') == len(TOPICS)
        assert "/help/" not in page
        assert "N'essayez ni de prouver la faiblesse" in page


def test_each_language_keeps_its_own_help_however_often_it_was_shown(contractor: Contractor) -> None:
    paths = [f"/{language}/help/{topic}" for language in ("fr", "ar", "en") for topic in TOPICS]
    first = [contractor.opens(path).page for path in paths]
    assert [contractor.opens(path).page for path in reversed(paths)] == first[::-1]
    assert len(set(first)) == len(paths)


def test_the_duty_to_report_comes_before_every_other_rule(contractor: Contractor) -> None:
    page = contractor.opens("/fr/help/rules").page
    assert page.index("D'abord, signaler") < page.index("Horaires d'accès")
    assert "ne vous sera jamais reproché" in page
    assert "7\u00a0h\u00a030 à 16\u00a0h\u00a030" in page


def test_contacts_come_from_the_settings_in_the_order_in_which_to_call_them(db: Database, settings: Settings) -> None:
    page = (
        before(
            settings,
            Audience(id="dpo", role=Role.DPO, name="DPO", address="dpo@caisse.example"),
            Audience(id="mssi", role=Role.MSSI, name="MSSI", address="ssi@caisse.example", telephone="01 02 03 04 07"),
            Audience(id="works", role=Role.SERVICE, name="Service travaux", telephone="01 02 03 04 08"),
            manager(telephone="01 02 03 04 05", address="a.person@caisse.example"),
        )
        .opens("/fr/help/contacts")
        .page
    )
    shown = ["01 02 03 04 05", "01 02 03 04 08", "01 02 03 04 07", "ssi@caisse.example", "dpo@caisse.example"]
    places = [page.index(text) for text in shown]
    assert places == sorted(places)
    assert "a.person@caisse.example" not in page, "a manager's own mailbox is for the kiosk, not for the lobby"


def test_a_missing_telephone_is_said_plainly_with_what_to_do_instead(db: Database, settings: Settings) -> None:
    page = before(settings, manager()).opens("/fr/help/contacts").page
    assert "Le responsable d&#39;immeuble" in page
    assert "Le suppléant" in page, "a role that nobody holds is named all the same"
    assert page.count("Non renseigné\u00a0: adressez-vous à l'accueil") == 5


def test_contacts_of_another_site_and_those_who_left_are_not_named(db: Database, settings: Settings) -> None:
    page = (
        before(
            settings,
            manager(telephone="01 02 03 04 05", sites=("elsewhere",)),
            manager(telephone="01 02 03 04 06", active=False),
        )
        .opens("/fr/help/contacts")
        .page
    )
    assert "01 02 03 04" not in page


def test_what_settings_say_is_shown_as_text_and_never_as_markup(db: Database, settings: Settings) -> None:
    kiosk = before(settings, manager(name="<b>Accueil</b>", telephone="<i>1</i>"), organisation="<u>Caisse</u>")
    pages = [kiosk.opens(f"/fr/help/{topic}").page for topic in TOPICS]
    for page in pages:
        assert not any(tag in page for tag in ("<b>", "<i>", "<u>"))
    assert "&lt;b&gt;Accueil" in pages[1]
    assert "&lt;u&gt;Caisse" in pages[2]


def test_the_notice_names_exactly_those_to_whom_reports_are_sent(db: Database, settings: Settings) -> None:
    page = (
        before(
            settings,
            manager(),
            Audience(id="deputy", role=Role.DEPUTY, name="Suppléant", address="d@caisse.example", active=False),
            Audience(
                id="guard", role=Role.SERVICE, name="Poste de garde", kinds=("theft",), address="garde@caisse.example"
            ),
            Audience(
                id="works", role=Role.SERVICE, name="Service travaux", when=When.NEVER, address="t@caisse.example"
            ),
            Audience(id="dpo", role=Role.DPO, name="DPO", address="dpo@caisse.example", when=When.PERSONAL_DATA),
        )
        .opens("/fr/help/privacy")
        .page
    )
    assert "Poste de garde</strong> <span>seulement pour\u00a0: Matériel ou document disparu" in page
    assert "si des données personnelles peuvent être concernées" in page
    assert READER.findall(page) == ["Poste de garde", "Le délégué à la protection des données (DPO)"]
    assert (
        "le responsable d&#39;immeuble, le suppléant, le responsable de la sécurité informatique (MSSI) et le" in page
    )
    assert "Caisse de démonstration" in page
    assert "dpo@caisse.example" in page


def test_without_an_address_of_the_dpo_the_notice_says_whom_to_ask(db: Database, settings: Settings) -> None:
    assert "demandez-la à l'accueil" in before(settings, manager()).opens("/fr/help/privacy").page


def test_the_notice_tells_how_long_things_are_kept(contractor: Contractor) -> None:
    assert KEPT.findall(contractor.opens("/fr/help/privacy").page) == [
        ("Signalement clos", "60\xa0jours, puis 1\xa0an après la clôture"),
        ("Pris en charge, jamais clos", "1\xa0an, puis 2 ans après le dernier acte"),
        ("Essai, ou message sans rapport", "7\xa0jours, puis 30\xa0jours après sa mise à l&#39;écart"),
    ]
    for language, said in (("en", "60 days, then 1 year after closing"), ("ar", "60 يومًا ثم سنة بعد الإغلاق")):
        assert said in contractor.opens(f"/{language}/help/privacy").page


ERASING = ("closed", "acknowledged", "hidden")


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
@pytest.mark.parametrize("setting", [*(f"{rule}.{stage}" for rule in ERASING for stage in STAGES), "breach_days"])
def test_every_period_in_the_notice_is_that_of_the_settings(
    setting: str, language: str, db: Database, settings: Settings
) -> None:
    rule, _, stage = setting.partition(".")
    kept = settings.retention
    changed = dataclasses.replace(getattr(kept, rule), **{stage: 401 if stage == "content" else 4}) if stage else 401
    told = dataclasses.replace(settings, retention=dataclasses.replace(kept, **{rule: changed}))
    page = Contractor(public_app(told)).opens(f"/{language}/help/privacy").page
    assert re.search(r"\b401?\b" if stage != "contact" else r"\b4\b", page)


def test_a_kind_with_a_period_of_its_own_stands_in_the_notice(db: Database, settings: Settings) -> None:
    kinds = (KindDays(kind="theft", contact=10, content=20), KindDays(kind="thefft", contact=1, content=2))
    told = dataclasses.replace(settings, retention=Retention(kinds=kinds))
    kept = dict(KEPT.findall(Contractor(public_app(told)).opens("/fr/help/privacy").page))
    assert kept["Matériel ou document disparu"] == "10\xa0jours, puis 20\xa0jours après la clôture"
    assert len(kept) == 4


def test_the_register_names_those_who_read_a_report_as_the_notice_does(db: Database, settings: Settings) -> None:
    everybody = [dataclasses.replace(each, address="x@caisse.example") for each in settings.audiences]
    page = before(settings, *everybody).opens("/fr/help/privacy").page
    told = [f"{who[0].lower()}{who[1:]}, {when}" for who, when in TOLD.findall(page)]
    register = (ROOT / "docs" / "registre.md").read_text(encoding="utf-8")
    assert len(told) == 5
    expected = html.unescape(" ; ".join(told)).replace("\xa0", " ")
    assert f"| Destinataires | Par courriel, ceux qui ont une adresse\u00a0: {expected}." in register


def test_the_accessibility_statement_claims_no_more_than_is_known(contractor: Contractor) -> None:
    page = contractor.opens("/fr/help/accessibility").page
    assert "Non conforme au RGAA" in page
    assert "Défenseur des droits" in page
    assert "21 novembre 2026" in page
