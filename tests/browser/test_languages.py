"""A contractor who reads only Arabic reports an incident; the organisation gets its mail in French."""

from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Page, expect

from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReceiptScreen, ReportScreen
from tests.processes import Kiosk
from tests.waiting import until

LANDSCAPE = {"viewport": {"width": 1920, "height": 1080}}


def language_button(page: Page, name: str) -> None:
    page.locator(".languages").get_by_text(name, exact=True).tap()


def mails_of(kiosk: Kiosk, reference: str) -> list[str]:
    """The text of every mail about this report, waited for."""

    def bodies() -> list[str]:
        mails = [path.read_bytes() for path in (kiosk.served / "mailbox").glob("*.eml")]
        parsed = [message_from_bytes(mail, policy=policy.default) for mail in mails]
        found = [mail.get_body(("plain",)) for mail in parsed if reference in str(mail["Subject"])]
        return [body.get_content() for body in found if body is not None]

    return until(bodies, told=lambda: "no mail came")


def test_a_report_in_arabic_ends_in_a_french_mail(page: Page, kiosk: Kiosk) -> None:
    home = HomeScreen.opened_on(page)
    language_button(page, "العربية")
    page.wait_for_url("**/ar/")
    report = home.chooses("theft")
    report.answers("zone", "zone-4").answers("called", "no_answer").answers("what", "computer").answers(
        "encrypted", "no"
    )
    receipt = report.types("description", "سُرق الحاسوب من المكتب 12").sends()
    assert receipt.heading == "تم التسجيل"
    expect(receipt.transmission).to_contain_text("أُرسل في الساعة")
    [mail, *_] = mails_of(kiosk, receipt.reference)
    for said in ("Matériel ou document disparu", "Archives", "Ordinateur", "arabe", "سُرق الحاسوب من المكتب 12"):
        assert said in mail
    assert "personne (appel sans réponse)" in mail
    assert "حاسوب أو هاتف" not in mail
    page.get_by_role("link", name="إنهاء").tap()
    page.wait_for_url("**/fr/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Signaler un incident de sécurité")


def test_arrows_point_the_way_one_reads(page: Page) -> None:
    mirrored = "icon => new DOMMatrix(getComputedStyle(icon).transform).a"
    for language, direction in (("en", 1), ("ar", -1)):
        page.goto(f"/{language}/report/other")
        for step in ("where", "check"):
            journey.to(page, step)
            for arrow in page.locator(".send-bar .pictogram:visible").all():
                assert arrow.evaluate(mirrored) == direction


def test_a_reference_reads_from_left_to_right_in_an_arabic_sentence(page: Page) -> None:
    page.goto("/ar/report/other")
    ReportScreen(page).types("description", "شك").sends()
    for number in ("[data-reference] bdi", "[data-follow-up-code] bdi", ".phones bdi"):
        assert page.locator(number).first.evaluate("text => getComputedStyle(text).direction") == "ltr"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_changing_the_language_halfway_keeps_every_word(scripts: bool, browse: Browse, kiosk: Kiosk) -> None:
    before = kiosk.count_reports()
    page = browse(kiosk, java_script_enabled=scripts)
    report = ReportScreen.opened_on(page).answers("zone", "zone-2").types("description", "حقيبة متروكة")
    language_button(page, "English")
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    language_button(page, "العربية")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert report.typed("description") == "حقيبة متروكة"
    expect(page.locator("#zone-zone-2")).to_be_checked()
    expect(page.locator(".emergency")).to_contain_text("الإسعاف")
    assert "/ar/" in page.url
    assert kiosk.count_reports() == before
    report.sends()
    assert kiosk.count_reports() == before + 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_enter_in_a_field_goes_on_and_does_not_change_the_language(scripts: bool, browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, java_script_enabled=scripts)
    page.goto("/en/report/other")
    report = ReportScreen(page).types("place", "Level 2")
    page.locator("#place").press("Enter")
    if scripts:
        expect(page.get_by_role("heading", name="Check, then send")).to_be_focused()
        report.presses_send()
    assert ReceiptScreen.shown_on(page).heading == "Recorded"


def test_after_a_change_of_language_nothing_is_left_for_back_or_reload(page: Page) -> None:
    ReportScreen.opened_on(page).types("description", "MARKER-4410")
    language_button(page, "English")
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    page.reload()
    assert "MARKER-4410" not in page.content()
    assert page.locator("#description").input_value() == ""


def test_a_screen_reader_hears_each_answer_once(page: Page) -> None:
    page.goto("/ar/report/theft")
    journey.to(page, "details")
    expect(page.get_by_role("checkbox", name="حاسوب", exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="ما الذي اختفى؟", exact=True)).to_be_visible()
    expect(page.locator(".choice:has(#what-computer) .french")).to_have_text("Ordinateur")


@pytest.mark.whole_browser
@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_tiles_fit_on_one_screen(language: str, browse: Browse, kiosk: Kiosk) -> None:
    for size in ({}, LANDSCAPE):
        page = browse(kiosk, **size)
        page.goto(f"/{language}/")
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
