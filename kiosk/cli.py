"""The `kiosk` command. Each command is a few lines over a module; errors are one sentence and status 2."""

import dataclasses
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.ops.backup_commands import backup, restore
from kiosk.ops.command import says_errors_plainly
from kiosk.ops.deploy_command import deploy
from kiosk.ops.keys_commands import init
from kiosk.ops.purge_command import purge
from kiosk.ops.staff_commands import staff as staff_commands
from kiosk.store import outbox, start
from kiosk.store.connection import Database
from kiosk.store.relay import relay_state


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the demonstration's mail server is talkative
    commands(prog_name="kiosk")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ssi-kiosk")
def commands() -> None:
    """Lobby terminal for security incidents. Settings: kiosk.toml in $KIOSK_INSTANCE (default ./instance), KIOSK_*."""


commands.add_command(staff_commands)
commands.add_command(deploy)
commands.add_command(backup)
commands.add_command(restore)
commands.add_command(init)
commands.add_command(purge)


@commands.command()
@click.option(
    "--public", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT", help="The contractors' door."
)
@click.option("--staff", default="127.0.0.1:8081", show_default=True, metavar="HOST:PORT", help="The staff's door.")
@click.option("--demo", is_flag=True, help="Demonstration: mails stay in a mailbox on this machine.")
@click.option("--no-forwarder", is_flag=True, help="Serve only; `kiosk forward` runs elsewhere.")
@says_errors_plainly
def run(public: str, staff: str, demo: bool, no_forwarder: bool) -> None:
    """Serve both doors and forward the reports."""
    from kiosk.ops.run import run as serve

    settings = load_settings(demo=demo)
    if not (settings.smtp.host or demo):
        click.echo("kiosk: no relay is configured (smtp.host): reports are kept and wait.", err=True)
    serve(settings, public=public, staff=staff, forwarder=not no_forwarder)


@commands.command()
@click.option("--once", is_flag=True, help="Send what is due, then end; status 1 if anything is left.")
@click.option("--supervised", is_flag=True, hidden=True, help="End when standard input closes.")
@click.option("--demo-sink", type=int, hidden=True, metavar="PORT", help="Send the demonstration's mails there.")
@says_errors_plainly
def forward(once: bool, supervised: bool, demo_sink: int | None) -> None:
    """Deliver what is in the queue (`kiosk run` does this too)."""
    settings = _forwarding_settings(demo_sink)
    with start.in_use(settings):  # or a restore could put another database in the place of the one that is sent from
        db = start.prepare(settings, clock.now())
        if once:
            sys.exit(_forward_once(settings, db))
        db.close()
        _forward_until_stopped(settings, supervised=supervised)


def _forwarding_settings(demo_sink: int | None) -> Settings:
    settings = load_settings(demo=demo_sink is not None)
    if demo_sink is None:
        return settings
    from kiosk.ops.demo import sink_settings

    return dataclasses.replace(settings, smtp=sink_settings(demo_sink))


def _forward_once(settings: Settings, db: Database) -> int:
    from kiosk.delivery.forwarder import forward_once
    from kiosk.ops.chores import CHORES

    if not forward_once(settings, db, chores=CHORES):
        click.echo("Another forwarder is at work: nothing done.", err=True)
        return 1
    left = [line for line in outbox.undelivered(db) if line.demo == settings.demo]
    click.echo(f"{len(left)} deliveries left in the queue.")
    return 1 if left else 0


def _forward_until_stopped(settings: Settings, *, supervised: bool) -> None:
    from kiosk.delivery.forwarder import Forwarder
    from kiosk.ops.chores import CHORES

    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    if supervised:
        threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
    Forwarder(settings, stop, chores=CHORES).run()


def _end_with_parent(stop: threading.Event) -> None:
    """Standard input is a pipe from `kiosk run`: it closes when that process ends, however it ends."""
    while os.read(0, 1024):
        continue
    stop.set()


@commands.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@click.pass_context
@says_errors_plainly
def queue(context: click.Context, as_json: bool) -> None:
    """Show what has not been delivered yet."""
    if context.invoked_subcommand is not None:
        return
    from kiosk.ops.queue import as_rows, as_table

    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        lines, relay = outbox.undelivered(db), relay_state(db)
    listed = as_rows(lines)
    click.echo(json.dumps(listed, ensure_ascii=False, indent=2) if as_json else as_table(lines, relay, clock.now()))


@queue.command()
@click.argument("reference", required=False)
@says_errors_plainly
def retry(reference: str | None) -> None:
    """Try held and waiting deliveries again at once: those of REFERENCE, or all."""
    from kiosk.ops.queue import retry_now

    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        count = retry_now(db, settings, reference, clock.now())
    click.echo(f"{count} deliveries will be tried again now.")


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@says_errors_plainly
def check(as_json: bool) -> None:
    """Say what is wrong and what to do about it; status 1 if anything is red."""
    from kiosk.ops.check import as_report, find_problems, is_red

    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        problems = find_problems(db, settings, clock.now())
    if as_json:
        listed = [dataclasses.asdict(problem) for problem in problems]
        click.echo(json.dumps({"red": is_red(problems), "problems": listed}, ensure_ascii=False, indent=2))
    else:
        click.echo(as_report(problems))
    sys.exit(1 if is_red(problems) else 0)


@commands.command()
@click.option("--mail", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="A saved mail (.eml).")
@click.option("--head", multiple=True, metavar="NUMBER:DIGEST", help="A head of the trace that was noted elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@says_errors_plainly
def verify(mail: tuple[Path, ...], head: tuple[str, ...], as_json: bool) -> None:
    """Check the trace, also against saved mails: status 0 whole, 1 broken, 2 cannot tell."""
    from kiosk.ops.verify import noted_by_hand, noted_in_mail
    from kiosk.ops.verify import verify as verify_trace

    noted = [*(each for path in mail for each in noted_in_mail(path)), *(noted_by_hand(text) for text in head)]
    verdict = verify_trace(load_settings(), noted)
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False, indent=2) if as_json else verdict.as_words())
    sys.exit(verdict.status)


@commands.command("test-mail")
@click.option(
    "--wait", default=30, show_default=True, metavar="SECONDS", help="How long to wait for the relay's answer."
)
@says_errors_plainly
def test_mail(wait: int) -> None:
    """Send a mail marked as a test to the MSSI, through the queue, and say how it went."""
    from kiosk.ops.test_mail import send_test_mail

    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        sent, words = send_test_mail(db, settings, patience=wait)
    click.echo(words)
    sys.exit(0 if sent else 1)
