"""`kiosk staff …`: accounts of the console."""

import json

import click

from kiosk import clock
from kiosk.config import load_settings
from kiosk.ops.command import says_errors_plainly
from kiosk.ops.keys_commands import grant
from kiosk.store import start
from kiosk.store.staff import StaffRole

ROLES = [role.value for role in StaffRole]


@click.group()
def staff() -> None:
    """Accounts of the console."""


staff.add_command(grant)


@staff.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--site", "sites", multiple=True, metavar="SITE", help="Only this site; may be repeated. None: all.")
@click.option("--display", default="", metavar='"FIRST LAST"', help="The name that others see; NAME if none is given.")
@says_errors_plainly
def add(name: str, role: str, sites: tuple[str, ...], display: str) -> None:
    """Make an account (or let a disabled one in again), and print the one-time link to choose its password."""
    from kiosk.ops.staff import add as add_member
    from kiosk.store.staff import NewMember

    member = NewMember(name=name.lower(), display_name=display.strip() or name, role=StaffRole(role), sites=sites)
    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        link = add_member(db, settings, member, clock.now())
    _tell(link)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@says_errors_plainly
def list_accounts(as_json: bool) -> None:
    """Show every account, its role, its sites and its state."""
    from kiosk.ops.staff import as_rows, as_table
    from kiosk.store.staff import accounts

    with start.prepare(load_settings(), clock.now()) as db:
        found = accounts(db)
    rows = as_rows(found, clock.now())
    click.echo(json.dumps(rows, ensure_ascii=False, indent=2) if as_json else as_table(found, clock.now()))


@staff.command()
@click.argument("name")
@says_errors_plainly
def disable(name: str) -> None:
    """Shut an account out at once: password, links and sessions end."""
    from kiosk.store.staff import disable as disable_account

    with start.prepare(load_settings(), clock.now()) as db:
        disable_account(db, name.lower(), clock.now())
    click.echo(f"«{name.lower()}» is disabled and signed out everywhere.")


@staff.command()
@click.argument("name")
@says_errors_plainly
def password(name: str) -> None:
    """Print a new one-time link; the old password and every session end."""
    from kiosk.ops.staff import new_link

    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        link = new_link(db, settings, name.lower(), clock.now())
    _tell(link)


def _tell(link: str) -> None:
    click.echo(link)
    click.echo("Give this link to that person alone: it works once, for three days.", err=True)
