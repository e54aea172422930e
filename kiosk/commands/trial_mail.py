"""`kiosk test-mail`: test mails by the way of a report (queue, forwarder, relay); tries what was encrypted."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from kiosk import clock
from kiosk.commands.shared import opened, says_errors_plainly
from kiosk.config import Audience, Settings, When, load_settings, recipients_of, signer_of
from kiosk.config.certificates import private_keys
from kiosk.delivery.loop import forward_once
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.troubles.running import RELAY_NONE
from kiosk.duty.mssi import addressed, system_mail
from kiosk.errors import KioskError, SettingsError
from kiosk.mail.seal import is_addressed_to, is_opened_by
from kiosk.mail.system.trial import Trial
from kiosk.store.base.connection import Database
from kiosk.store.instance.mark import demand_real
from kiosk.store.outbox import deliveries, wakeup
from kiosk.store.outbox.relay import lift_pause, relay_state
from kiosk.watch.check_certificates import doubts_about
from kiosk.watch.troubles import silent_audiences

LOOK_EVERY = 0.2  # seconds


@click.command("test-mail")
@click.argument("audience", metavar="[DESTINATAIRE]", required=False)
@click.option(
    "--wait", default=30, show_default=True, metavar="SECONDES", help="Combien de temps attendre la réponse du relais."
)
@says_errors_plainly
def test_mail(audience: str | None, wait: int) -> None:
    """Envoie un courriel d'essai à chaque destinataire qui a une adresse, ou à celui dont l'id est nommé."""
    settings = load_settings()
    demand_real(settings)
    with opened(settings) as db:
        good, words = send_test_mails(db, settings, patience=wait, only=audience)
    click.echo(words)
    sys.exit(0 if good else 1)


@dataclass(frozen=True, slots=True)
class Tried:
    """``wrong``: why the recipient cannot read it; ``sealed``: what is known of its encryption."""

    audience: Audience
    delivery: int
    sealed: str
    wrong: str


def send_test_mails(db: Database, settings: Settings, *, patience: float, only: str | None = None) -> tuple[bool, str]:
    """True if the relay took all and nothing is wrong with any, and the words for the operator."""
    if not settings.smtp.host:
        raise KioskError(f"{RELAY_NONE.what} Renseignez host sous [smtp] dans kiosk.toml.")
    tried = [_enqueue(db, settings, audience) for audience in _chosen(settings, only)]
    lift_pause(db, clock.now())
    wakeup.wake(settings.instance)
    if not forward_once(settings, db, patience=patience):
        _wait(db, tried, patience)
    lines = [line for each in tried for line in _said(db, settings, each)]
    if only is None:
        lines += [
            f"{each.id} ({each.name}) : sans adresse, rien ne lui parvient." for each in silent_audiences(settings)
        ]
    if unsigned := _why_unsigned(settings):
        lines.append(f"Rien n'est signé, car {unsigned}")
    good = not unsigned and all(_is_sent(db, each) and not each.wrong for each in tried)
    return good, "\n".join(lines)


def _chosen(settings: Settings, only: str | None) -> list[Audience]:
    """Raises KioskError for an id that nobody has, and where nobody has an address."""
    active = [audience for audience in settings.audiences if audience.active]
    if only is None:
        found = [audience for audience in active if audience.address and audience.when != When.NEVER]
    else:
        found = [audience for audience in active if audience.id == only]
        if not found:
            known = ", ".join(audience.id for audience in active)
            raise KioskError(f"« {only} » n'est pas un destinataire (connus : {known}).")
    if not found:
        raise KioskError("Aucun destinataire n'a d'adresse. Renseignez address sous [[audiences]] dans kiosk.toml.")
    if not all(audience.address for audience in found):
        raise KioskError("Ce destinataire n'a pas d'adresse. Renseignez address sous [[audiences]] dans kiosk.toml.")
    return found


def _enqueue(db: Database, settings: Settings, audience: Audience) -> Tried:
    now = clock.now()
    (new,) = addressed(settings, system_mail(db, settings, Trial(), now), [audience])
    site = settings.local_site.id
    delivery = deliveries.submit_test(db, new, site=site, actor="command line", now=now)
    return Tried(audience, delivery, *_seal_tried(settings, audience, new.body))


def _seal_tried(settings: Settings, audience: Audience, body: bytes) -> tuple[str, str]:
    """Known state of the encryption, and faults of it."""
    try:
        readers = recipients_of(settings, audience)
    except SettingsError as error:
        return "", f"parti sans son contenu, car {error}"
    if not readers:
        return "en clair (pas de certificat)", ""
    if not all(is_addressed_to(body, reader) for reader in readers):
        return "", "pas chiffré pour tous les certificats de son fichier"
    for key in private_keys(settings, audience):
        for reader in readers:
            if reader.public_key() == key.public_key():
                opened = is_opened_by(body, reader, key)
                return ("chiffré, et sa clé l'ouvre", "") if opened else ("", "chiffré, mais sa clé ne l'ouvre pas")
    many = f"{len(readers)} certificats" if len(readers) > 1 else "son certificat"
    return f"chiffré pour {many} ; seul ce destinataire peut dire s'il l'ouvre", ""


def _why_unsigned(settings: Settings) -> str:
    try:
        signer_of(settings)
    except SettingsError as error:
        return str(error)
    return ""


def _said(db: Database, settings: Settings, tried: Tried) -> Iterator[str]:
    """One line, and one for each doubt."""
    state, words = deliveries.state_of(db, tried.delivery)
    who = f"{tried.audience.id} ({tried.audience.name})"
    if state is DeliveryState.SENT:
        yield f"{who} : le relais a pris le courriel d'essai : {words} ; {tried.sealed or tried.wrong}"
    else:
        yield (
            f"{who} : pas encore parti ({state.french}) : {_what_keeps_it(db, words)}."
            " Il reste dans la file : voyez kiosk queue."
        )
    if tried.wrong and state is not DeliveryState.SENT:
        yield f"  {tried.wrong}"
    for doubt in doubts_about(settings, tried.audience):
        yield f"  {doubt.colour.french} : {doubt.what} {doubt.action}"


def _what_keeps_it(db: Database, words: str) -> str:
    relay = relay_state(db)
    if relay.state not in ("down", "refused"):
        return words or "pas encore de réponse"
    again = f"{clock.local(relay.next_try_at):%H:%M:%S}"
    return f"« {relay.last_reply} » au dernier essai, le prochain est à {again} (aussitôt avec kiosk queue retry)"


def _is_sent(db: Database, tried: Tried) -> bool:
    return deliveries.state_of(db, tried.delivery)[0] is DeliveryState.SENT


def _wait(db: Database, tried: Sequence[Tried], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not all(_is_sent(db, each) for each in tried) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
