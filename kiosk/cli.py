"""The `kiosk` command: lists the commands; each has a module of its own in kiosk/commands."""

import importlib
import logging
import sys

import click


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the demonstration's mail server is talkative
    commands(prog_name="kiosk")


MODULES = {
    "run": "run:run",
    "forward": "forward:forward",
    "queue": "queue:queue",
    "init": "init:init",
    "staff": "staff:staff",
    "check": "check:check",
    "test-mail": "trial_mail:test_mail",
    "backup": "backup:backup",
    "restore": "restore:restore",
    "purge": "purge:purge",
    "verify": "verify:verify",
    "deploy": "deploy:deploy",
}


class Listed(click.Group):
    """Imports a command when it is asked for, so that none pays for what only another needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        module, _, name = MODULES[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(f"kiosk.commands.{module}"), name)
        return command


@click.group(cls=Listed, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ssi-kiosk")
def commands() -> None:
    """Lobby terminal for security incidents. Settings: kiosk.toml in $KIOSK_INSTANCE (default ./instance), KIOSK_*."""
