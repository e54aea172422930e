"""Where templates and static files lie: beside the package in a checkout, inside it once installed from a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    return _folder("templates")


def static_folder() -> Path:
    return _folder("static")


def _folder(name: str) -> Path:
    installed = PACKAGE / "_data" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
