"""Folders of templates and static files: beside the package in a checkout, inside it when installed."""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

BUILT = ("vendor", "compressed")  # folders below static/
MANIFEST = "manifest.json"
PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    return _folder(PACKAGE, "templates")


def static_folder() -> Path:
    return _folder(PACKAGE, "static")


def unverified_files() -> frozenset[str]:
    """Names below ``static/`` of built files that are missing, strange, or not as the build wrote their SHA-256."""
    return frozenset(name for folder in BUILT for name in _unverified(static_folder() / folder))


def built_digests() -> dict[str, str]:
    """SHA-256 of each built file as the build wrote it, by its name below ``static/``."""
    folders = [static_folder() / name for name in BUILT]
    return {f"{folder.name}/{name}": digest for folder in folders for name, digest in _manifest(folder).items()}


def _manifest(folder: Path) -> dict[str, str]:
    """Empty if it cannot be read."""
    try:
        return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _unverified(folder: Path) -> Iterator[str]:
    wanted = _manifest(folder)
    paths = (path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    found = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return (f"{folder.name}/{name}" for name in {*wanted, *found} if wanted.get(name) != found.get(name))


@cache
def _folder(package: Path, name: str) -> Path:
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name
