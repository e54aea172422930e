"""The ways to the files on breaches of personal data, and to their register."""

from collections.abc import Iterator
from datetime import timedelta

from kiosk.domain.cnil import BreachDecision
from kiosk.store.reports import breaches
from tests.browser.visit import Visit

NOWHERE_TO_BE_SEEN = ("annexe",)  # a site without reports


def breach(visit: Visit) -> Iterator[str]:
    world, page = visit.world, visit.page
    said = {"what": "computer", "personal_data": "yes", "description": "Un portable et sa sacoche", "company": "Froid"}
    reference = world.report("theft", **said).reference
    visit.signs_in("dpo")
    visit.goes(f"/reports/{reference}")
    yield "report, its breach undecided"
    visit.follows("text=Dossier de violation")
    page.locator("summary", has_text="Catégories de données").click()
    yield "breach, the draft"
    page.locator("[name=decision][value=not_notifiable]").check()
    visit.taps("Enregistrer le dossier")
    visit.sees("[role=alert]")
    yield "breach, refused"
    somebody_else_writes(visit, reference)
    page.get_by_label("Si non : parce que").select_option("no_risk")
    visit.taps("Enregistrer le dossier")
    visit.sees("[role=alert]")
    yield "breach, somebody was quicker"
    visit.taps("Enregistrer le dossier")
    visit.sees("[role=status]")
    yield "breach, decided"
    visit.taps("Page à imprimer")
    visit.sees(".export")
    yield "breach, to be printed"
    visit.goes(f"/reports/{reference}/breach")
    with page.expect_download():
        visit.taps("Fichier JSON")
    without = world.report("device_outage", personal_data="no").reference
    visit.goes(f"/reports/{without}")
    yield "report, no breach yet"
    visit.taps("Ouvrir un dossier de violation")
    visit.sees(".breach")


def register(visit: Visit) -> Iterator[str]:
    world, page = visit.world, visit.page
    visit.signs_in("dpo", sites=NOWHERE_TO_BE_SEEN)
    visit.goes("/breaches")
    yield "breaches, none"
    reference = world.report("theft", personal_data="yes").reference
    world.report("virus", personal_data="yes")
    found = breaches.find(world.db, reference)
    assert found
    decision = breaches.Decision(word=BreachDecision.NOT_NOTIFIABLE)
    assert breaches.save(world.db, found, {}, decision, actor="dora", now=visit.moment())
    visit.later(timedelta(days=4))
    visit.signs_in("mssi")
    visit.goes("/breaches")
    yield "breaches, late and decided"
    visit.follows("text=à décider")
    yield "breaches, those that wait"
    with page.expect_download():
        visit.taps("Tout le registre")


def somebody_else_writes(visit: Visit, reference: str) -> None:
    found = breaches.find(visit.world.db, reference)
    assert found
    assert breaches.save(visit.world.db, found, {}, None, actor="dora", now=visit.moment())
