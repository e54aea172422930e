"""Conversion of parsed settings into the settings classes, with msgspec."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import date, time
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from kiosk.config.notations import written_out
from kiosk.config.settings import Settings
from kiosk.config.table import Place, spelled
from kiosk.errors import SettingsError

WANTED: dict[Any, str] = {
    str: "un texte entre guillemets",
    int: "un nombre entier",
    float: "un nombre",
    bool: "true ou false",
    tuple: "une liste",
    Path: "le chemin d'un fichier, entre guillemets",
    date: "un jour, par exemple 2026-12-24",
    time: "une heure, par exemple 07:30",
}


def build(tree: dict[str, Any], home: Path) -> Settings:
    """``home``: folder from which relative paths count.

    Raises SettingsError naming the setting that is unknown, missing or of the wrong type.
    """
    full = written_out(tree)
    for place, known in _unknown(full, Settings):
        raise SettingsError(f"{spelled(place, full)} n'est pas un réglage{_nearest(str(place[-1]), known)}.")
    try:
        return msgspec.convert(full, Settings, strict=False, dec_hook=partial(_path, home))
    except msgspec.ValidationError as error:
        # Its message may quote the value, which may be a password written in place of a file name.
        raise SettingsError(_sentence(str(error), full)) from None


def _path(home: Path, kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return home / value
    raise TypeError


def _unknown(value: object, kind: Any, place: Place = ()) -> Iterator[tuple[Place, list[str]]]:
    """Names that are no field of their class, with those that are."""
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        for name, inner in value.items():
            if name in hints:
                yield from _unknown(inner, _inner(hints[name]), (*place, name))
            else:
                yield (*place, name), list(hints)
    elif get_origin(kind) is tuple and isinstance(value, list):
        for index, each in enumerate(value):
            yield from _unknown(each, get_args(kind)[0], (*place, index))


def _sentence(told: str, tree: object) -> str:
    """From a msgspec error such as ``Expected `int`, got `str` - at `$.sites[0].zones` ``."""
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", told.rpartition("`$")[2])
    place: Place = tuple(name or int(index) for name, index in steps)
    if missing := re.match(r"Object missing required field `(\w+)`", told):
        return f"{spelled((*place, missing[1]), tree)} manque."
    return f"{spelled(place, tree)} doit être {_wanted(place)}."


def _wanted(place: Place) -> str:
    kind: Any = Settings
    for key in place:
        kind = get_args(kind)[0] if isinstance(key, int) else _inner(get_type_hints(kind)[key])
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "l'une de ces valeurs : " + ", ".join(kind)
    return "une table" if is_dataclass(kind) else WANTED[get_origin(kind) or kind]


def _inner(hint: Any) -> Any:
    """Without the None of an optional setting."""
    return next(kind for kind in get_args(hint) if kind is not NoneType) if get_origin(hint) is UnionType else hint


def _nearest(word: str, words: list[str]) -> str:
    close = difflib.get_close_matches(word, words, n=1)
    return f" (vouliez-vous dire « {close[0]} » ?)" if close else ""
