"""Settings loader: ``kiosk.toml`` and ``KIOSK_*``; the environment wins; ``__`` nests (``KIOSK_SMTP__HOST``).

Anything unknown or wrong raises SettingsError with one French sentence that names the setting.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.config.audiences import default_audiences
from kiosk.config.contradictions import check_settings
from kiosk.config.convert import build
from kiosk.config.demonstration import dressed, locate
from kiosk.config.settings import Settings
from kiosk.config.table import spelled
from kiosk.errors import SettingsError, UnreadableFile
from kiosk.operator_files import read_text

PREFIX = "KIOSK_"
NOT_SETTINGS = {"KIOSK_INSTANCE", "KIOSK_NO_ASSETS"}
FROM_COMMAND_LINE = {"instance", "demo"}
FROM_FILE_ONLY = {"sites", "audiences"}

Tree = dict[str, Any]


def load_settings(environ: Mapping[str, str] | None = None, *, demo: bool = False) -> Settings:
    """``demo``: the demonstration's settings, which a database marked as such loads in any case."""
    environ = os.environ if environ is None else environ
    instance, demo = locate(Path(environ.get("KIOSK_INSTANCE") or "instance").absolute(), demo=demo)
    home = instance.parent if demo else instance
    tree = _read_file(home / "kiosk.toml")
    for name in FROM_COMMAND_LINE & tree.keys():
        raise SettingsError(f"« {name} » n'est pas un réglage de kiosk.toml : retirez-le.")
    _merge_environment(tree, environ)
    _merge_audiences(tree)
    _merge_calendars(tree)
    settings = build({**tree, "instance": instance, "demo": demo}, home)
    check_settings(settings)
    return dressed(settings) if demo else settings


def _read_file(path: Path) -> Tree:
    try:
        return tomllib.loads(read_text(path))
    except UnreadableFile as error:
        if isinstance(error.__cause__, FileNotFoundError) and not path.is_symlink():
            return {}
        raise SettingsError(str(error)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} n'est pas un fichier TOML correct ({error}).") from error


def _merge_environment(tree: Tree, environ: Mapping[str, str]) -> None:
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS or value == "":
            continue
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):  # bytes of no UTF-8
            raise SettingsError(f"{variable} n'est pas en UTF-8 : corrigez là où cette variable est écrite.")
        *tables, leaf = variable.removeprefix(PREFIX).lower().split("__")
        if (tables or [leaf])[0] in FROM_FILE_ONLY:
            raise SettingsError(f"{variable} : ce réglage se fait dans kiosk.toml seulement.")
        if leaf in FROM_COMMAND_LINE and not tables:
            raise SettingsError(f"{variable} n'est pas un réglage : c'est une option de la commande.")
        node = tree
        for table in tables:
            node = node.setdefault(table, {})
            if not isinstance(node, dict):
                raise SettingsError(f"{variable} : « {table} » n'est pas une table de réglages.")
        node[leaf] = value


def _merge_audiences(tree: Tree) -> None:
    """The id of a default audience changes it; any other id adds an audience."""
    if "audiences" not in tree:
        return
    entries = tree["audiences"]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError("« audiences » : chaque destinataire doit être une table [[audiences]].")
    known = {audience.id: audience for audience in default_audiences()}
    merged: dict[str, Tree] = {
        id_: {name: getattr(audience, name) for name in audience.__dataclass_fields__}
        for id_, audience in known.items()
    }
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        id_ = entry.get("id") or entry.get("role")
        if not isinstance(id_, str):
            where = spelled(("audiences", index), {"audiences": entries})
            raise SettingsError(f"{where} : « id » ou « role » doit nommer le destinataire.")
        if id_ in seen:
            raise SettingsError(f'[[audiences]] "{id_}" est écrit deux fois : gardez-en un, ou changez son id.')
        seen.add(id_)
        merged[id_] = {**merged.get(id_, {}), **entry, "id": id_}
    tree["audiences"] = list(merged.values())


def _merge_calendars(tree: Tree) -> None:
    """A site's calendar inherits what it leaves out."""
    duty = tree.get("duty")
    general = duty.get("calendar") if isinstance(duty, dict) else None
    sites = tree.get("sites")
    if not isinstance(general, dict) or not isinstance(sites, list):
        return
    for site in sites:
        if isinstance(site, dict) and isinstance(site.get("calendar"), dict):
            site["calendar"] = {**general, **site["calendar"]}
