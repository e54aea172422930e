"""The ways to every page and state of the contractor's door; states.py lists them."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

from playwright.sync_api import Route, expect

from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.roles import Actor
from kiosk.duty import acts
from kiosk.reporting.reply import reply
from kiosk.web.public.help import TOPICS
from kiosk.web.shared.app import BODY_LIMIT
from tests.browser import journey
from tests.browser.screens import ReportScreen
from tests.browser.visit import Visit, Way
from tests.browser.world import BOOM

CAMILLE = Actor("camille", "Camille Martin", "manager")
TOO_MUCH = "1" * (BODY_LIMIT + 1)


def tiles(visit: Visit) -> Iterator[str]:
    visit.world.forwarder_is_there()
    visit.opens()
    yield "tiles"
    for switch, name in (("large", "large letters"), ("contrast", "large letters and strong contrast")):
        visit.presses(f"[data-switch={switch}]")
        yield f"tiles, {name}"
    visit.presses("[data-switch=large]")
    yield "tiles, strong contrast"
    visit.world.forwarder_is_silent()
    visit.opens()
    yield "tiles, mails are late"
    visit.opens(door="broken")
    yield "tiles, cannot save"
    visit.opens("/report/theft", door="broken")
    expect(visit.page.locator("[data-out-of-service]")).to_be_visible()
    yield "form, cannot save"


def languages(visit: Visit) -> Iterator[str]:
    other = "ar" if visit.language == "fr" else "fr"
    visit.goes("/", "public")
    visit.presses(f".languages [lang={other}]")
    visit.page.wait_for_url(f"**/{other}/")
    visit.language = other
    yield "tiles, after a change of language"
    visit.opens("/report/theft")
    ReportScreen(visit.page).types("place", "B12")
    before = "fr" if other == "ar" else "ar"
    visit.presses(f".languages [lang={before}]")
    visit.page.wait_for_url(f"**/{before}/report/theft")
    visit.language = before
    assert ReportScreen(visit.page).typed("place") == "B12"
    yield "form, after a change of language"


def form_of(kind: str) -> Way:
    def form(visit: Visit) -> Iterator[str]:
        visit.opens(f"/report/{kind}")
        for step in ("where", "when", "decisive"):
            assert journey.step(visit.page) == step
            yield f"{kind}: {step}"
            journey.go_on(visit.page)
        yield f"{kind}: check"
        journey.to(visit.page, "details")
        yield f"{kind}: details"

    return form


def form_with_answers(visit: Visit) -> Iterator[str]:
    """Something said on every screen, so that every part of each is there."""
    page = visit.page
    visit.opens("/report/lost_access?display=both")
    report = ReportScreen(page).answers("called", "not_yet").answers("zone", "zone-4").answers("when", "at")
    report.types("when_date", "2026-11-19")
    yield "form, another day"
    report.answers("how", "stolen").answers("means", "smart_card")
    visit.sees("#pin_exposed")
    report.types("description", "Vu près du quai").opens_contact().types("telephone", "06 12 34 56 78")
    yield "form, details unfolded"
    journey.to_check(page)
    yield "form, everything to check"


def form_with_help(visit: Visit) -> Iterator[str]:
    visit.opens("/report/virus")
    for number, topic in enumerate(TOPICS):
        visit.page.locator(".help-here summary").nth(number).click()
        yield f"form, help unfolded: {topic}"


def form_with_errors(visit: Visit) -> Iterator[str]:
    page = visit.page
    visit.opens("/report/lost_access")
    ReportScreen(page).answers("means", "smart_card").types("place", "1" * 501).presses_send()
    visit.sees("#summary")
    yield "form, refused"
    visit.presses("#summary a")
    yield "form, refused, at the field"
    page.goto("about:blank")
    visit.posts("/report/theft", description="1", zone="zone-2")
    visit.sees("#notice")
    yield "form, from another site"
    visit.opens("/report/theft", door="broken")
    visit.page.evaluate("document.querySelector('#description').value = '1'")
    visit.posts("/report/theft", door="broken", description="1", zone="zone-2")
    visit.sees("#notice")
    yield "form, not confirmed"


def form_that_cannot_be_sent(visit: Visit) -> Iterator[str]:
    page = visit.page
    page.clock.install()
    visit.opens("/report/theft")
    report = ReportScreen(page).types("description", "1")
    held: list[Route] = []
    page.route("**/report/theft*", lambda route: held.append(route))
    report.presses_send()
    expect(page.locator("[data-send-error]")).to_be_hidden()
    visit.waits(3)
    visit.sees("[data-slow]")
    yield "form, sent slowly"
    held.pop().abort("connectionreset")
    visit.sees("[data-send-error]")
    yield "form, not sent"
    page.unroute("**/report/theft*")
    page.evaluate("words => { document.querySelector('#description').value = words }", TOO_MUCH)
    report.presses_send()
    visit.sees("[data-reason=too-long]")
    page.evaluate("document.querySelector('#description').value = '1'")
    yield "form, too long for one sending"


def form_without_our_scripts(visit: Visit) -> Iterator[str]:
    visit.page.route("**/*.js*", lambda route: route.abort())
    visit.opens("/report/lost_access")
    visit.sees("#description")
    yield "form, one plain page"


def form_left_alone(visit: Visit) -> Iterator[str]:
    visit.page.clock.install()
    visit.opens("/report/theft")
    visit.waits(76)
    visit.sees("[data-idle]")
    yield "form, is anybody there?"


def form_with_keyboard(visit: Visit) -> Iterator[str]:
    visit.opens("/report/other")
    ReportScreen(visit.page).opens_contact()
    for field in ("description", "telephone"):
        visit.page.locator(f"#{field}").tap()
        expect(visit.page.locator("#keyboard")).to_be_visible()
        yield f"form, keyboard for a {field}"


def receipts(visit: Visit) -> Iterator[str]:
    world, line = visit.world, visit.page.locator("#transmission")
    world.all_is_well()
    identity = visit.sends()
    yield "receipt, being sent"
    world.deliver()
    expect(line).not_to_have_attribute("hx-post", "")
    expect(line.locator(".line-open")).to_have_count(0)
    yield "receipt, sent"
    visit.later(timedelta(minutes=3))
    visit.opens()
    visit.posts("/report/other", description="Vu", submission_id=identity)
    expect(visit.page.locator("[data-follow-up-code]")).to_have_count(0)
    yield "receipt again, without its code"


def receipts_waiting(visit: Visit) -> Iterator[str]:
    world, line = visit.world, visit.page.locator("#transmission")
    world.forwarder_is_silent()
    visit.sends(door="printing")
    visit.sees("[data-print]")
    yield "receipt, waiting, with a printer"
    reference = visit.page.locator("[data-reference]").get_attribute("data-reference") or ""
    world.sent_to("mssi", reference)
    expect(line.locator(".line-done")).to_have_count(2)
    yield "receipt, partly sent"


def follow_up(visit: Visit) -> Iterator[str]:
    visit.opens("/follow-up")
    yield "follow-up"
    visit.asks_with("nothing")
    visit.sees("#summary")
    yield "follow-up, wrong code"
    visit.page.route("**/follow-up*", lambda route: route.abort("connectionreset"))
    visit.presses(".follow-up form .send")
    visit.sees("[data-send-error]")
    visit.page.unroute("**/follow-up*")
    yield "follow-up, not sent"


def followed(visit: Visit) -> Iterator[str]:
    world = visit.world
    world.all_is_well()
    world.forwarder_is_silent()
    report = world.report("theft")
    visit.asks_after(report)
    yield "followed, waiting"
    world.deliver()
    world_acts = (world.db, world.settings, report.reference)
    acts.acknowledge(*world_acts, actor=CAMILLE, eta=Eta.HOUR, now=visit.moment())
    visit.asks_after(report)
    yield "followed, taken"
    reply(world.db, report.reference, "Merci.\nUn nouveau badge vous attend.", actor=CAMILLE, now=visit.moment())
    visit.later(timedelta(hours=2))
    visit.asks_after(report)
    yield "followed, with a reply, later than announced"
    acts.close(*world_acts, actor=CAMILLE, outcome=Outcome.RESOLVED, now=visit.moment())
    visit.asks_after(report)
    yield "followed, closed"


def additions(visit: Visit) -> Iterator[str]:
    world, page, report = visit.world, visit.page, visit.world.report("lost_access")
    world.forwarder_is_there()
    visit.asks_after(report)
    for number in (1, 0):
        page.locator(".follow-up-acts summary").nth(number).click()
    yield "followed, forms unfolded"
    page.route("**/follow-up*", lambda route: route.abort("connectionreset"))
    page.locator(".addition textarea").first.fill("Porte B")
    visit.presses(".addition .send")
    visit.sees(".addition [data-send-error]")
    yield "addition, not sent"
    page.unroute("**/follow-up*")
    page.locator(".addition textarea").first.fill("")
    visit.presses(".addition .send")
    visit.sees("#summary")
    yield "addition, refused"
    page.locator(".addition textarea").fill("Porte B")
    visit.presses(".addition .send")
    visit.sees(".added")
    yield "addition, stored"
    page.locator(".follow-up-acts summary").nth(1).click()
    visit.presses(".addition .send")
    expect(page.locator(".follow-up-acts details")).to_have_count(1)
    yield "addition, found again"


def additions_answered_by_a_page(visit: Visit) -> Iterator[str]:
    report = visit.world.report("lost_access")
    code = {"code": report.follow_up_code, "says": "detail", "text": "12", "submission_id": str(uuid4())}
    visit.posts("/follow-up", **code)
    yield "addition, from another site"
    visit.opens("/follow-up", door="broken")
    visit.posts("/follow-up", door="broken", **code)
    yield "addition, not confirmed"


def help_pages(visit: Visit) -> Iterator[str]:
    for topic in TOPICS:
        visit.opens(f"/help/{topic}")
        yield f"help: {topic}"


def troubles(visit: Visit) -> Iterator[str]:
    visit.opens("/page/x")
    visit.sees(".trouble")
    yield "trouble: page shown before"
    visit.opens("/nowhere")
    yield "trouble: no such page"
    visit.opens("/transmission")
    yield "trouble: not understood"
    visit.opens()
    visit.posts("/report/theft", description=TOO_MUCH)
    yield "trouble: too long"
    visit.opens("/follow-up", door="broken")
    visit.posts("/follow-up", door="broken", code="7K4M")
    yield "trouble: no answer from the store"
    visit.opens(BOOM, door="faulty")
    yield "trouble: a fault of ours"
