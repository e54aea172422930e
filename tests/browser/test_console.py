"""The console in a real browser: what needs an answer comes by itself, one tap answers it, and two never both do."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from kiosk.domain.catalogue import KINDS
from kiosk.store.base.connection import open_database
from kiosk.store.staff import passwords
from tests.browser.conftest import DESK, Browse
from tests.browser.desk import TELEPHONE, card, opens, report
from tests.browser.judge import objections
from tests.processes import Kiosk
from tests.staff import a_member


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with Kiosk("--demo", instance=tmp_path_factory.mktemp("console") / "instance") as running:
        yield running


def take(page: Page, words: str = "d'ici 15 min") -> None:
    page.locator("#report-status").get_by_role("button", name=words).click()


def test_a_new_report_comes_by_itself_rings_and_counts_in_the_title(kiosk: Kiosk, console: Browse) -> None:
    page = console(kiosk)
    page.goto("/")
    bell = page.get_by_role("button", name="Sonnerie")
    expect(bell).to_have_accessible_name("Sonnerie en sommeil : activer")  # no browser rings before a touch
    for pressed in ("true", "false", "true"):
        bell.click()
        expect(bell).to_have_attribute("aria-pressed", pressed)
    before = int("".join(filter(str.isdigit, page.title().partition("Signalements")[0])) or 0)
    reference = report(kiosk, network="connected", zone="zone-1")
    expect(card(page, reference)).to_be_visible()
    expect(page).to_have_title(f"⚠ ({before + 1}) Signalements · CPCAM 13")
    assert page.evaluate("document.documentElement.dataset.rang") == "critical"
    expect(card(page, reference).locator(".mark-new")).to_be_visible()


@pytest.mark.parametrize("width", [1366, 1920])
def test_every_page_of_the_console_is_named_in_one_row(kiosk: Kiosk, console: Browse, width: int) -> None:
    """Of the MSSI, who sees most, with the demonstration's mailbox beside them."""
    page = console(kiosk, "mssi", name=f"mila-{width}", viewport={"width": width, "height": 768})
    page.goto("/accounts")
    links = page.get_by_role("navigation", name="Console").get_by_role("link")
    expect(links).to_have_count(8)
    tops, header, signed_in = (page.locator(each) for each in (".staff-top nav a", ".staff-top", ".who"))
    places = tops.evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    assert len(set(places)) == 1
    whole, one_row = header.bounding_box(), signed_in.bounding_box()
    assert whole
    assert one_row
    assert whole["height"] < 3.5 * one_row["height"], "no third row"


def test_the_bell_stays_awake_for_whoever_comes_back_from_a_report(kiosk: Kiosk, console: Browse) -> None:
    page = console(kiosk)
    page.goto("/")
    report(kiosk)
    page.locator(".card-report h3 a").first.click()
    page.get_by_role("link", name="Tous les signalements").click()
    expect(page.get_by_role("button", name="Sonnerie", exact=True)).to_have_attribute("aria-pressed", "true")


def test_two_managers_race_and_the_second_has_nothing_to_do(
    kiosk: Kiosk, console: Browse, provoked: Callable[[], None]
) -> None:
    reference = report(kiosk)
    anne, paul = console(kiosk, name="anne"), console(kiosk, "deputy", name="paul")
    opens(anne, reference)
    opens(paul, reference)
    provoked()
    paul.route("**/status?*", lambda route: route.abort())  # Paul's page has not heard of it yet
    take(anne)
    expect(anne.locator("#report-status")).to_contain_text("Vous vous en occupez")
    take(paul, "d'ici 1 h")
    expect(paul.locator(".result")).to_contain_text("Anne a été plus rapide")
    expect(paul.locator("#report-status")).to_contain_text("Anne s'en occupe")
    expect(paul.get_by_role("button", name="d'ici 15 min")).to_be_hidden()


def test_an_open_page_learns_that_a_colleague_took_it_and_keeps_what_is_being_written(
    kiosk: Kiosk, console: Browse
) -> None:
    reference = report(kiosk)
    waiting, quick = console(kiosk), console(kiosk, name="claire")
    opens(waiting, reference)
    waiting.locator("#note").fill("Je descends voir")
    opens(quick, reference)
    take(quick)
    expect(waiting.locator("#report-status")).to_contain_text("Claire s'en occupe")
    expect(waiting.locator("#history")).to_contain_text("Claire a pris le signalement en charge")
    expect(waiting.locator("#note")).to_have_value("Je descends voir")
    expect(waiting.locator("#note")).to_be_focused()


def test_whoever_decides_by_keyboard_keeps_their_place_while_others_look(kiosk: Kiosk, console: Browse) -> None:
    reference = report(kiosk)
    page, other = console(kiosk), console(kiosk, name="luc")
    opens(page, reference)
    page.locator("#eta-1h").focus()
    opens(other, reference)
    expect(page.locator("#history")).to_contain_text("Luc a lu le signalement")
    expect(page.locator("#eta-1h")).to_be_focused()


def test_the_whole_way_of_a_report(kiosk: Kiosk, console: Browse) -> None:
    reference = report(kiosk, zone="zone-2")
    page = console(kiosk, name="marie")
    page.goto("/")
    card(page, reference).click()
    page.wait_for_url(f"**/reports/{reference}")
    take(page)
    page.get_by_label("Note", exact=True).fill("Poste isolé")
    page.get_by_role("button", name="Enregistrer la note").click()
    expect(page.locator(".thread")).to_contain_text("Poste isolé")
    page.get_by_label("Réponse", exact=True).fill("Merci, nous arrivons.")
    page.get_by_role("button", name="Répondre").click()
    expect(page.locator(".thread")).to_contain_text("Merci, nous arrivons.")
    page.get_by_label("Fausse alerte").check()
    page.get_by_role("button", name="Clore le signalement").click()
    expect(page.locator("#report-status")).to_contain_text("fausse alerte")
    expect(page.get_by_role("button", name="Clore le signalement")).to_be_hidden()
    page.get_by_role("button", name="Rouvrir").click()
    expect(page.locator("#report-status")).to_contain_text("Personne ne s'en occupe encore")
    page.get_by_text("Ce n'était pas un vrai signalement").click()
    page.get_by_role("button", name="C'était un essai").click()
    expect(page.locator("#report-status")).to_contain_text("Masqué : essai")
    page.goto("/")
    expect(card(page, reference)).to_have_count(0)


def test_a_double_tap_takes_once_and_blames_nobody(kiosk: Kiosk, console: Browse) -> None:
    reference = report(kiosk)
    page = console(kiosk, **TELEPHONE)
    opens(page, reference)
    page.locator("#report-status").get_by_role("button", name="d'ici 15 min").dblclick()
    expect(page.locator(".result")).to_contain_text("C'est noté")
    expect(page.locator(".thread")).to_contain_text("a pris le signalement en charge")
    expect(page.locator(".thread").get_by_text("a pris le signalement en charge")).to_have_count(1)


def test_while_the_list_renews_itself_eyes_and_hands_stay_where_they_are(kiosk: Kiosk, console: Browse) -> None:
    for kind in KINDS:
        report(kiosk, kind, zone="zone-3")
    page = console(kiosk, **TELEPHONE)
    page.goto("/")
    last = page.locator(".card-report h3 a").last
    last.focus()
    held, height = last.get_attribute("id"), last.bounding_box()
    reference = report(kiosk, network="connected", zone="zone-4")
    expect(card(page, reference)).to_be_attached()
    assert page.evaluate("document.activeElement.id") == held
    now = page.locator(f"#{held}").bounding_box()
    assert height
    assert now
    assert abs(now["y"] - height["y"]) < 2


def test_silence_of_the_network_is_told_and_forgotten_when_it_is_over(
    kiosk: Kiosk, console: Browse, provoked: Callable[[], None]
) -> None:
    page = console(kiosk)
    provoked()
    page.clock.install()
    page.goto("/")
    notice = page.locator("#stale")
    expect(notice).to_be_hidden()
    page.context.set_offline(True)
    page.clock.run_for(30_000)
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("ne reçoit plus de nouvelles depuis")
    page.context.set_offline(False)
    page.clock.run_for(10_000)
    expect(notice).to_be_hidden()


def test_a_report_told_by_word_of_mouth_is_typed_for_its_reporter(kiosk: Kiosk, console: Browse) -> None:
    page = console(kiosk, "authorised")
    page.goto("/")
    page.get_by_role("link", name="Virus ou comportement").click()
    page.get_by_label("Par téléphone").check()
    expect(page.locator("#removable_details")).to_have_count(0)
    page.locator("#removable-yes").check()
    page.locator("#removable_details").fill("clé USB rouge")
    page.locator("#description").fill("L'écran est bleu")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[data-reference]")).to_be_visible()
    expect(page.locator("[data-follow-up-code]")).to_be_visible()
    assert objections(page) == []


def test_without_scripts_everything_is_done_all_the_same(kiosk: Kiosk, console: Browse) -> None:
    reference = report(kiosk)
    page = console(kiosk, java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Référence ou mots").fill(reference.lower())
    page.get_by_role("button", name="Chercher").click()
    page.wait_for_url(f"**/reports/{reference}")
    take(page, "demain")
    expect(page.locator("#report-status")).to_contain_text("Vous vous en occupez")


def test_the_link_of_a_mail_leads_through_the_sign_in_to_the_report_and_takes_nothing(
    kiosk: Kiosk, browse: Browse
) -> None:
    reference = report(kiosk)
    password = "quatre mots bien choisis"
    with open_database(kiosk.database) as db:
        a_member(db, name="julie", password_hash=passwords.hashed(password))
    page = browse(kiosk, door="staff", **DESK)
    page.goto(f"/reports/{reference}")
    page.locator("#name").fill("julie")
    page.locator("#password").fill(password)
    page.locator("main .send").click()
    page.wait_for_url(f"**/reports/{reference}")
    expect(page.locator("#report-status")).to_contain_text("Personne ne s'en occupe encore")
    expect(page.locator(".thread")).to_contain_text("Julie a lu le signalement")
