"""What the package promises: pinned parts, one lock without addresses, and a wheel that works anywhere."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hatchling.builders.wheel import WheelBuilder

from kiosk import resources
from kiosk.commands.assets import FONTS
from kiosk.store.base.migrations import SCHEMA
from kiosk.web.shared.texts import own_names

CHECKOUT = Path(__file__).resolve().parents[2]
WRITTEN = {  # letters, and the files that a page with them loads
    "French": (
        "Où êtes-vous ? « Ça sent le brûlé » : l'œuvre, Noël, 20 €, naïf, à l'étage — n° 3…\u00a0\u202f",
        ["latin"],
    ),
    "Arabic": ("بلاغ: ماذا حدث؟ عَلَى، مُؤكَّد ٪ ٠١٢٣٤٥٦٧٨٩ (2)", ["arabic", "latin"]),
    "Polish": ("Zażółć gęślą jaźń", ["europe", "latin"]),
    "Romanian": ("Știință și tehnică în țară", ["europe", "latin"]),
    "Turkish": ("İğdır, Şırnak, Çağrı", ["europe", "latin"]),
    "Persian": ("گزارش پیشامد", ["arabic", "arabic-ext", "latin"]),
    "Hausa": ("Ɗakin ajiya", ["latin", "latin-ext"]),
}

VISIT = """
import re, sys
from pathlib import Path
import kiosk
from kiosk.config import load_settings
from kiosk.clock import now
from kiosk.store.instance import start

assert Path(kiosk.__file__).is_relative_to(sys.prefix), kiosk.__file__
settings = load_settings()
start.prepare(settings, now()).close()
for app in (kiosk.public_app(settings), kiosk.staff_app(settings)):
    browser = app.test_client()
    page = browser.get("/", follow_redirects=True, base_url="http://localhost")
    assert page.status_code == 200, page.status
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text))
    [script] = [file for file in files if "/bundles/" in file and ".js" in file]
    assert "var htmx=" in browser.get(script, base_url="http://localhost").text
    for file in files:
        answer = browser.get(file, base_url="http://localhost", headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200, file
        assert answer.content_encoding == ("br" if "look.css" not in file else None), file
    print(f"{len(files)} files")
"""
NAME = "noto-sans-arabic-name"


def package() -> dict[str, dict[str, str]]:
    return json.loads((CHECKOUT / "package.json").read_text(encoding="utf-8"))


def lock() -> dict[str, dict[str, dict[str, str]]]:
    return json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))


def test_the_lock_names_no_download_address() -> None:
    assert "resolved" not in (CHECKOUT / "package-lock.json").read_text(encoding="utf-8")
    assert "omit-lockfile-registry-resolved=true" in (CHECKOUT / ".npmrc").read_text(encoding="utf-8").splitlines()


def test_every_browser_package_is_pinned_exactly_and_sealed_with_a_hash() -> None:
    wanted = package()["dependencies"] | package()["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = {path.removeprefix("node_modules/"): entry for path, entry in lock()["packages"].items() if path}
    assert {name: entry["version"] for name, entry in locked.items()} == wanted
    assert all(entry["integrity"].startswith("sha512-") for entry in locked.values())


def test_htmx_stays_on_the_line_the_pages_are_written_for() -> None:
    assert package()["dependencies"]["htmx.org"].startswith("2.0.")


def test_no_package_may_run_a_script_while_it_is_installed() -> None:
    assert "ignore-scripts=true" in (CHECKOUT / ".npmrc").read_text(encoding="utf-8").splitlines()


def test_every_font_of_the_style_sheet_is_brought_by_the_build() -> None:
    urls = re.findall(r'url\("([^"]+)"\)', fonts())
    assert {f"../vendor/{name}" for name in FONTS} == set(urls)


@pytest.mark.parametrize(("text", "files"), WRITTEN.values(), ids=list(WRITTEN))
def test_a_page_loads_the_fonts_of_its_letters_alone(text: str, files: list[str]) -> None:
    written = {ord(letter) for letter in text}
    needed = {name for name, held in faces().items() if held & written} - {NAME}
    assert needed == {f"noto-sans-{file}" for file in files}
    assert written <= set().union(*faces().values())


def test_the_name_of_arabic_needs_a_small_file_alone() -> None:
    [(_, name, _)] = own_names(["ar"])
    assert {ord(letter) for letter in name} == faces()[NAME]
    assert (resources.static_folder() / "vendor" / "fonts" / f"{NAME}.woff2").stat().st_size < 8_000


def test_a_built_font_holds_no_other_letters_and_no_other_weights() -> None:
    for name, named in faces().items():
        font = TTFont(resources.static_folder() / "vendor" / "fonts" / f"{name}.woff2")
        assert set(font.getBestCmap()) <= named, name
        assert [(axis.minValue, axis.maxValue) for axis in font["fvar"].axes] == [(400, 900)], name


def fonts() -> str:
    return (CHECKOUT / "static" / "css" / "fonts.css").read_text(encoding="utf-8")


def faces() -> dict[str, set[int]]:
    rules = fonts().split("@font-face")[1:]
    return {name: letters(rule) for rule in rules for name in re.findall(r"([\w-]+)\.woff2", rule)}


def letters(face: str) -> set[int]:
    pairs = re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", face)
    return {code for first, last in pairs for code in range(int(first, 16), int(last or first, 16) + 1)}


def test_templates_and_static_files_are_found_beside_the_package_in_a_checkout() -> None:
    assert (resources.templates_folder() / "base.html").is_file()
    assert (resources.static_folder() / "css" / "fonts.css").is_file()


def test_templates_and_static_files_are_found_inside_the_package_of_a_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "kiosk")
    for name in ("templates", "static"):
        (tmp_path / "kiosk" / "_data" / name).mkdir(parents=True)
        (tmp_path / name).mkdir()
    assert resources.templates_folder() == tmp_path / "kiosk" / "_data" / "templates"
    assert resources.static_folder() == tmp_path / "kiosk" / "_data" / "static"


def test_a_wheel_holds_every_migration() -> None:
    packed = {file.distribution_path for file in WheelBuilder(str(CHECKOUT)).recurse_included_files()}
    assert {f"kiosk/store/schema/{file.name}" for file in SCHEMA.iterdir()} <= packed
    assert "kiosk/store/schema/0001_initial.sql" in packed


@pytest.mark.ci
def test_the_wheel_serves_its_pages_from_an_empty_environment_elsewhere(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("KIOSK_", "PYTHON"))}
    pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"]

    def run(*command: str | Path) -> str:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        return subprocess.run(command, cwd=elsewhere, env=own, check=True, stdout=subprocess.PIPE, text=True).stdout

    run(sys.executable, *pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, CHECKOUT)
    (wheel,) = tmp_path.glob("ssi_kiosk-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    installed = tmp_path / "venv" / "bin"
    run(installed / "python", *pip, "install", "--require-hashes", "--requirement", CHECKOUT / "requirements.lock")
    run(installed / "python", *pip, "install", "--no-deps", wheel)
    run(installed / "python", *pip, "check")
    assert run(installed / "kiosk", "--version").startswith("kiosk ")
    assert run(installed / "python", "-c", VISIT).count("files") == 2
