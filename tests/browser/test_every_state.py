"""Every page and every state of both doors: nobody is kept out, nothing is cut off, no word is left untranslated.

Visited as people go there, in French and Arabic; what the visits rendered and asked for shows that none was forgotten.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from kiosk import clock
from kiosk.resources import templates_folder
from tests.browser.conftest import DESK, PATIENCE_MS, TERMINAL, Watch
from tests.browser.judge import beyond, beyond_at, foreign_words, objections
from tests.browser.states import PUBLIC, STAFF, Walk
from tests.browser.visit import Later, Visit
from tests.browser.world import World, world_in

SMALL = [(320, 640), (540, 960), (640, 400)]  # a telephone; a terminal, and a small screen that lies, at 200 %
FOR_MACHINES = {"/ping", "/healthz", "/forget.css"}  # the last for browsers without scripts: it shows nothing
LANDSCAPE = {"viewport": {"width": 1920, "height": 1080}}
FORCED = {"forced_colors": "active"}
TELEPHONE = {"viewport": {"width": 390, "height": 844}}
on_its_own_worker = pytest.mark.xdist_group  # by name: each look takes minutes
LOOKS = [
    pytest.param({"color_scheme": "dark"}, id="dark", marks=[pytest.mark.ci, on_its_own_worker("dark")]),
    pytest.param(LANDSCAPE, id="landscape", marks=[pytest.mark.ci, on_its_own_worker("landscape")]),
    pytest.param(
        {"forced_colors": "active"}, id="forced colours", marks=[pytest.mark.long, on_its_own_worker("forced")]
    ),
    pytest.param(TELEPHONE, id="telephone", marks=[pytest.mark.long, on_its_own_worker("telephone")]),
]
BOTH = [*((walk, language) for walk in PUBLIC for language in ("fr", "ar")), *((walk, "fr") for walk in STAFF)]
ENGLISH = [pytest.param(walk, "en", marks=[pytest.mark.ci, on_its_own_worker("english")]) for walk in PUBLIC]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    true_now = clock.now

    def move(span: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: true_now() + span)

    return move


@contextmanager
def visiting(walk: Walk, chromium: Browser, world: World, later: Later, language: str, **look: Any) -> Iterator[Visit]:
    usual = TERMINAL if walk in PUBLIC else {**TERMINAL, **DESK}
    later(timedelta())
    context = chromium.new_context(**{**usual, **look})
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch = Watch(page, tuple(world.origins.values()))
        watch.provoked = True
        yield Visit(world, page, later, language)
        watch.check()
    finally:
        context.close()


def faults(visit: Visit, walk: Walk) -> dict[str, Any]:
    page, usual = visit.page, visit.page.viewport_size
    found: dict[str, Any] = {"axe": objections(page), "beyond the screen": beyond(page)}
    if walk in PUBLIC:
        found["not in the language"] = foreign_words(page, visit.language)
    for width, height in SMALL:
        if width >= walk.narrowest:
            found[f"beyond {width} pixels"] = beyond_at(page, width, height)
    if usual:
        page.set_viewport_size(usual)
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(("walk", "language"), [*BOTH, *ENGLISH], ids=str)
def test_every_state_keeps_nobody_out(walk: Walk, language: str, chromium: Browser, world: World, later: Later) -> None:
    with visiting(walk, chromium, world, later, language) as visit:
        found = {state: faults(visit, walk) for state in walk.way(visit)}
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
    assert tuple(found) == walk.states
    world.visited.add(walk.name)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("walk", "language"), BOTH, ids=str)
def test_no_look_keeps_anybody_out(
    look: dict[str, Any], walk: Walk, language: str, chromium: Browser, world: World, later: Later
) -> None:
    with visiting(walk, chromium, world, later, language, **look) as visit:
        found = {state: objections(visit.page) + beyond(visit.page) for state in walk.way(visit)}
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


def test_no_page_and_no_state_is_missing_from_the_list(chromium: Browser, world: World, later: Later) -> None:
    """Behind the visits, of which this one makes those that were left out."""
    for walk in PUBLIC + STAFF:
        if walk.name not in world.visited:
            with visiting(walk, chromium, world, later, "fr") as visit:
                assert tuple(walk.way(visit)) == walk.states
    assert templates() - world.reached.templates == set()
    for door in ("public", "staff"):
        assert routes(world.doors[door]) - world.reached.routes == set(), door


def templates() -> set[str]:
    root = Path(templates_folder())
    rooms = (root / "public", root / "staff", root / "errors")
    return {path.relative_to(root).as_posix() for room in rooms for path in room.rglob("*.html")}


def routes(app: Flask) -> set[tuple[str, str]]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule not in FOR_MACHINES]
    return {(rule.rule, method) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
