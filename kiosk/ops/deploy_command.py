"""The command `kiosk deploy`."""

from pathlib import Path
from typing import Any

import click

from kiosk.config import load_settings
from kiosk.ops.command import says_errors_plainly
from kiosk.ops.deploy import Proxy, missing_settings, write

FILE = click.Path(path_type=Path)
ADDRESS = "HOST:PORT"


@click.command()
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--public-name", required=True, help="Host name of the contractors' door.")
@click.option("--staff-name", required=True, help="Host name of the staff's door.")
@click.option("--certificate", required=True, type=FILE, help="PEM file for both names, with its chain.")
@click.option("--key", required=True, type=FILE, help="PEM file of its private key.")
@click.option("--public", default="127.0.0.1:8080", show_default=True, metavar=ADDRESS, help="Where the kiosk is.")
@click.option("--staff", default="127.0.0.1:8081", show_default=True, metavar=ADDRESS, help="Where the console is.")
@click.option("--http-port", default=80, show_default=True, help="Leads to HTTPS.")
@click.option("--https-port", default=443, show_default=True)
@click.option("--error-log", default="/var/log/nginx/kiosk.log", show_default=True, type=FILE)
@says_errors_plainly
def deploy(folder: Path, **proxy: Any) -> None:  # noqa: ANN401 - click checks each by its option
    """Write the nginx configuration for both doors into DIR, and say what kiosk.toml still needs."""
    before_doors = Proxy(**proxy)
    for path in write(folder, before_doors):
        click.echo(path)
    if missing := missing_settings(load_settings(), before_doors):
        click.echo(f"\nkiosk.toml still needs:\n\n{missing}")
