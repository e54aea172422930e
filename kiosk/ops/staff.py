"""Accounts from the command line. A link is shown once, here; the database knows only its digest."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kiosk import clock
from kiosk.config import Settings
from kiosk.errors import StaffError
from kiosk.ops.table import as_columns
from kiosk.store import doors, staff
from kiosk.store.connection import Database
from kiosk.store.staff import Account, NewMember, StaffRole
from kiosk.web.staff.session import digest

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,38}[a-z0-9]")
FIRST = NewMember(name="responsable", display_name="Responsable d'immeuble", role=StaffRole.MANAGER)
USUAL_ADDRESS = "127.0.0.1:8081"
EVERYWHERE = ("0.0.0.0", "[::]", "::")  # noqa: S104 - not listened on, but left out of links


def add(db: Database, settings: Settings, member: NewMember, now: datetime) -> str:
    """The one-time link; raises StaffError."""
    if not NAME.fullmatch(member.name):
        raise StaffError(f"«{member.name}» is no name: 2 to 40 lower-case letters, digits, dots, hyphens, underscores.")
    sites = [site.id for site in settings.sites]
    if unknown := [site for site in member.sites if site not in sites]:
        raise StaffError(f"«{unknown[0]}» is not a site: choose from {', '.join(sites)}.")
    token = secrets.token_urlsafe(32)
    staff.admit(db, member, digest(token), now)
    return _link(db, settings, token)


def new_link(db: Database, settings: Settings, name: str, now: datetime) -> str:
    """From now on the old password is worth nothing; raises StaffError."""
    token = secrets.token_urlsafe(32)
    staff.renew_link(db, name, digest(token), now)
    return _link(db, settings, token)


def first_link(db: Database, settings: Settings, now: datetime) -> str | None:
    """For whoever starts a new kiosk: a link for a first account. None once there is a password, or other accounts."""
    accounts = staff.accounts(db)
    if not accounts:
        return add(db, settings, FIRST, now)
    if any(account.password_hash or account.member.name != FIRST.name or not account.active for account in accounts):
        return None
    return new_link(db, settings, FIRST.name, now)


def as_rows(accounts: Sequence[Account], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "name": account.member.name,
            "display_name": account.member.display_name,
            "role": account.member.role.value,
            "sites": list(account.member.sites),
            "state": state_of(account, now),
            "signed_in_at": clock.to_text(account.signed_in_at) if account.signed_in_at else None,
        }
        for account in accounts
    ]


def as_table(accounts: Sequence[Account], now: datetime) -> str:
    rows = [("NAME", "ROLE", "SITES", "STATE", "LAST SIGN-IN", "SHOWN AS")]
    for account in accounts:
        member, last = account.member, account.signed_in_at
        signed_in = clock.local(last).strftime("%d/%m/%Y %H:%M") if last else "never"
        sites = ", ".join(member.sites) or "all"
        rows.append((member.name, member.role, sites, state_of(account, now), signed_in, member.display_name))
    return as_columns(rows)


def state_of(account: Account, now: datetime) -> str:
    if not account.active:
        return "disabled"
    if account.password_hash:
        return "active"
    return "link sent" if account.link_expires_at and account.link_expires_at > now else "link expired"


def _link(db: Database, settings: Settings, token: str) -> str:
    return f"{_console(db, settings)}/first-password/{token}"


def _console(db: Database, settings: Settings) -> str:
    if settings.mail.console_url:
        return settings.mail.console_url.rstrip("/")
    host, _, port = (doors.address_of(db, doors.STAFF) or USUAL_ADDRESS).rpartition(":")
    if host in EVERYWHERE:
        host = next(iter(settings.web.hosts), "127.0.0.1")
    return f"http://{host}:{port}"
