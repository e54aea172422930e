"""The ways to every page and state of the staff's door; states.py lists them."""

import secrets
from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import expect

from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.roles import Actor, StaffRole
from kiosk.duty import acts
from kiosk.store.keys import site_keys
from kiosk.store.staff import accounts
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.sessions import digest
from kiosk.store.staff.sign_in_throttle import Bucket, forgive, lane, stranger, take_turn
from kiosk.web.shared.app import BODY_LIMIT
from tests.browser.visit import Visit
from tests.browser.world import BOOM
from tests.incident import an_incident
from tests.retention import announced, live, rest_for_long, steady
from tests.staff import a_session

CAMILLE = Actor("camille", "Camille Martin", "manager")
PASSWORD, ANOTHER = "quatre mots bien choisis", "cinq mots encore mieux choisis"
HERE = lane("address", "127.0.0.1/32")
NOWHERE_TO_BE_SEEN = ("annexe",)  # a site without reports


def sign_in(visit: Visit) -> Iterator[str]:
    visit.goes("/sign-in")
    yield "sign-in"
    visit.goes("/sign-in?next=/transmission&over=yes")
    yield "sign-in, session over"
    fill(visit, name="nobody", password="wrong")
    visit.sees("[role=alert]")
    visit.presses(".access-help summary")
    yield "sign-in, refused, with help"
    name = f"somebody-{secrets.token_hex(4)}"
    guess_in_vain(visit, name)
    fill(visit, name=name, password="wrong")
    visit.sees("[data-wait]")
    yield "sign-in, wait"
    forgive(visit.world.db, [HERE])
    visit.world.db.conn.commit()


def first_password(visit: Visit) -> Iterator[str]:
    token, name = secrets.token_urlsafe(), f"zoe-{secrets.token_hex(3)}"
    newcomer = NewMember(name=name, display_name="Zoé Exemple", role=StaffRole.DEPUTY, sites=())
    accounts.admit(visit.world.db, newcomer, digest(token), visit.moment())
    visit.goes(f"/first-password/{token}")
    yield "first password"
    fill(visit, password="court", password_again="court")
    visit.sees("[role=alert]")
    yield "first password, refused"
    fill(visit, password=PASSWORD, password_again=PASSWORD)
    visit.sees(".who")
    visit.goes(f"/first-password/{token}")
    yield "first password, link used up"


def account(visit: Visit) -> Iterator[str]:
    name = visit.signs_in(password=PASSWORD)
    member = accounts.find(visit.world.db, name)
    assert member
    a_session(visit.world.db, member.member, password_hash=member.password_hash or "")
    visit.goes("/account")
    visit.presses("[data-reveal]")
    yield "account"
    visit.page.get_by_label("À terminer").check()
    visit.page.locator("#end-current").fill(PASSWORD)
    visit.taps("Terminer la session choisie")
    expect(visit.page.locator(".sessions li")).to_have_count(1)
    change_password(visit, "wrong", PASSWORD)
    visit.sees("[role=alert]")
    yield "account, refused"
    change_password(visit, PASSWORD, ANOTHER)
    visit.sees("[role=status]")
    yield "account, password changed"
    visit.taps("Se déconnecter")
    visit.sees("#password")


def too_late(visit: Visit) -> Iterator[str]:
    """A form that was sent after its session, or with another one's token."""
    reference = visit.world.report().reference
    name = visit.signs_in(password=PASSWORD)
    visit.goes(f"/reports/{reference}")
    visit.page.evaluate("document.querySelectorAll('[name=csrf]').forEach(one => (one.value = 'old'))")
    visit.page.locator("#note").fill("Vu avec le gardien :\n« porte bloquée »")
    visit.taps("Enregistrer la note")
    visit.sees(".typed")
    yield "confirm what came too late"
    visit.goes(f"/reports/{reference}")
    visit.page.locator("#note").fill("Vu avec le gardien")
    visit.world.end_sessions()
    visit.taps("Enregistrer la note")
    visit.sees(".kept")
    yield "sign-in, nothing typed is lost"
    fill(visit, name=name, password=PASSWORD)
    visit.sees(".typed")


def lists(visit: Visit) -> Iterator[str]:
    world, page = visit.world, visit.page
    world.all_is_well()
    visit.signs_in(sites=NOWHERE_TO_BE_SEEN)
    visit.goes("/")
    yield "console, nothing waits"
    visit.signs_in()
    critical = world.report("virus", network="connected", spreading="yes")
    camille_takes(visit, world.report().reference)
    visit.goes("/")
    visit.sees(f"[data-report='{critical.reference}']")
    yield "console, some wait"
    visit.later(timedelta(days=2))
    visit.signs_in()
    world.forwarder_is_silent()
    world.held(critical.reference)
    page.clock.install()
    visit.goes("/")
    yield "console, everything is late"
    page.context.set_offline(True)
    visit.waits(30)
    visit.sees("#stale")
    yield "console, no news"
    page.context.set_offline(False)
    visit.goes("/?state=all&kind=theft&from=2020-01-01")
    yield "console, filtered"
    visit.goes("/?to=2020-01-01")
    yield "console, filtered, nothing left"


def long_list(visit: Visit) -> Iterator[str]:
    for number in range(51):
        an_incident(visit.world.db, visit.world.settings, "other", at=visit.moment() - timedelta(minutes=11 * number))
    visit.signs_in()
    visit.goes("/?state=all")
    yield "console, first page of several"
    visit.follows(".pages a")
    yield "console, next page"


def one_report(visit: Visit) -> Iterator[str]:
    world, page = visit.world, visit.page
    world.all_is_well()
    said = {"name": "Camille Exemple", "telephone": "06 00 00 00 00", "personal_data": "yes", "what": "computer"}
    reference = world.report("theft", **said).reference
    world.held(reference)
    visit.signs_in()
    page.clock.install()
    visit.goes(f"/reports/{reference}")
    yield "report, open, a mail refused"
    visit.taps("Renvoyer maintenant")
    visit.sees(".result")
    world.deliver()
    visit.taps("d'ici 1 h")
    page.get_by_text("Annoncer une autre heure").click()
    yield "report, taken by oneself"
    camille_takes(visit, reference)
    visit.waits(5)
    expect(page.locator("#report-status-title")).to_contain_text("Camille")
    yield "report, taken over by somebody else meanwhile"
    visit.taps("d'ici 15 min")
    visit.taps("Clore le signalement")
    visit.sees(".result")
    yield "report, closed"
    visit.follows("text=À imprimer")
    yield "report, to take along"
    visit.goes(f"/reports/{reference}")
    with page.expect_download():
        visit.taps("Fichier JSON")
    visit.taps("Rouvrir")
    page.get_by_text("Ce n'était pas un vrai signalement").click()
    visit.taps("C'est indésirable")
    visit.sees(".result")
    yield "report, hidden"
    visit.taps("Afficher de nouveau")
    visit.sees(".result")
    yield "report, shown again"


def keeping(visit: Visit) -> Iterator[str]:
    world, page = visit.world, visit.page
    reference = world.report("theft", name="Camille Exemple", personal_data="no").reference
    world.all_is_well()
    visit.signs_in("dpo")
    visit.goes(f"/reports/{reference}")
    page.get_by_text("Le garder plus longtemps").click()
    yield "report, why keep it longer"
    page.get_by_label("Litige").check()
    visit.taps("Geler")
    visit.sees(".result")
    yield "report, held"
    visit.taps("Lever le gel")
    visit.sees(".result")
    yield "report, no longer held"
    acts.close(world.db, world.settings, reference, actor=CAMILLE, outcome=Outcome.RESOLVED, now=visit.moment())
    world.all_is_well()
    rest_for_long(world.db, reference, visit.moment() - timedelta(days=400))
    announced(world.db, visit.moment() - timedelta(days=8))
    steady(world.db, visit.moment())
    live(world.db, world.settings, visit.moment())
    visit.goes(f"/reports/{reference}")
    visit.sees(".empty")
    yield "report, erased"


def words_about_a_report(visit: Visit) -> Iterator[str]:
    page, reference = visit.page, visit.world.report("virus", language="fr").reference
    visit.signs_in()
    visit.goes(f"/reports/{reference}")
    visit.taps("Enregistrer la note")
    visit.sees(".error")
    yield "report, note refused"
    page.locator("#note").fill("mot" * 200)
    visit.taps("Enregistrer la note")
    page.locator("#reply").fill("الباب مفتوح")
    page.get_by_role("button", name="Répondre", exact=True).click()
    expect(page.locator(".thread .quote")).to_have_count(2)
    yield "report, with notes and replies"
    camille_takes(visit, reference)
    visit.goes(f"/reports/{reference}?result=late")
    yield "report, somebody was quicker"
    visit.signs_in("dpo")
    visit.goes(f"/reports/{reference}")
    yield "report, for somebody who may only read"
    key = site_keys.key_file(visit.world.settings.secrets, "siege")
    aside = key.rename(key.with_suffix(".aside"))
    visit.goes(f"/reports/{reference}")
    aside.rename(key)
    yield "report, its key is missing"


def searching(visit: Visit) -> Iterator[str]:
    visit.world.report("theft")
    visit.signs_in()
    visit.goes("/search")
    yield "search"
    for words, name in (("portable disparu", "found"), ("zzzz", "nothing found"), ("a", "refused")):
        visit.page.locator("#looked-for").fill(words)
        visit.taps("Chercher")
        visit.sees({"found": ".row-report", "nothing found": ".empty", "refused": ".error"}[name])
        yield f"search, {name}"


def on_behalf(visit: Visit) -> Iterator[str]:
    page = visit.page
    visit.signs_in("authorised")
    visit.goes("/on-behalf")
    yield "on behalf, which site"
    page.locator("#site").select_option("siege")
    visit.taps("Choisir")
    yield "on behalf, which incident"
    visit.goes("/on-behalf/siege/virus")
    page.locator("#removable-yes").check()
    page.locator("#when-at").check()
    visit.sees("#removable_details")
    yield "on behalf, form"
    page.locator("#told_date").fill("2999-01-01")
    visit.taps("Enregistrer")
    visit.sees("#summary")
    yield "on behalf, refused"
    visit.goes("/on-behalf/siege/virus")
    page.locator("#description").fill("L'écran est bleu")
    visit.taps("Enregistrer")
    visit.sees("[data-follow-up-code]")
    yield "on behalf, entered"
    page.reload()
    visit.sees(".shown-before")
    yield "on behalf, receipt shown before"


def day_sheets(visit: Visit) -> Iterator[str]:
    visit.world.report("theft")
    visit.signs_in()
    visit.goes("/day")
    yield "day"
    visit.goes("/day/2020-01-01?site=annexe")
    yield "day, nothing happened"


def absences(visit: Visit) -> Iterator[str]:
    page = visit.page
    visit.signs_in()
    visit.goes("/absences")
    yield "absences, none"
    soon = f"{visit.moment() + timedelta(days=30):%Y-%m-%d}"
    for until, name in (("2020-01-01", "refused"), ("2999-01-01", "too long"), (soon, "noted")):
        page.locator("#audience").select_option("manager")
        page.locator("#from_date").fill(f"{visit.moment():%Y-%m-%d}")
        page.locator("#to_date").fill(until)
        visit.taps("Noter l'absence")
        visit.sees(".absence" if name == "noted" else ".error")
        yield f"absences, {name}"
    visit.taps("De retour")
    visit.sees("[role=status]")
    yield "absences, back again"


def transmission(visit: Visit) -> Iterator[str]:
    visit.world.all_is_well()
    visit.signs_in("mssi")
    visit.page.clock.install()
    visit.goes("/transmission")
    visit.sees(".light-green")
    yield "transmission, all is well"
    visit.world.held(visit.world.report().reference)
    visit.waits(6)
    visit.sees(".light-red")
    yield "transmission, mails refused"


def mailbox(visit: Visit) -> Iterator[str]:
    visit.goes("/demo/mailbox", door="broken console")
    yield "mailbox, empty"
    visit.world.all_is_well()
    visit.world.report("theft")
    visit.world.deliver()
    visit.goes("/demo/mailbox")
    yield "mailbox"
    visit.follows(".mails a")
    yield "mailbox, one mail"


def troubles(visit: Visit) -> Iterator[str]:
    visit.signs_in("authorised")
    visit.goes("/nowhere")
    yield "trouble at the console: nothing here"
    visit.goes("/search")
    yield "trouble at the console: not allowed"
    visit.goes("/sign-out")
    yield "trouble at the console: not understood"
    visit.goes("/sign-in", door="broken console")
    yield "trouble at the console: no answer from the store"
    visit.goes(BOOM, door="faulty console")
    yield "trouble at the console: a fault of ours"
    visit.goes("/on-behalf/siege/virus")
    visit.page.locator("#description").evaluate("(field, words) => { field.value = words }", "1" * (BODY_LIMIT + 1))
    visit.taps("Enregistrer")
    visit.sees("main.trouble")
    yield "trouble at the console: too long"


def change_password(visit: Visit, current: str, new: str) -> None:
    fill(visit, current=current, password=new, password_again=new)


def fill(visit: Visit, **fields: str) -> None:
    for name, value in fields.items():
        visit.page.locator(f"#{name}").fill(value)
    visit.presses("main form .send")


def camille_takes(visit: Visit, reference: str) -> None:
    world = visit.world
    acts.take_over(world.db, world.settings, reference, actor=CAMILLE, eta=Eta.QUARTER, now=visit.moment())


def guess_in_vain(visit: Visit, name: str) -> None:
    """Until half a minute has to be waited from now on."""
    for _ in range(3):
        take_turn(visit.world.db, [HERE], visit.moment())
    fail_often(visit, stranger(name, "127.0.0.1/32")[0])


def fail_often(visit: Visit, bucket: Bucket) -> None:
    """As in the last half minute, so that half a minute has to be waited from now on, however slow the machine."""
    moment = visit.moment() - timedelta(seconds=31)
    for _ in range(8):
        while wait := take_turn(visit.world.db, [bucket], moment):
            moment += timedelta(seconds=wait)
