"""Account mail to the MSSI: new accounts, links, keys, grants, second factors, and accounts that were closed.

It is made from the trace, so that an event written past the kiosk is told as well. Changes are folded into one mail: it
leaves when nothing has changed for two minutes, ten minutes after the first change at the latest, and never while the
one before is queued.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kiosk.config import Settings
from kiosk.domain.roles import StaffRole
from kiosk.domain.second_factor import FactorKind
from kiosk.duty.mssi import to_mssi
from kiosk.mail.system.accounts import AccountsChanged, ToldChange
from kiosk.store.base.connection import Database
from kiosk.store.keys.grants import RECOVERY
from kiosk.store.staff import account_changes
from kiosk.store.staff.account_changes import AccountChange
from kiosk.store.trace.events import SYSTEM
from kiosk.store.watch import daily_figures

QUIET = timedelta(minutes=2)
LONGEST = timedelta(minutes=10)
WORDS = {
    "account_added": "compte créé ou rouvert : {role}, {sites}",
    "account_disabled": "compte désactivé",
    "password_link_made": "nouveau lien pour choisir un mot de passe{known}",
    "password_changed": "mot de passe changé par la personne{known}",
    "key_pair_made": "clé de lecture créée, empreinte {fingerprint}",
    "key_confirmed": "empreinte {fingerprint} confirmée",
    "key_granted": "peut lire : {sites}",
    "site_key_made": "nouvelle clé pour les prochains signalements",
    "keys_initialised": "créée, empreinte {fingerprint}",
    "recovery_key_renewed": "remplacée, empreinte {fingerprint}",
    "second_factor_added": "deuxième étape de connexion ajoutée : {factor}",
    "second_factor_removed": "deuxième étape de connexion retirée : {factor}",
    "second_factor_reset": "deuxième étape de connexion effacée, sessions terminées",
    "recovery_codes_made": "nouveaux codes de secours de la deuxième étape",
    "recovery_code_used": "un code de secours a remplacé la deuxième étape",
}
KNOWN = " (quelqu'un d'autre connaissait peut-être l'ancien)"


def tell_accounts(db: Database, settings: Settings, now: datetime) -> None:
    """Called every second; a change without an MSSI to tell waits until there is one."""
    changes = account_changes.untold(db)
    if not changes or not _is_time(changes, now) or daily_figures.is_waiting(db, AccountsChanged.purpose):
        return
    told = tuple(_told(change, settings) for change in changes if _is_worth_a_mail(change))
    mails = to_mssi(db, settings, AccountsChanged(changes=told), now) if told else []
    if mails or not told:
        account_changes.record_told(db, mails, changes[-1].number, site=settings.local_site.id, now=now)


def _is_time(changes: list[AccountChange], now: datetime) -> bool:
    """A change in the future dates from before the clock was set back."""
    waited, rested = now - changes[0].at, now - changes[-1].at
    return waited >= LONGEST or not timedelta(0) <= rested < QUIET


def _is_worth_a_mail(change: AccountChange) -> bool:
    """Somebody's own new password is no news, unless somebody else may have known the old one."""
    own = change.action == "password_changed" and not change.detail.get("compromised")
    return change.action in WORDS and not own


def _told(change: AccountChange, settings: Settings) -> ToldChange:
    detail = change.detail
    words = WORDS[change.action].format(
        role=_role(detail),
        sites=_sites(detail, settings),
        fingerprint=detail.get("fingerprint", ""),
        factor=next((kind.french for kind in FactorKind if kind == detail.get("kind")), "inconnue"),
        known=KNOWN if detail.get("compromised") else "",
    )
    return ToldChange(_whose(change, settings), words, _by(change.actor), change.at)


def _whose(change: AccountChange, settings: Settings) -> str:
    account = str(change.detail.get("account", ""))
    if change.action in ("keys_initialised", "recovery_key_renewed") or account == RECOVERY:
        return "Clé de secours"
    return account or f"Site {_site(str(change.detail.get('site', '')), settings)}"


def _by(actor: str) -> str:
    return {SYSTEM: "par la borne ou sa ligne de commande", RECOVERY: "avec la clé de secours"}.get(
        actor, f"par {actor}"
    )


def _role(detail: Mapping[str, Any]) -> str:
    return next((role.french for role in StaffRole if role == detail.get("role")), "rôle inconnu")


def _sites(detail: Mapping[str, Any], settings: Settings) -> str:
    sites = detail.get("sites")
    return (
        ", ".join(_site(str(site), settings) for site in sites or ())
        if isinstance(sites, list) and sites
        else "tous les sites"
    )


def _site(code: str, settings: Settings) -> str:
    site = settings.site(code)
    return site.name if site else code
