"""Turns a tree of strings, numbers and tables into frozen dataclasses, by their annotations."""

import dataclasses
import difflib
import types
import typing
import unicodedata
from contextlib import suppress
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Any

from kiosk.config.duty import Closure
from kiosk.config.look import Terminal
from kiosk.config.settings import Zone
from kiosk.errors import SettingsError

T = typing.TypeVar("T")

TRUE_WORDS = {"true": True, "false": False}
WANTED: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    date: "a day, such as 2026-12-24",
    time: "a time, such as 07:30",
}


def build(cls: type[T], tree: Any, *, where: str) -> T:
    """An instance of the dataclass; raises SettingsError naming the dotted setting that is unknown or wrong."""
    if not isinstance(tree, dict):
        raise SettingsError(f"«{where}» must be a table.")
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in tree:
        if name not in fields:
            raise SettingsError(f"«{_dotted(where, name)}» is not a setting{_nearest(name, list(fields))}.")
    hints = typing.get_type_hints(cls)
    values = {name: _convert(hints[name], value, where=_dotted(where, name)) for name, value in tree.items()}
    missing = [name for name, field in fields.items() if name not in values and not _has_default(field)]
    if missing:
        raise SettingsError(f"«{_dotted(where, missing[0])}» is missing.")
    return cls(**values)


def _convert(hint: Any, value: Any, *, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _convert_list(typing.get_args(hint)[0], value, where=where)
    if origin in (types.UnionType, typing.Union):
        if value is None:  # of a default; neither the file nor the environment can say it
            return None
        inner = [arg for arg in typing.get_args(hint) if arg is not types.NoneType]
        return _convert(inner[0], value, where=where)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return value if isinstance(value, hint) else build(hint, _expand(hint, value), where=where)
    return _convert_plain(hint, value, where=where)


def _convert_list(inner: Any, value: Any, *, where: str) -> tuple[Any, ...]:
    if isinstance(value, str) and (inner in (str, Closure) or issubclass(inner, StrEnum)):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise SettingsError(f"«{where}» must be a list.")
    return tuple(_convert(inner, item, where=f"{where}[{index}]") for index, item in enumerate(value))


def _convert_plain(hint: Any, value: Any, *, where: str) -> Any:
    if hint in (date, time):
        return _convert_calendar(hint, value, where=where)
    if isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value.strip() if isinstance(value, str) and not isinstance(value, StrEnum) else value
    if hint is bool and isinstance(value, str) and value.lower() in TRUE_WORDS:
        return TRUE_WORDS[value.lower()]
    if hint is int and isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum) and value in [member.value for member in hint]:
        return hint(value)
    raise SettingsError(f"«{where}» must be {_wanted(hint)}.")


def _convert_calendar(hint: type[date] | type[time], value: Any, *, where: str) -> date | time:
    """TOML has dates and times of its own; the environment has texts."""
    with suppress(ValueError):
        value = hint.fromisoformat(value.strip()) if isinstance(value, str) else value
    if type(value) is not hint or getattr(value, "tzinfo", None):  # a date with a time would pass for a date
        raise SettingsError(f"«{where}» must be {_wanted(hint)}.")
    return value


def _wanted(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "one of " + ", ".join(member.value for member in hint)
    return WANTED.get(hint, "something else")


def _expand(cls: type, value: Any) -> Any:
    """Zones and terminals may be written as plain names, a closure as its day or as its first and last day."""
    if cls is Closure and isinstance(value, str | date):
        first, _, last = str(value).partition("..")
        return {"first": first, "last": last or first}
    if isinstance(value, str) and cls in (Zone, Terminal):
        key = "code" if cls is Zone else "id"
        return {key: slug(value), "name": value}
    return value


def slug(name: str) -> str:
    """A code for a name: lower case, ASCII letters, digits and hyphens; stable as long as the name is."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words) or "zone"


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _dotted(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _nearest(word: str, words: list[str]) -> str:
    close = difflib.get_close_matches(word, words, n=1)
    return f" (did you mean «{close[0]}»?)" if close else ""
