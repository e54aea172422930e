"""The translations, as the build would compile them."""

import os
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kiosk.web.shared.texts import TRANSLATIONS

CATALOGUES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def language_of(path: Path) -> str:
    return path.parents[1].name


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language_of(path), abort_invalid=True)


def compile_translations() -> None:
    for path in CATALOGUES:
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        made = compiled.with_name(f"{compiled.name}-{os.getpid()}")
        with made.open("wb") as file:
            write_mo(file, read(path))
        made.replace(compiled)  # at once: another worker may be reading
