"""On-screen keyboard layouts added by an organisation: ``keyboards/*.json`` in the instance.

Format as in static/keyboards: ``name``, ``languages`` (of the pages where it comes first), ``direction``, and
``layout`` with the rows of ``default`` and optionally ``shift``, keys separated by spaces. The name of a built-in file
replaces it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.errors import SettingsError, UnreadableFile
from kiosk.operator_files import read_text

Layout = dict[str, Any]

MOST_ROWS, MOST_KEYS = 7, 14  # more would leave less than 14 mm each on an upright Full HD screen
LONGEST_KEY = 4  # characters: two letters with their marks
KEYS_THAT_ACT = {"{bksp}", "{shift}", "{enter}"}
LEVELS = {"default", "shift"}


def read_layouts(folder: Path) -> dict[str, Layout]:
    """By file name without suffix. Raises SettingsError for the first invalid file."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}


def _read(path: Path) -> Layout:
    try:
        found = json.loads(read_text(path))
    except (UnreadableFile, ValueError, RecursionError) as error:
        raise SettingsError(f"keyboards/{path.name} ne peut pas être lu : {error}.") from error
    reason = _wrong(found)
    if reason:
        raise SettingsError(f"keyboards/{path.name} : {reason}.")
    kept: Layout = {"languages": [], "direction": "ltr"} | found
    return kept


def _wrong(found: object) -> str:
    if not isinstance(found, dict) or not isinstance(found.get("name"), str) or not found["name"].strip():
        return "« name » manque"
    if found.keys() - {"name", "languages", "direction", "layout"}:
        return "il n'y a que name, languages, direction et layout"
    if found.get("direction", "ltr") not in ("ltr", "rtl"):
        return "« direction » doit être ltr ou rtl"
    if not _are_texts(found.get("languages", [])):
        return "« languages » doit être une liste de codes de langue"
    return _wrong_layout(found.get("layout"))


def _wrong_layout(layout: object) -> str:
    if not isinstance(layout, Mapping) or "default" not in layout or layout.keys() - LEVELS:
        return "« layout » doit contenir les rangées de « default », et au besoin de « shift »"
    for rows in layout.values():
        if not _are_texts(rows) or not 1 <= len(rows) <= MOST_ROWS:
            return f"un clavier a 1 à {MOST_ROWS} rangées de touches séparées par des espaces"
        for keys in (row.split() for row in rows):
            unknown = [key for key in keys if len(key) > LONGEST_KEY and key not in KEYS_THAT_ACT]
            if unknown or not 1 <= len(keys) <= MOST_KEYS:
                return f"« {unknown[0]} » n'est aucune touche" if unknown else f"une rangée a 1 à {MOST_KEYS} touches"
    return ""


def _are_texts(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(text, str) for text in found)
