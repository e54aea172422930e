"""Every page and state of the console: nobody is kept out, nothing overflows, no policy is broken."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from kiosk.store.connection import open_database
from tests.browser.conftest import Browse
from tests.browser.desk import TELEPHONE, opens, report
from tests.browser.test_accessibility import objections, sideways
from tests.processes import Kiosk

LOOKS = [
    pytest.param({}, id="screen"),
    pytest.param({**TELEPHONE, "color_scheme": "dark"}, id="telephone-dark"),
    pytest.param(TELEPHONE, id="telephone", marks=pytest.mark.long),
    pytest.param({"forced_colors": "active"}, id="forced-colours", marks=pytest.mark.long),
    pytest.param({"viewport": {"width": 320, "height": 640}}, id="narrow", marks=pytest.mark.long),
]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """Without a relay, so that mails wait and red things show."""
    with Kiosk("--demo", "--no-forwarder", instance=tmp_path_factory.mktemp("screens") / "instance") as running:
        for kind in ("virus", "theft", "other"):
            report(running, kind, zone="zone-2", name="Camille Exemple", telephone="06 00 00 00 00")
        yield running


@pytest.fixture(params=LOOKS)
def page(request: pytest.FixtureRequest, console: Browse, kiosk: Kiosk, provoked: Callable[[], None]) -> Page:
    opened = console(kiosk, **request.param)
    provoked()
    return opened


def press(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name).first.click()


def list_of_open(page: Page, kiosk: Kiosk) -> None:
    page.goto("/")


def list_with_filters(page: Page, kiosk: Kiosk) -> None:
    page.goto("/?state=all&kind=theft&from=2020-01-01")


def list_without_lines(page: Page, kiosk: Kiosk) -> None:
    page.goto("/?to=2020-01-01")


def list_when_the_network_is_silent(page: Page, kiosk: Kiosk) -> None:
    page.goto("/")
    page.evaluate("document.getElementById('stale').hidden = false")


def open_report(page: Page, kiosk: Kiosk) -> None:
    reference = report(kiosk, "virus", language="fr")
    with open_database(kiosk.instance / "kiosk.db") as db:
        db.execute("UPDATE deliveries SET state = 'held', attempts = 1, last_reply = '550 5.7.1 ' || hex(zeroblob(200))"
                   " WHERE report_id = (SELECT id FROM reports WHERE reference = ?)", (reference,))  # fmt: skip
    opens(page, reference)


def taken_report(page: Page, kiosk: Kiosk) -> None:
    opens(page, report(kiosk, "theft"))
    press(page, "Je m'en occupe")
    page.get_by_text("Annoncer une autre heure").click()


def report_with_words(page: Page, kiosk: Kiosk) -> None:
    opens(page, report(kiosk, "theft"))
    page.locator("#note").fill("mot" * 200)
    press(page, "Enregistrer la note")
    page.locator("#reply").fill("الباب مفتوح")
    page.get_by_role("button", name="Répondre", exact=True).click()
    expect(page.locator(".thread .quote")).to_have_count(2)


def refused_note(page: Page, kiosk: Kiosk) -> None:
    opens(page, report(kiosk, "theft"))
    press(page, "Enregistrer la note")
    expect(page.locator(".error")).to_be_visible()


def closed_report(page: Page, kiosk: Kiosk) -> None:
    opens(page, report(kiosk, "theft"))
    press(page, "Clore le signalement")


def hidden_report(page: Page, kiosk: Kiosk) -> None:
    opens(page, report(kiosk, "theft"))
    page.get_by_text("Ce n'était pas un vrai signalement").click()
    press(page, "C'est indésirable")


def exported_report(page: Page, kiosk: Kiosk) -> None:
    opens(page, report(kiosk, "theft"))
    press(page, "Je m'en occupe", "À imprimer")
    expect(page.locator("#proof-title")).to_be_visible()


def search_with_results(page: Page, kiosk: Kiosk) -> None:
    page.goto("/search")
    page.locator("#looked-for").fill("argent")
    press(page, "Chercher")
    expect(page.locator(".row-report").first).to_be_visible()


def search_refused(page: Page, kiosk: Kiosk) -> None:
    page.goto("/search")
    page.locator("#looked-for").fill("a")
    press(page, "Chercher")
    expect(page.locator(".error")).to_be_visible()


def choice_of_kind(page: Page, kiosk: Kiosk) -> None:
    page.goto("/on-behalf")


def form_for_somebody(page: Page, kiosk: Kiosk) -> None:
    page.goto("/on-behalf/siege/virus")
    page.locator("#removable-yes").check()
    page.locator("#when-at").check()
    expect(page.locator("#removable_details")).to_be_visible()


def form_refused(page: Page, kiosk: Kiosk) -> None:
    page.goto("/on-behalf/siege/virus")
    page.locator("#told_date").fill("2999-01-01")
    press(page, "Enregistrer")
    expect(page.locator("#summary")).to_be_visible()


def day_sheet(page: Page, kiosk: Kiosk) -> None:
    page.goto("/day")


def absences(page: Page, kiosk: Kiosk) -> None:
    page.goto("/absences")
    page.locator("#audience").select_option("manager")
    page.locator("#to_date").fill("2999-01-01")
    press(page, "Noter l'absence")
    expect(page.locator(".absence").first).to_be_visible()


def absence_refused(page: Page, kiosk: Kiosk) -> None:
    page.goto("/absences")
    page.locator("#audience").select_option("manager")
    page.locator("#to_date").fill("2020-01-01")
    press(page, "Noter l'absence")
    expect(page.locator(".error")).to_be_visible()


STATES: list[Callable[[Page, Kiosk], None]] = [
    list_of_open,
    list_with_filters,
    list_without_lines,
    list_when_the_network_is_silent,
    open_report,
    taken_report,
    report_with_words,
    refused_note,
    closed_report,
    hidden_report,
    exported_report,
    search_with_results,
    search_refused,
    choice_of_kind,
    form_for_somebody,
    form_refused,
    day_sheet,
    absences,
    absence_refused,
]


def test_no_screen_of_the_console_keeps_anybody_out(page: Page, kiosk: Kiosk) -> None:
    for reach in STATES:
        reach(page, kiosk)
        assert sideways(page) <= 0, reach.__name__
        assert objections(page) == [], reach.__name__


def test_a_sheet_fits_on_paper(console: Browse, kiosk: Kiosk) -> None:
    page = console(kiosk, viewport={"width": 1040, "height": 720})  # A4 landscape between its margins
    page.goto("/day")
    page.emulate_media(media="print")
    expect(page.locator(".staff-top")).to_be_hidden()
    expect(page.locator(".signature")).to_be_visible()
    assert sideways(page) <= 0
