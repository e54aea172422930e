"""Preview of a restore: date, accounts, relay, addresses and files of the backup, for the person who decides."""

import os
from collections.abc import Iterator

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.errors import SettingsError
from kiosk.mail.safe_text import one_line, shown
from kiosk.store.base.connection import open_database
from kiosk.store.instance.directory import addresses
from kiosk.store.instance.restore import Staged
from kiosk.store.staff.accounts import Account, accounts


def preview(settings: Settings, staged: Staged, *, replace: bool) -> str:
    """``settings``: those of the instance; its kiosk.toml stays unless ``replace``."""
    with open_database(staged.database) as db:
        found, noted = accounts(db), addresses(db)
    moment = f"{clock.local(staged.written_at):%d/%m/%Y à %H:%M}"
    return "\n".join(
        _harmless(line)
        for line in (
            f"Sauvegarde du {moment}, jusqu'à l'événement {staged.sequence}."
            f" Elle apporterait à « {settings.instance} » :",
            *_accounts(found),
            *_settings(settings, staged, noted, replace=replace),
            f"Fichiers : {', '.join(staged.files)}",
        )
    )


def _harmless(line: str) -> str:
    """Names are data: none ends a line or moves the cursor."""
    return ("  " if line.startswith("  ") else "") + shown(one_line(line))


def _accounts(found: list[Account]) -> Iterator[str]:
    yield "Comptes :" if found else "Comptes : aucun"
    for account in found:
        member = account.member
        sites = ", ".join(member.sites) or "tous les sites"
        state = "" if account.active else ", fermé"
        yield f"  {member.name} ({member.display_name}), {member.role.french}, {sites}{state}"


def _settings(settings: Settings, staged: Staged, noted: list[tuple[str, str]], *, replace: bool) -> Iterator[str]:
    """As they will hold: of the backup's kiosk.toml, or of that which is there and stays; the environment wins."""
    stays = (settings.home / "kiosk.toml").exists() and not replace
    try:
        coming = settings if stays else load_settings({**os.environ, "KIOSK_INSTANCE": str(staged.folder)})
    except SettingsError as error:
        yield f"Réglages : ils ne conviennent pas à cette machine. {error}"
        yield from _addresses(noted)
        return
    smtp = coming.smtp
    yield f"Relais : {smtp.host}, port {smtp.effective_port}" if smtp.host else "Relais : aucun"
    yield f"Expéditeur : {coming.mail.sender}"
    yield from _addresses([(audience.name, audience.address) for audience in coming.audiences if audience.active])


def _addresses(told: list[tuple[str, str]]) -> Iterator[str]:
    yield "Adresses :"
    for name, address in told:
        yield f"  {name} : {address or 'sans adresse'}"
