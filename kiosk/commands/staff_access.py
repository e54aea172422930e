"""`kiosk staff sessions|sign-out|factor …`: who is signed in, and help after a lost telephone."""

import json
from collections.abc import Sequence
from datetime import timedelta

import click

from kiosk import clock
from kiosk.commands.shared import as_columns, opened, says_errors_plainly
from kiosk.config import load_settings
from kiosk.store.staff import second_factors
from kiosk.store.staff import sessions as staff_sessions
from kiosk.store.staff.sessions import Session


@click.command("sessions")
@click.option("--json", "as_json", is_flag=True, help="Écrit une liste JSON.")
@says_errors_plainly
def list_sessions(as_json: bool) -> None:
    """Montre qui est connecté à la console, d'où et depuis quand."""
    settings = load_settings()
    with opened(settings, as_json=as_json) as db:
        found = staff_sessions.everybodys(db, clock.now(), timedelta(seconds=settings.staff.idle))
    click.echo(_as_json(found) if as_json else _as_table(found))


@click.command("sign-out")
@click.argument("name", metavar="NOM")
@says_errors_plainly
def sign_out(name: str) -> None:
    """Termine toutes les sessions d'un compte ; son mot de passe reste."""
    with opened(load_settings()) as db:
        ended = staff_sessions.revoke_all(db, name.lower(), clock.now())
    click.echo(f"« {name.lower()} » est déconnecté partout (sessions terminées : {ended}).")


@click.group()
def factor() -> None:
    """Gère la deuxième étape de la connexion."""


@factor.command()
@click.argument("name", metavar="NOM")
@says_errors_plainly
def reset(name: str) -> None:
    """Retire applications, clés d'accès et codes de secours d'un compte, et le déconnecte : téléphone perdu."""
    with opened(load_settings()) as db:
        second_factors.reset(db, name.lower(), clock.now())
    click.echo(f"« {name.lower()} » n'a plus de deuxième étape et est déconnecté partout.")
    click.echo(
        "Son mot de passe suffit donc pour entrer : vérifiez que c'est bien son titulaire qui le demande.", err=True
    )


def _as_json(sessions: Sequence[Session]) -> str:
    rows = [
        {
            "name": one.member.name,
            "role": one.member.role.value,
            "agent": one.agent,
            "network": one.address,
            "since": clock.to_text(one.created_at),
            "seen": clock.to_text(one.seen_at),
        }
        for one in sessions
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def _as_table(sessions: Sequence[Session]) -> str:
    rows = [("NOM", "RÔLE", "NAVIGATEUR", "RÉSEAU", "DEPUIS", "VU")]
    for one in sessions:
        since, seen = (clock.local(at).strftime("%d/%m/%Y %H:%M") for at in (one.created_at, one.seen_at))
        rows.append((one.member.name, one.member.role, one.agent or "inconnu", one.address or "inconnu", since, seen))
    return as_columns(rows)
