"""Folders of templates and static files: beside the package in a checkout, inside it when installed."""

import hashlib
import json
from functools import cache
from pathlib import Path

VENDOR, MANIFEST = "vendor", "manifest.json"
PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    return _folder(PACKAGE, "templates")


def static_folder() -> Path:
    return _folder(PACKAGE, "static")


def unverified_vendor_files() -> frozenset[str]:
    """Names below ``static/`` of browser files that are missing, strange, or not as the build wrote their SHA-256."""
    folder = static_folder() / VENDOR
    try:
        wanted = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        wanted = {}
    paths = (path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    found = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return frozenset(f"{VENDOR}/{name}" for name in {*wanted, *found} if wanted.get(name) != found.get(name))


@cache
def _folder(package: Path, name: str) -> Path:
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name
