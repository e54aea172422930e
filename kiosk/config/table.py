"""Settings tables: each checks its values; a fault is located by its place in ``kiosk.toml``."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date

Fault = tuple[str, str]  # a setting, and what is wrong with it: the rest of a French sentence
Place = tuple[str | int, ...]  # names of tables and settings, and indices in lists

ADDRESS_WANTED = "doit être une adresse de courriel, par exemple borne@organisme.example"
TELLING = ("id", "code", "kind", "name", "first")  # settings that tell an entry of a list from the others
CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
CODE_WANTED = "doit être fait de lettres minuscules sans accent, de chiffres et de traits d'union"


class Table:
    __slots__ = ()

    def faults(self) -> Iterable[Fault]:
        """Faults of values whose types are right."""
        return ()


def outside(name: str, value: float, least: int, most: int, unit: str) -> Iterator[Fault]:
    if not least <= value <= most:
        yield name, f"doit être compris entre {least} et {most} {unit}"


def twice(codes: Iterable[str]) -> list[str]:
    return [code for code, count in Counter(codes).items() if count > 1]


def faults_within(value: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, Table):
        yield from (((*place, name), wrong) for name, wrong in value.faults())
    if is_dataclass(value):
        for field in fields(value):
            yield from faults_within(getattr(value, field.name), (*place, field.name))
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from faults_within(each, (*place, index))


def spelled(place: Place, root: object) -> str:
    """``« smtp.port »`` or ``[[sites]] "nord" : « zones »``; ``root``: the settings, or their tree."""
    tables: list[str] = []
    names: list[str] = []
    for key in place:
        root = _inside(root, key)
        if isinstance(key, str):
            names.append(key)
        else:
            tables.append(_entry(".".join(names), key, root, nested=bool(tables)))
            names = []
    return " : ".join([", ".join(tables)] * bool(tables) + [f"« {'.'.join(names)} »"] * bool(names))


def _entry(name: str, index: int, entry: object, *, nested: bool) -> str:
    """By what tells it from the others; by its number only if nothing does."""
    if not is_dataclass(entry) and not isinstance(entry, Mapping):
        return f"« {name} » nº {index + 1}"
    told = (_inside(entry, key) for key in TELLING)
    title = next((str(found) for found in told if isinstance(found, str | date) and str(found).strip()), None)
    number = f'"{title}"' if title else f"nº {index + 1}"
    return f"{name} {number}" if nested else f"[[{name}]] {number}"


def _inside(node: object, key: str | int) -> object:
    if isinstance(key, int):
        return node[key] if isinstance(node, list | tuple) and key < len(node) else None
    return node.get(key) if isinstance(node, Mapping) else getattr(node, key, None)
