"""`kiosk queue` and `kiosk queue retry`: undelivered mails as a table, or as JSON with stable keys."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from kiosk import clock
from kiosk.commands.shared import as_columns, opened, says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.domain.reference import parse
from kiosk.domain.troubles.running import RELAY_DOWN, RELAY_REFUSED
from kiosk.errors import KioskError
from kiosk.store.base.connection import Database
from kiosk.store.outbox import deliveries, wakeup
from kiosk.store.outbox.relay import RelayState, relay_state
from kiosk.store.outbox.undelivered import Undelivered, undelivered


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Écrit une liste JSON.")
@click.pass_context
@says_errors_plainly
def queue(context: click.Context, as_json: bool) -> None:
    """Montre ce qui n'a pas encore été transmis."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    with opened(settings, as_json=as_json) as db:
        lines, relay = undelivered(db), relay_state(db)
    listed = as_rows(lines)
    click.echo(json.dumps(listed, ensure_ascii=False, indent=2) if as_json else as_table(lines, relay, clock.now()))


@queue.command()
@click.argument("reference", metavar="[RÉFÉRENCE]", required=False)
@says_errors_plainly
def retry(reference: str | None) -> None:
    """Renvoie aussitôt les courriels refusés ou en attente : ceux de RÉFÉRENCE, ou tous."""
    settings = load_settings()
    with opened(settings) as db:
        count = retry_now(db, settings, reference, clock.now())
    click.echo(f"Courriels renvoyés dès maintenant : {count}.")


def as_rows(lines: Sequence[Undelivered]) -> list[dict[str, Any]]:
    return [
        {
            "reference": line.reference,
            "audience": line.audience,
            "state": line.state,
            "attempts": line.attempts,
            "next_attempt": clock.to_text(line.next_attempt) if line.next_attempt else None,
            "last_reply": line.last_words,
            "created": clock.to_text(line.created_at),
        }
        for line in lines
    ]


def as_table(lines: Sequence[Undelivered], relay: RelayState, now: datetime) -> str:
    if not lines:
        return "Rien n'attend : le relais a tout pris."
    return "\n\n".join(part for part in (_listed(lines, now), _about(relay)) if part)


def _listed(lines: Sequence[Undelivered], now: datetime) -> str:
    rows = [("RÉFÉRENCE", "DESTINATAIRE", "ÉTAT", "ESSAIS", "DEPUIS", "PROCHAIN ESSAI", "DERNIÈRE RÉPONSE DU RELAIS")]
    for line in lines:
        rows.append(
            (
                line.reference or f"({line.purpose.french})",
                line.audience,
                line.state.french,
                str(line.attempts),
                clock.span(now - line.created_at, "jours"),
                _due(line, now),
                line.last_words,
            )
        )
    return as_columns(rows)


def _about(relay: RelayState) -> str:
    troubles = {"down": RELAY_DOWN, "refused": RELAY_REFUSED}
    if relay.state not in troubles:
        return ""
    since, next_try = (clock.local(moment).strftime("%d/%m %H:%M:%S") for moment in (relay.since, relay.next_try_at))
    return (
        f"{troubles[relay.state].what} Depuis le {since}, {relay.failures} essais, le prochain le {next_try}."
        f" Dernière réponse : {relay.last_reply}"
    )


def retry_now(db: Database, settings: Settings, reference: str | None, now: datetime) -> int:
    """Return how many deliveries are queued. Raises KioskError for an invalid reference."""
    spelled = None
    if reference is not None:
        spelled = parse(reference, length=9)
        if spelled is None:
            raise KioskError(
                f"« {reference} » n'est pas une référence : elle a neuf lettres ou chiffres, comme 7K4-92Q-MX9."
            )
    deliveries.retry_now(db, reference=spelled, actor="command line", now=now)
    wakeup.wake(settings.instance)
    return sum(line.state == "queued" and spelled in (None, line.reference) for line in undelivered(db))


def _due(line: Undelivered, now: datetime) -> str:
    if line.next_attempt is None:
        return "sur demande"
    if line.next_attempt <= now:
        return "maintenant"
    return clock.local(line.next_attempt).strftime("%d/%m %H:%M:%S")
