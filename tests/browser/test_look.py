"""Everybody can read the screen, whatever colour the organisation chose; ours looks as it was drawn."""

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from kiosk.config import Organisation
from kiosk.config.colour import WHITE, contrast
from kiosk.config.look import READABLE
from kiosk.resources import static_folder

# Ours, a red, an orange that just passes, black, the grey that just passes, violet, and the pure colours.
ACCENTS = ["#0b5563", "#c1121f", "#a85400", "#000000", "#767676", "#5b2a86", "#0000ff", "#e60000", "#007a00", "#6b6b00"]
WELL_READABLE = 7  # to one: WCAG 2.2, 1.4.6
SHADES = ["paper", "surface", "accent", "accent-strong", "accent-soft", "on-accent", "panel", "panel-deep", "on-panel"]

Shades = dict[str, str]

# As painted: the eight-bit channels of each colour on a canvas.
PAINTED = """([accents, names]) => accents.map(accent => {
  const root = document.documentElement, context = document.createElement('canvas').getContext('2d')
  root.style.setProperty('--brand', accent)
  return Object.fromEntries(names.map(name => {
    root.style.color = `var(--${name})`
    context.fillStyle = getComputedStyle(root).color
    context.fillRect(0, 0, 1, 1)
    const channels = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)
    return [name, '#' + channels.map(channel => channel.toString(16).padStart(2, '0')).join('')]
  }))
})"""


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(chromium: Browser, scheme: str) -> Iterator[Page]:
    page = chromium.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content("<!doctype html><title>Shades</title>")
    page.add_style_tag(path=static_folder() / "css" / "tokens.css")
    yield page
    page.close()


def painted(page: Page, accents: list[str]) -> list[Shades]:
    found: list[Shades] = page.evaluate(PAINTED, [accents, SHADES])
    return found


def any_colours(count: int) -> Iterator[str]:
    """That the settings take; the same at every run."""
    dice = random.Random(20)
    while count:
        colour = f"#{dice.randrange(1 << 24):06x}"
        if contrast(colour, WHITE) >= READABLE:
            count -= 1
            yield colour


def ratios(shades: Shades) -> dict[str, float]:
    """By how many times each pair is above what it needs."""
    needed = {
        ("accent-strong", "paper"): READABLE,
        ("accent-strong", "surface"): READABLE,
        ("accent-strong", "accent-soft"): WELL_READABLE,
        ("on-accent", "accent"): READABLE,
        ("on-panel", "panel"): READABLE,
        ("accent", "accent-soft"): 3,  # pictograms on their tile
        ("accent", "surface"): READABLE,
    }
    return {f"{one} on {other}": contrast(shades[one], shades[other]) / ratio for (one, other), ratio in needed.items()}


def test_words_can_be_read_on_every_shade_of_every_colour(page: Page) -> None:
    accents = [*ACCENTS, *any_colours(300)]
    found = dict(zip(accents, map(ratios, painted(page, accents)), strict=True))
    faint = {(accent, pair) for accent, pairs in found.items() for pair, ratio in pairs.items() if ratio < 1}
    assert faint == set()


def test_our_own_colour_looks_as_it_was_drawn(page: Page, scheme: str) -> None:
    drawn = {
        "light": ("#0b5563", "#0b5563", "#e2f0f3", "#ffffff", "#0b5563", "#083c45"),
        "dark": ("#68baca", "#a0d4de", "#253e44", "#042228", "#083c45", "#062a32"),
    }[scheme]
    (shades,) = painted(page, [Organisation().accent])
    names = ("accent", "accent-strong", "accent-soft", "on-accent", "panel", "panel-deep")
    differences = [
        abs(one - other)
        for name, colour in zip(names, drawn, strict=True)
        for one, other in zip(bytes.fromhex(shades[name][1:]), bytes.fromhex(colour[1:]), strict=True)
    ]
    assert max(differences) <= 2, shades


def test_the_colour_itself_is_where_the_organisation_looks_first(page: Page, scheme: str) -> None:
    (shades,) = painted(page, ["#c1121f"])
    if scheme == "light":
        assert shades["panel"] == shades["accent"] == "#c1121f"
    else:
        assert shades["panel"] == "#870d16", "the same, darker"
