"""Documents name what there is: files, headings, tables, settings, troubles, words on the console's screens."""

import re
from operator import attrgetter
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta
from kiosk.domain.troubles import Channel, shown_in
from kiosk.web.staff.lists.list_rows import TROUBLE
from tests.contract.test_readme import settings_by_name

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]
PATH = re.compile(r"`((?:kiosk|templates|static|tests|docs)/[\w./-]+)`")
BOLD = re.compile(r"\*\*(.+?)\*\*")
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
README_AT_MOST = 140  # lines


def prose(guide: Path) -> str:
    """Without blocks of code, whose lines may begin like headings."""
    return FENCED.sub("", guide.read_text(encoding="utf-8"))


def anchors(guide: Path) -> list[str]:
    """Of its headings, as code hosts make them: lower case, hyphens for spaces, without other signs."""
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(prose(guide))]


def links_of(guide: Path) -> list[str]:
    """Those inside this repository."""
    found = (page or picture for page, picture in LINK.findall(prose(guide)))
    return [link for link in found if "://" not in link]


def leads_nowhere(guide: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = guide.parent / path if path else guide
    return not target.is_file() or (bool(anchor) and anchor not in anchors(target))


def in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_file_that_a_guide_names_is_there(guide: Path) -> None:
    named = PATH.findall(guide.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= README_AT_MOST


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(guide: Path) -> None:
    assert [link for link in links_of(guide) if leads_nowhere(guide, link)] == []


def test_the_readme_leads_to_every_guide() -> None:
    linked = {link.partition("#")[0] for link in links_of(README)}
    assert {guide.relative_to(ROOT).as_posix() for guide in GUIDES} - linked == {"README.md"}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_no_two_headings_of_a_guide_share_an_anchor(guide: Path) -> None:
    assert sorted(anchors(guide)) == sorted(set(anchors(guide)))


def test_every_code_of_healthz_is_explained() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [each.code for each in shown_in(Channel.HEALTHZ)]


def test_every_table_stands_in_the_architecture(db: Database) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    ours = [name for name in db.table_names() if not name.startswith(("_sqlite", "sqlite_"))]
    assert len(ours) > 30
    assert [name for name in ours if f"`{name}`" not in text] == []


def test_every_setting_of_retention_stands_in_the_table_of_security() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    names = [name for name in settings_by_name(Settings) if name.startswith("retention.")]
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_period_in_the_table_of_security_is_the_default() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| (\d[^|]*) \| ((?:`retention\.[\w.]+`(?:, )?)+) \|$", text, re.MULTILINE)
    told = {
        name: int(days)
        for periods, names in rows
        for name, days in zip(re.findall(r"`([\w.]+)`", names), re.findall(r"\d+", periods), strict=True)
    }
    defaults = Settings(instance=ROOT)
    assert len(told) == len([name for name in settings_by_name(Settings) if name.startswith("retention.")]) - 1
    assert told == {name: attrgetter(name)(defaults) for name in told}


def test_the_guide_of_the_console_says_what_its_screens_say() -> None:
    screens = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "kiosk").rglob("*.py")]
    put_together = [*TROUBLE.values(), *(eta.promise for eta in Eta)]
    said = " ".join([*(in_one_line(path.read_text(encoding="utf-8")) for path in screens), *put_together])
    quoted = BOLD.findall(in_one_line((ROOT / "docs" / "console.md").read_text(encoding="utf-8")))
    assert len(quoted) > 60
    assert [words for words in quoted if words not in said] == []
