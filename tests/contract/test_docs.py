"""The guides in docs/ name what there is: files, tables, settings, and the words on the console's screens."""

import re
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta
from kiosk.web.staff.lists.list_rows import TROUBLE
from tests.contract.test_readme import settings_by_name

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]
PATH = re.compile(r"`((?:kiosk|templates|static|tests|docs)/[\w./-]+)`")
BOLD = re.compile(r"\*\*(.+?)\*\*")


def in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_file_that_a_guide_names_is_there(guide: Path) -> None:
    named = PATH.findall(guide.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


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


def test_the_guide_of_the_console_says_what_its_screens_say() -> None:
    screens = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "kiosk").rglob("*.py")]
    put_together = [*TROUBLE.values(), *(eta.promise for eta in Eta)]
    said = " ".join([*(in_one_line(path.read_text(encoding="utf-8")) for path in screens), *put_together])
    quoted = BOLD.findall(in_one_line((ROOT / "docs" / "console.md").read_text(encoding="utf-8")))
    assert len(quoted) > 60
    assert [words for words in quoted if words not in said] == []
