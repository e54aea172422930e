"""Command line `kiosk`: the list of commands, each in a module of kiosk/commands."""

import importlib
import io
import logging
import sys
import threading
from typing import NamedTuple

import click

from kiosk.commands.usage import explain
from kiosk.discreet import set_up_log, traceback_of


class Listed(NamedTuple):
    """``place``: MODULE:FUNCTION in kiosk/commands; ``does``: short help, known without an import."""

    place: str
    does: str


COMMANDS = {
    "run": Listed("run:run", "Ouvre la borne et la console, et envoie les signalements."),
    "forward": Listed("forward:forward", "Envoie ce qui est dans la file."),
    "queue": Listed("queue:queue", "Montre ce qui n'a pas encore été transmis."),
    "init": Listed("init:init", "Affiche la clé de secours, une seule fois."),
    "staff": Listed("staff:staff", "Gère les comptes de la console."),
    "check": Listed("check:check", "Dit ce qui ne va pas et ce qu'il faut faire."),
    "test-mail": Listed("trial_mail:test_mail", "Envoie un courriel d'essai à chaque destinataire."),
    "backup": Listed("backup:backup", "Écrit une copie chiffrée de tout."),
    "restore": Listed("restore:restore", "Remet en place ce que kiosk backup a écrit."),
    "purge": Listed("purge:purge", "Efface ce qui a été gardé assez longtemps."),
    "verify": Listed("verify:verify", "Vérifie la trace."),
    "deploy": Listed("deploy:deploy", "Écrit la configuration nginx de la borne et de la console."),
    "demo": Listed("demo:demo", "Gère la démonstration de kiosk run --demo."),
}


def main() -> None:
    set_up_log(sys.stderr)
    logging.getLogger("fido2").setLevel(logging.WARNING)  # it logs the ids of passkeys
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the demonstration's mail server logs a lot
    threading.excepthook = _tell_thread
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without accents refuses no sentence
            stream.reconfigure(errors="replace")
    try:
        sys.exit(commands(prog_name="kiosk", standalone_mode=False))
    except click.Abort:
        click.echo("kiosk : interrompu.", err=True)
        sys.exit(1)
    except click.UsageError as error:
        click.echo(explain(error), err=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - before a command begins: a module is missing, the folder has gone
        from kiosk.commands.failures import told

        click.echo(f"kiosk : {told(error)}", err=True)
        sys.exit(2)


def _tell_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value:
        name = ended.thread.name if ended.thread else "without a name"
        logging.getLogger("kiosk").error("the thread %s has ended\n%s", name, traceback_of(ended.exc_value))


class LazyGroup(click.Group):
    """Imports a command on use: none pays for another's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].place.partition(":")
        command: click.Command = getattr(importlib.import_module(f"kiosk.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].does) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ssi-kiosk", help="Affiche la version.", message="kiosk %(version)s")
def commands() -> None:
    """Borne de signalement des incidents de sécurité.

    Réglages : kiosk.toml dans $KIOSK_INSTANCE (par défaut ./instance), ou variables KIOSK_*.
    """
