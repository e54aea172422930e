"""Short notations of settings, expanded to the tables that they stand for."""

import re
from datetime import date

from kiosk.domain.folding import fold

NETWORKS = "web.terminals"  # the name alone is also that of a site's terminals
LISTS = {
    "offered",
    "hosts",
    "days",
    "closures",
    "round_the_clock",
    "second_factor",
    NETWORKS,
}  # may be one text, separated by commas
HOURS = {"opens", "closes", "daily_at"}
NAMED = {"zones": "code", "terminals": "id"}  # may be names only


def written_out(value: object, name: str = "") -> object:
    """``name``: the setting whose value this is."""
    if isinstance(value, str):
        value = _listed(value.strip(), name)
    if isinstance(value, dict):
        named = {key: NETWORKS if f"{name}.{key}" == NETWORKS else key for key in value}
        return {key: written_out(inner, named[key]) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_item(written_out(each), name) for each in value]
    return value


def _listed(text: str, name: str) -> str | list[str]:
    if name in LISTS:
        return [part for part in text.split(",") if part.strip()]
    return f"{text}:00" if name in HOURS and re.fullmatch(r"\d\d:\d\d", text) else text


def _item(item: object, name: str) -> object:
    if name in NAMED and isinstance(item, str):
        return {NAMED[name]: slug(item), "name": item}
    if name == "closures" and isinstance(item, str | date):
        first, _, last = str(item).partition("..")
        return {"first": first, "last": last or first}
    return item


def slug(name: str) -> str:
    """Depends on the name alone."""
    plain = fold(name).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words) or "zone"
