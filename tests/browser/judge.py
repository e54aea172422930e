"""What every page has to stand up to, whoever reads it, on whatever screen."""

from functools import cache

import pytest
from playwright.sync_api import Page

from tests.processes import ROOT
from tests.spoken import tag_of, untranslated

AXE = ROOT / ".cache" / "test-assets" / "axe.min.js"
TAGS = (
    *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"),
    *("EN-301-549", "EN-301-549v4", "RGAAv4", "best-practice"),
)
RUN = """([tags, rules]) => axe.run(document, {
  runOnly: rules.length ? { type: "rule", values: rules } : { type: "tag", values: tags },
  resultTypes: ["violations"], preload: false, iframes: false,
}).then(result => result.violations.map(rule => [rule.id, rule.nodes.map(node => node.target.join(" "))]))"""
# What somebody could see or press, and that reaches beyond the sides of the page without a way to scroll there.
BEYOND = """() => {
  const width = document.documentElement.clientWidth;
  const isCut = one => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && (box.left < -0.5 || box.right > width + 0.5);
  };
  const scrolls = one => ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
  const hasWords = one => one.matches("button, input, textarea, select, a, img, svg")
    || [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const isForReaders = one => one.offsetWidth === 1 && getComputedStyle(one).overflowX === "hidden";
  const isWithin = (one, what) => Boolean(one) && (what(one) || isWithin(one.parentElement, what));
  const isSeen = one => one.checkVisibility({ visibilityProperty: true }) && !isWithin(one, isForReaders);
  return [...document.body.querySelectorAll("*")]
    .filter(one => hasWords(one) && isSeen(one) && isCut(one) && !isWithin(one, scrolls))
    .map(one => `${one.localName}#${one.id}.${one.getAttribute("class") ?? ""} ${one.textContent.trim().slice(0, 40)}`);
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@cache
def axe() -> str:
    if not AXE.is_file():
        pytest.skip(
            f"{AXE.relative_to(ROOT)} is missing: run `make test`, or python -m kiosk.commands.assets --for-tests"
        )
    return AXE.read_text(encoding="utf-8") + "; undefined"


def objections(page: Page, *rules: str) -> list[tuple[str, list[str]]]:
    """Of axe: all that the law and good practice ask for, or ``rules`` alone."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    found: list[tuple[str, list[str]]] = page.evaluate(RUN, [list(TAGS), list(rules)])
    return found


def sideways(page: Page) -> int:
    pixels: int = page.evaluate(SIDEWAYS)
    return pixels


def beyond(page: Page) -> list[str]:
    """Unlike what counts as the page's width this also sees what is fixed, such as a dialog."""
    found: list[str] = page.evaluate(BEYOND)
    return found + (["the page scrolls sideways"] if sideways(page) > 0 else [])


def smallest(page: Page, selector: str) -> float:
    size: float = page.eval_on_selector_all(
        selector,
        "all => Math.min(...all.map(one => one.getBoundingClientRect()).filter(b => b.height).map(b => b.height))",
    )
    return size


def beyond_at(page: Page, width: int, height: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": height})
    return beyond(page)


def foreign_words(page: Page, language: str) -> list[str]:
    """What is said in another language than that of the page, names left out."""
    html = page.content()
    spoken = [] if f'<html lang="{tag_of(language)}"' in html else ["the page calls its language otherwise"]
    return spoken + untranslated(html, language)
