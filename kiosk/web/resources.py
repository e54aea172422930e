"""Where templates and static files lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def templates_folder() -> Path:
    return ROOT / "templates"


def static_folder() -> Path:
    return ROOT / "static"
