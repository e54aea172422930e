"""`kiosk deploy`: nginx configuration for both doors, with a certificate of the organisation."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from shutil import copyfile
from typing import Any

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kiosk import clock
from kiosk.commands.deploy_check import address_faults, certificate_faults, name_faults, path_faults
from kiosk.commands.shared import says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.errors import SettingsError
from kiosk.resources import templates_folder
from kiosk.store.instance.owner import act_as_owner

PROXY_CONF, UNAVAILABLE = "nginx.conf", "unavailable.html"
FILE = click.Path(path_type=Path)
ADDRESS = "HÔTE:PORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Addresses are HOST:PORT; ``certificate`` covers both names and includes its chain."""

    public_name: str
    staff_name: str
    certificate: Path
    key: Path
    public: str = "127.0.0.1:8080"
    staff: str = "127.0.0.1:8081"
    http_port: int = 80
    https_port: int = 443
    error_log: Path = Path("/var/log/nginx/kiosk.log")

    @property
    def names(self) -> tuple[str, str]:
        return self.public_name, self.staff_name

    @property
    def console_url(self) -> str:
        port = "" if self.https_port == 443 else f":{self.https_port}"
        return f"https://{self.staff_name}{port}"


def demand_usable(proxy: Proxy) -> None:
    """Raises SettingsError for the first thing that nginx or a browser would refuse."""
    for fault in chain(
        name_faults(proxy.public_name, proxy.staff_name),
        address_faults(proxy.public, proxy.staff, proxy.http_port, proxy.https_port),
        path_faults(proxy.certificate, proxy.key, proxy.error_log),
        certificate_faults(proxy.certificate, proxy.key, proxy.names, clock.now()),
    ):
        raise SettingsError(fault)


def write(folder: Path, proxy: Proxy) -> list[Path]:
    """Overwrites existing files. Raises SettingsError."""
    templates = templates_folder() / "deploy"
    made = Environment(loader=FileSystemLoader(templates), undefined=StrictUndefined, trim_blocks=True)  # noqa: S701
    values = {name: getattr(proxy, name) for name in proxy.__dataclass_fields__}
    values |= {name: path.absolute() for name, path in values.items() if isinstance(path, Path)}
    configuration = made.get_template(PROXY_CONF).render(**values, folder=folder.resolve())
    files = [folder / PROXY_CONF, folder / UNAVAILABLE]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files[0].write_text(configuration, encoding="utf-8")
        copyfile(templates / UNAVAILABLE, files[1])
    except OSError as error:
        raise SettingsError(
            f"{folder} ne peut pas être écrit ({error.strerror}) : choisissez un autre dossier."
        ) from error
    return files


def missing_settings(settings: Settings, proxy: Proxy) -> str:
    """Lines to add to kiosk.toml; empty when none."""
    lines = []
    host = proxy.public.rpartition(":")[0].strip("[]")
    if not set(proxy.names) <= set(settings.web.hosts) or settings.web.proxy != host:
        names = ", ".join(f'"{name}"' for name in proxy.names)
        lines.append(f'[web]\nhosts = [{names}]\nproxy = "{host}"')
    if not settings.staff.tls:
        lines.append("[staff]\ntls = true")
    if settings.mail.console_url != proxy.console_url:
        lines.append(f'[mail]\nconsole_url = "{proxy.console_url}"')
    return "\n\n".join(lines)


@click.command()
@click.argument("folder", metavar="DOSSIER", type=FILE)
@click.option("--public-name", required=True, metavar="NOM", help="Nom d'hôte de la borne.")
@click.option("--staff-name", required=True, metavar="NOM", help="Nom d'hôte de la console.")
@click.option(
    "--certificate", required=True, type=FILE, metavar="FICHIER", help="Fichier PEM pour les deux noms, avec sa chaîne."
)
@click.option("--key", required=True, type=FILE, metavar="FICHIER", help="Fichier PEM de sa clé privée.")
@click.option("--public", default="127.0.0.1:8080", show_default=True, metavar=ADDRESS, help="Où écoute la borne.")
@click.option("--staff", default="127.0.0.1:8081", show_default=True, metavar=ADDRESS, help="Où écoute la console.")
@click.option("--http-port", default=80, show_default=True, metavar="PORT", help="Port HTTP, qui mène à HTTPS.")
@click.option("--https-port", default=443, show_default=True, metavar="PORT", help="Port HTTPS.")
@click.option(
    "--error-log",
    default="/var/log/nginx/kiosk.log",
    show_default=True,
    type=FILE,
    metavar="FICHIER",
    help="Journal des erreurs de nginx.",
)
@says_errors_plainly
def deploy(folder: Path, **proxy: Any) -> None:  # noqa: ANN401 - click checks each by its option
    """Écrit la configuration nginx de la borne et de la console dans DOSSIER, et dit ce qui manque à kiosk.toml."""
    before_doors = Proxy(**proxy)
    demand_usable(before_doors)
    settings = load_settings()
    if folder.resolve().is_relative_to(settings.instance.resolve()):
        act_as_owner(settings)
    for path in write(folder, before_doors):
        click.echo(path)
    if missing := missing_settings(settings, before_doors):
        click.echo(f"\nIl manque encore à {settings.home / 'kiosk.toml'} :\n\n{missing}")
