"""The way to similar reports under one row; states.py lists it."""

from collections.abc import Iterator

from tests.browser.states_staff import camille_takes
from tests.browser.visit import Visit


def similar_reports(visit: Visit) -> Iterator[str]:
    world, page = visit.world, visit.page
    first, second, third = (world.report("access_control_disabled", zone="zone-3").reference for _ in range(3))
    visit.signs_in()
    visit.goes("/")
    page.locator(f"[data-report='{first}'] .fold summary").click()
    yield "console, similar reports opened"
    visit.goes(f"/lines/{first}")
    yield "similar reports"
    page.get_by_label("Déjà signalé").check()
    page.locator("#repeats-typed").fill("ABC")
    visit.taps("Clore les 3 signalements…")
    visit.sees(".error")
    yield "similar reports, a reference refused"
    page.get_by_text("Ce n'étaient pas de vrais signalements").click()
    visit.taps("Ils sont indésirables…")
    visit.sees(".typed")
    yield "similar reports, hide them?"
    visit.follows("text=Ne rien changer")
    visit.taps("d'ici 1 h")
    visit.sees(".result")
    camille_takes(visit, third)
    page.get_by_label("Déjà signalé").check()
    page.get_by_label(first).check()
    visit.taps("Clore les 3 signalements…")
    visit.sees(".typed")
    yield "similar reports, close them?"
    page.locator("main .send").click()
    visit.sees(".result")
    yield "similar reports, some left"
    visit.goes(f"/reports/{first}")
    yield "report, repeated by others"
    visit.goes(f"/reports/{second}")
    yield "report, what it repeats"
