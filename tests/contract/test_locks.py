"""Dependency locks: exact versions with hashes, no download address, complete for each supported Python."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_build import BrowserFilesAndTranslations

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.name for path in CHECKOUT.glob("requirements*.lock"))
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
RUN_TIME: list[str] = PYPROJECT["project"]["dependencies"]
DEV: list[str] = PYPROJECT["project"]["optional-dependencies"]["dev"]
BUILD: list[str] = PYPROJECT["dependency-groups"]["build"]
NPM: list[str] = PYPROJECT["dependency-groups"]["npm"]
DIRECT = {
    "requirements.lock": RUN_TIME,
    "requirements-dev.lock": RUN_TIME + DEV,
    "requirements-build.lock": BUILD,
    "requirements-npm.lock": NPM,
}
ENTRY = re.compile(
    r"(?P<requirement>[a-z0-9]+(-[a-z0-9]+)*==[0-9][a-z0-9.+!]*( ; [^#@]+?)?)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)"
)


def text(lock: str) -> str:
    return (CHECKOUT / lock).read_text(encoding="utf-8")


def lines(lock: str) -> Iterator[str]:
    """Logical lines without comments: a package, its version and all its hashes."""
    rows = [row for row in text(lock).splitlines() if not row.lstrip().startswith("#")]
    for line in "\n".join(rows).replace("\\\n", " ").splitlines():
        yield " ".join(line.split())


def locked(lock: str) -> list[tuple[Requirement, frozenset[str]]]:
    found = [ENTRY.fullmatch(line) for line in lines(lock)]
    return [(Requirement(entry["requirement"]), frozenset(entry["hashes"].split())) for entry in found if entry]


def versions(lock: str, python: str) -> dict[str, str]:
    """Version by name of what pip installs from this lock with this Python."""
    applies = [wanted for wanted, _ in locked(lock) if needed_by(wanted, python)]
    return {wanted.name: next(iter(wanted.specifier)).version for wanted in applies}


def needed_by(wanted: Requirement, python: str, extra: str = "") -> bool:
    environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
    return wanted.marker is None or wanted.marker.evaluate({**environment, "extra": extra})


def closure(direct: list[str], python: str) -> set[str]:
    """Names of these requirements and, by the metadata of the installed packages, of all that they require."""
    found: set[str] = set()
    waiting = [(Requirement(line), "") for line in direct]
    while waiting:
        wanted, extra = waiting.pop()
        if not needed_by(wanted, python, extra) or (name := canonicalize_name(wanted.name)) in found:
            continue
        found.add(name)
        rows = metadata.requires(name) or []
        waiting += [(Requirement(row), own) for row in rows for own in {"", *wanted.extras}]
    return found


def test_each_lock_has_a_source_in_pyproject() -> None:
    assert sorted(DIRECT) == LOCKS


@pytest.mark.parametrize("lock", LOCKS)
def test_each_line_pins_one_version_with_its_hashes(lock: str) -> None:
    assert [line for line in lines(lock) if not ENTRY.fullmatch(line)] == []
    assert len(locked(lock)) >= len(DIRECT[lock])


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_address_or_a_folder(lock: str) -> None:
    assert "/" not in text(lock)
    assert re.findall(r"[\w-]+\.(?:org|com|net|io|eu|fr)\b", text(lock)) == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_each_direct_dependency_is_locked_at_a_version_that_it_allows(lock: str, python: str) -> None:
    held = versions(lock, python)
    wanted = [Requirement(line) for line in DIRECT[lock]]
    refused = [f"{one}: {held.get(one.name)}" for one in wanted if not one.specifier.contains(held.get(one.name, "0"))]
    assert refused == []


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "requirements-npm.lock"])
def test_the_installed_packages_are_the_locked_ones(lock: str) -> None:
    held = versions(lock, "{}.{}".format(*sys.version_info))
    assert {name: metadata.version(name) for name in held} == held


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "requirements-npm.lock"])
def test_a_lock_holds_all_that_its_packages_require_and_nothing_else(lock: str, python: str) -> None:
    assert set(versions(lock, python)) == closure(DIRECT[lock], python)


def test_two_locks_never_disagree() -> None:
    seen: dict[tuple[str, str], set[tuple[str, frozenset[str]]]] = {}
    for lock in LOCKS:
        for wanted, hashes in locked(lock):
            seen.setdefault((wanted.name, str(wanted.marker)), set()).add((str(wanted.specifier), hashes))
    assert {key: pins for key, pins in seen.items() if len(pins) > 1} == {}


def test_the_build_lock_holds_what_the_build_system_and_its_hook_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without npm and without browser files, where the hook asks for the most."""
    texts = "kiosk/translations/en/LC_MESSAGES/messages.po"
    for name in ("kiosk/commands/assets.py", "package-lock.json", "static/css/fonts.css", texts):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, tmp_path / name)
    monkeypatch.delenv("KIOSK_NO_ASSETS", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    hook = BrowserFilesAndTranslations(str(tmp_path), {}, None, None, "", "wheel")
    assert set(hook.dependencies()) == {*NPM, "babel>=2.18,<3", "brotli>=1.1,<2", "fonttools>=4.60,<5"}
    assert {*hook.dependencies(), *PYPROJECT["build-system"]["requires"]} <= {*BUILD, *NPM}


@pytest.mark.parametrize("name", [Requirement(line).name for line in RUN_TIME + DEV + BUILD + NPM])
def test_each_direct_dependency_has_its_reason(name: str) -> None:
    document = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    reasons = document.partition("\n## Reasons\n")[2].partition("\n## ")[0]
    assert re.search(rf"^\|[^|]*\b{name}\b[^|]*\|", reasons, re.IGNORECASE | re.MULTILINE)


@pytest.mark.long
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_pip_finds_a_wheel_of_each_locked_package(lock: str, python: str, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--dry-run"]
    options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--python-version", python, "--target", tmp_path]
    subprocess.run([*pip, *options, "--requirement", CHECKOUT / lock], check=True)
