"""Browser files that others wrote are served only as the build fetched them."""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import resources
from kiosk.config import Settings
from kiosk.watch.check import find_troubles
from kiosk.web.shared.app import make_app
from tests.build import NOON

HTMX = "vendor/htmx.min.js"


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of ours; the build's files are shortened, with a manifest of their own."""
    folder = tmp_path / "static"
    shutil.copytree(resources.static_folder(), folder, ignore=shutil.ignore_patterns("vendor", "compressed"))
    (folder / "vendor" / "fonts").mkdir(parents=True)
    names = ("htmx.min.js", "fonts/noto.woff2")
    for name in names:
        (folder / "vendor" / name).write_text(f"contents of {name}")
    files = {name: hashlib.sha256((folder / "vendor" / name).read_bytes()).hexdigest() for name in names}
    (folder / "vendor" / "manifest.json").write_text(json.dumps({"inputs": "x", "files": files}))
    for module in ("kiosk.resources", "kiosk.web.shared.static_urls", "kiosk.web.shared.app", "kiosk.watch.check"):
        monkeypatch.setattr(f"{module}.static_folder", lambda: folder)
    return folder


def status(settings: Settings, name: str) -> int:
    client = make_app(settings).test_client()
    with client.get(f"/static/{name}", base_url="http://127.0.0.1:8080") as response:
        return response.status_code


def test_what_was_built_is_served(static: Path, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    assert status(settings, HTMX) == 200
    assert status(settings, "css/base.css") == 200
    assert caplog.records == []


SPOIL: dict[str, tuple[str, Callable[[Path], object]]] = {
    "another content": (HTMX, lambda vendor: (vendor / "htmx.min.js").write_text("x")),
    "gone": (HTMX, lambda vendor: (vendor / "htmx.min.js").unlink()),
    "a stranger": ("vendor/more.js", lambda vendor: (vendor / "more.js").write_text("x")),
    "a stranger deeper": ("vendor/fonts/more.js", lambda vendor: (vendor / "fonts/more.js").write_text("x")),
    "no manifest": (HTMX, lambda vendor: (vendor / "manifest.json").unlink()),
    "a broken manifest": (HTMX, lambda vendor: (vendor / "manifest.json").write_text('{"files":')),
    "another kind of manifest": (HTMX, lambda vendor: (vendor / "manifest.json").write_text("[]")),
}


@pytest.mark.parametrize(("name", "spoil"), SPOIL.values(), ids=list(SPOIL))
def test_anything_else_is_not_and_the_log_and_check_say_so(
    static: Path,
    db: Database,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    name: str,
    spoil: Callable[[Path], object],
) -> None:
    spoil(static / "vendor")
    with caplog.at_level(logging.ERROR):
        assert status(settings, name) == 404
    assert any(name in record.getMessage() for record in caplog.records)
    assert status(settings, "css/base.css") == 200, "ours are served, and pages come"
    found = [each for each in find_troubles(db, settings, NOON) if each.trouble.code.startswith("browser_file")]
    assert found
    assert {each.trouble.colour for each in found} == {"red"}


@pytest.mark.parametrize("spelling", ["./{}", "vendor/.//htmx.min.js", "css/../{}", "vendor//htmx.min.js", "{}/"])
def test_an_altered_file_is_not_served_under_another_spelling(
    spelling: str, static: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (static / HTMX).write_text("alert(1)")
    assert status(settings, spelling.format(HTMX)) == 404
