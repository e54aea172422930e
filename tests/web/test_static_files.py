"""Bundles are their files as they are now, and go over the wire compressed as the browser likes it best."""

import gzip
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk.bundles import copies_to_make, read_bundles
from kiosk.commands.assets import compress_texts
from kiosk.config import Settings
from kiosk.resources import static_folder, templates_folder
from kiosk.watch.check import find_troubles
from kiosk.web.shared.app import make_app
from tests.build import NOON
from tests.processes import ROOT

BUNDLE = "bundles/public.css"
OPENED: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose texts are compressed."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(static_folder(), root / "static", ignore=shutil.ignore_patterns("compressed"))
    shutil.copyfile(ROOT / "package-lock.json", root / "package-lock.json")
    compress_texts(root, copies_to_make(root / "static"))
    return root / "static"


@pytest.fixture
def static(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(built, tmp_path / "static"))
    for module in ("kiosk.resources", "kiosk.web.shared.static_urls", "kiosk.web.shared.app"):
        monkeypatch.setattr(f"{module}.static_folder", lambda: folder)
    return folder


def fetch(settings: Settings, name: str, accepted: str = "gzip, deflate, br", **headers: str) -> TestResponse:
    client = make_app(settings).test_client()
    wanted = {"Accept-Encoding": accepted, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.get(f"/static/{name}", base_url="http://127.0.0.1:8080", headers=wanted)


def opened(answer: TestResponse) -> bytes:
    return OPENED[answer.headers.get("Content-Encoding", "")](answer.data)


def test_a_bundle_is_its_files_in_their_order(static: Path, settings: Settings) -> None:
    files = read_bundles(static)[BUNDLE]
    assert opened(fetch(settings, BUNDLE)) == b"\n".join((static / name).read_bytes() for name in files)


def test_every_file_of_a_bundle_is_there_and_each_of_ours_is_on_some_page() -> None:
    bundled = {name for names in read_bundles(static_folder()).values() for name in names}
    assert not [name for name in bundled if not (static_folder() / name).is_file()]
    pages = "".join(path.read_text(encoding="utf-8") for path in templates_folder().rglob("*.html"))
    ours = [path for suffix in ("css", "js") for path in (static_folder() / suffix).iterdir()]
    names = {path.relative_to(static_folder()).as_posix() for path in ours}
    assert not [name for name in names - bundled if f"static_url('{name}')" not in pages.replace('"', "'")]


def test_every_script_of_a_bundle_ends_its_last_statement() -> None:
    """Or the next one would go on with it."""
    bundles = read_bundles(static_folder())
    scripts = {part for name, parts in bundles.items() if name.endswith(".js") for part in parts[:-1]}
    assert not [name for name in scripts if not (static_folder() / name).read_bytes().rstrip().endswith(b";")]


@pytest.mark.parametrize("suffix", ["css", "js"])
def test_an_edited_file_is_served_at_once_in_its_bundle(suffix: str, static: Path, settings: Settings) -> None:
    bundle = f"bundles/public.{suffix}"
    edited = static / read_bundles(static)[bundle][1]
    edited.write_bytes(b"/* edited */")
    answer = fetch(settings, bundle)
    assert b"/* edited */" in answer.data, "no copy is that of the former text"
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("identity", None),
        ("deflate, zstd", None),
        ("", None),
        ("\x7f;;q=x,,", None),
    ],
)
@pytest.mark.parametrize("name", [BUNDLE, "bundles/console.js", "pictograms/sprite.svg", "vendor/keyboard.min.js"])
def test_a_browser_gets_what_it_can_open(
    name: str, accepted: str, encoding: str | None, static: Path, settings: Settings
) -> None:
    answer = fetch(settings, name, accepted)
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == encoding
    assert opened(answer) == fetch(settings, name, "identity").data
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.mimetype in ("text/css", "text/javascript", "application/javascript", "image/svg+xml")


def test_each_form_of_a_file_has_its_own_etag_and_is_not_sent_again(static: Path, settings: Settings) -> None:
    tags = {fetch(settings, BUNDLE, accepted).headers["ETag"] for accepted in ("br", "gzip", "identity")}
    assert len(tags) == 3
    for accepted in ("br", "gzip", "identity"):
        tag = fetch(settings, BUNDLE, accepted).headers["ETag"]
        again = fetch(settings, BUNDLE, accepted, If_None_Match=tag)
        assert (again.status_code, again.data, again.headers["Vary"]) == (304, b"", "Accept-Encoding")


def test_part_of_a_text_is_never_sent(static: Path, settings: Settings) -> None:
    answer = fetch(settings, BUNDLE, Range="bytes=5-9")
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
    assert opened(answer) == fetch(settings, BUNDLE, "identity").data


def test_the_head_alone_says_the_same(static: Path, settings: Settings) -> None:
    client = make_app(settings).test_client()
    asked = {"base_url": "http://127.0.0.1:8080", "headers": {"Accept-Encoding": "br"}}
    head, whole = client.head(f"/static/{BUNDLE}", **asked), client.get(f"/static/{BUNDLE}", **asked)
    assert head.data == b""
    assert head.headers == whole.headers


def spoil(copy: Path) -> None:
    copy.write_bytes(brotli.compress(b"something else"))


SPOILT: dict[str, Callable[[Path], None]] = {"another content": spoil, "gone": lambda copy: copy.unlink()}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=list(SPOILT))
def test_a_copy_that_is_not_as_it_was_built_is_not_served_and_the_log_and_check_say_so(
    spoil: Callable[[Path], None], static: Path, db: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    whole = fetch(settings, BUNDLE, "identity").data
    [copy] = (static / "compressed").glob(f"{BUNDLE}.*.br")
    spoil(copy)
    name = copy.relative_to(static).as_posix()
    with caplog.at_level(logging.ERROR):
        answer = fetch(settings, BUNDLE)
    assert (answer.headers["Content-Encoding"], opened(answer)) == ("gzip", whole)
    assert any(name in record.getMessage() for record in caplog.records)
    assert fetch(settings, name).status_code == 404
    assert any(name in str(found) for found in find_troubles(db, settings, NOON))


def test_a_file_that_is_altered_while_the_door_is_open_is_not_served_either(static: Path, settings: Settings) -> None:
    client = make_app(settings).test_client()
    script, font = (static / "vendor/keyboard.min.js", next((static / "vendor/fonts").iterdir()))
    [copy] = (static / "compressed").glob(f"{BUNDLE}.*.br")

    def answer(name: str) -> TestResponse:
        asked = {"base_url": "http://127.0.0.1:8080", "headers": {"Accept-Encoding": "br"}}
        return client.get(f"/static/{name}", buffered=True, **asked)

    whole = opened(answer(BUNDLE))
    for path in (script, font, copy):
        path.write_bytes(b"something else")
    assert opened(answer(BUNDLE)) == whole
    for path in (script, font, copy):
        assert answer(path.relative_to(static).as_posix()).status_code == 404


def test_without_copies_pages_are_the_same(static: Path, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    whole = opened(fetch(settings, BUNDLE))
    shutil.rmtree(static / "compressed")
    answer = fetch(settings, BUNDLE)
    assert (answer.data, answer.headers.get("Content-Encoding")) == (whole, None)
    assert caplog.records == []


def test_a_script_of_others_that_was_altered_is_left_out_of_its_bundle(static: Path, settings: Settings) -> None:
    (static / "vendor/htmx.min.js").write_text("alert(1)")
    answer = fetch(settings, "bundles/public.js")
    assert b"alert(1)" not in opened(answer)
    assert (static / "js/kiosk.js").read_bytes() in opened(answer), "ours are served, and pages come"


def test_names_outside_the_folder_lead_nowhere(static: Path, settings: Settings) -> None:
    (static.parent / "secret.css").write_text("secret")
    for name in ("../secret.css", "css/../../secret.css", "bundles/none.css", "css/none.css", "bundles/public.css/"):
        assert fetch(settings, name).status_code == 404, name
