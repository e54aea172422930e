"""`kiosk staff …`: accounts of the console.

A one-time link is shown once, here; the database stores only its digest.
"""

import json
import re
import secrets
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from kiosk import clock
from kiosk.commands.init import grant
from kiosk.commands.shared import as_columns, opened, says_errors_plainly
from kiosk.commands.staff_access import factor, list_sessions, sign_out
from kiosk.config import Settings, load_settings
from kiosk.domain.account_states import AccountState
from kiosk.domain.roles import StaffRole
from kiosk.errors import StaffError
from kiosk.mail.envelope import console_link
from kiosk.store.base.connection import Database
from kiosk.store.instance import listen_addresses
from kiosk.store.staff import accounts as staff_accounts
from kiosk.store.staff.account_list import ListedAccount, listed_accounts, state_of
from kiosk.store.staff.accounts import NewMember, accounts
from kiosk.store.staff.accounts import disable as disable_account
from kiosk.store.staff.sessions import digest

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,38}[a-z0-9]")
FIRST = NewMember(name="responsable", display_name="Responsable d'immeuble", role=StaffRole.MANAGER)
USUAL_ADDRESS = "127.0.0.1:8081"
EVERYWHERE = ("0.0.0.0", "[::]", "::")  # noqa: S104 - not listened on, but replaced in links
ROLES = [role.value for role in StaffRole]
FORMER_LINK = "Le lien affiché auparavant ne sert plus."
KNOWN_TO_OTHERS = "Quelqu'un d'autre connaît-il peut-être ce mot de passe ?"


def add_member(db: Database, settings: Settings, member: NewMember, now: datetime) -> str:
    """Return the one-time link. Raises StaffError."""
    if not NAME.fullmatch(member.name):
        raise StaffError(
            f"« {member.name} » ne convient pas : 2 à 40 minuscules, chiffres, points, traits d'union ou tirets bas."
        )
    sites = [site.id for site in settings.sites]
    if unknown := [site for site in member.sites if site not in sites]:
        raise StaffError(f"« {unknown[0]} » n'est pas un site : choisissez parmi {', '.join(sites)}.")
    token = secrets.token_urlsafe(32)
    staff_accounts.admit(db, member, digest(token), now)
    return _link(db, settings, token)


def new_link(db: Database, settings: Settings, name: str, now: datetime, *, compromised: bool = False) -> str:
    """The old password stops working at once. Raises StaffError. ``compromised``: rotate the site keys too."""
    token = secrets.token_urlsafe(32)
    staff_accounts.renew_link(db, name, digest(token), now, compromised=compromised)
    return _link(db, settings, token)


def first_link(db: Database, settings: Settings, now: datetime) -> str | None:
    """None once a password is set or there are other accounts."""
    if not lacks_first_password(db):
        return None
    if not accounts(db):
        return add_member(db, settings, FIRST, now)
    return new_link(db, settings, FIRST.name, now)


def lacks_first_password(db: Database) -> bool:
    """No account but the first one, and that without a password."""
    return all(
        account.member.name == FIRST.name and account.active and not account.password_hash for account in accounts(db)
    )


def has_link(db: Database, name: str, now: datetime) -> bool:
    """A link that still works, and that a new one would end."""
    account = staff_accounts.find(db, name)
    return account is not None and state_of(account, now) is AccountState.LINK_SENT


def as_rows(listed: Sequence[ListedAccount]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.account.member.name,
            "display_name": one.account.member.display_name,
            "role": one.account.member.role.value,
            "sites": list(one.account.member.sites),
            "state": one.state.value,
            "signed_in_at": clock.to_text(one.account.signed_in_at) if one.account.signed_in_at else None,
            "fingerprint": one.fingerprint or None,
            "confirmed_by": one.confirmed_by or None,
            "recorded": one.is_recorded,
        }
        for one in listed
    ]


def as_table(listed: Sequence[ListedAccount]) -> str:
    rows = [("NOM", "RÔLE", "SITES", "ÉTAT", "DERNIÈRE CONNEXION", "AFFICHÉ", "EMPREINTE", "CONFIRMÉE PAR")]
    for one in listed:
        member, last = one.account.member, one.account.signed_in_at
        signed_in = clock.local(last).strftime("%d/%m/%Y %H:%M") if last else "jamais"
        sites, state = ", ".join(member.sites) or "tous", one.state.french if one.is_recorded else "HORS TRACE"
        confirmed = one.confirmed_by or (one.confirmation.french if one.reader else "-")
        key = (one.fingerprint or "-", confirmed)
        rows.append((member.name, member.role, sites, state, signed_in, member.display_name, *key))
    return as_columns(rows)


def _link(db: Database, settings: Settings, token: str) -> str:
    return console_link(_console(db, settings), f"first-password/{token}")


def _console(db: Database, settings: Settings) -> str:
    if settings.mail.console_url:
        return settings.mail.console_url
    host, _, port = (listen_addresses.address_of(db, listen_addresses.STAFF) or USUAL_ADDRESS).rpartition(":")
    if host in EVERYWHERE:
        host = next(iter(settings.web.hosts), "127.0.0.1")
    return f"http://{host}:{port}"


@click.group()
def staff() -> None:
    """Gère les comptes de la console."""


for each in (grant, list_sessions, sign_out, factor):
    staff.add_command(each)


@staff.command()
@click.argument("name", metavar="NOM")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    metavar="RÔLE",
    help=f"Ce que la personne peut faire : {', '.join(ROLES)}.",
)
@click.option(
    "--site", "sites", multiple=True, metavar="SITE", help="Seulement ce site ; peut être répété. Sans elle : tous."
)
@click.option("--display", default="", metavar='"PRÉNOM NOM"', help="Le nom que les autres voient ; NOM s'il manque.")
@says_errors_plainly
def add(name: str, role: str, sites: tuple[str, ...], display: str) -> None:
    """Crée un compte (ou rouvre un compte désactivé) et affiche le lien à usage unique qui choisit son mot de passe."""
    member = NewMember(name=name.lower(), display_name=display.strip() or name, role=StaffRole(role), sites=sites)
    settings = load_settings()
    with opened(settings) as db:
        link = add_member(db, settings, member, clock.now())
    _tell(link)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Écrit une liste JSON.")
@says_errors_plainly
def list_accounts(as_json: bool) -> None:
    """Montre chaque compte, son rôle, ses sites, son état, et l'empreinte de sa clé."""
    with opened(load_settings(), as_json=as_json) as db:
        found = listed_accounts(db, clock.now())
    click.echo(json.dumps(as_rows(found), ensure_ascii=False, indent=2) if as_json else as_table(found))


@staff.command()
@click.argument("name", metavar="NOM")
@says_errors_plainly
def disable(name: str) -> None:
    """Ferme un compte aussitôt : mot de passe, liens et sessions prennent fin."""
    with opened(load_settings()) as db:
        disable_account(db, name.lower(), clock.now())
    click.echo(f"« {name.lower()} » est désactivé et déconnecté partout.")


@staff.command()
@click.argument("name", metavar="NOM")
@click.option(
    "--compromised/--not-compromised",
    default=None,
    help="Quelqu'un d'autre connaît peut-être ce mot de passe : renouvelle aussi les clés des sites.",
)
@says_errors_plainly
def password(name: str, compromised: bool | None) -> None:
    """Affiche un nouveau lien à usage unique ; l'ancien mot de passe et toutes les sessions prennent fin."""
    settings, now = load_settings(), clock.now()
    if compromised is None:
        compromised = sys.stdin.isatty() and click.confirm(KNOWN_TO_OTHERS, err=True)
    with opened(settings) as db:
        former = has_link(db, name.lower(), now)
        link = new_link(db, settings, name.lower(), now, compromised=compromised)
    _tell(link)
    if former:
        click.echo(FORMER_LINK, err=True)


def _tell(link: str) -> None:
    click.echo(link)
    click.echo("Remettez ce lien à cette seule personne : il sert une fois, pendant trois jours.", err=True)
