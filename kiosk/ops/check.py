"""What is wrong with this installation, and what to do about each of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from kiosk.config import Role, Security, Settings, When
from kiosk.config.model import MSSI_ADDRESS
from kiosk.duty.presence import of_role
from kiosk.duty.problems import ends_soon
from kiosk.intake.catalogue import KINDS
from kiosk.ops.check_backup import backup_problems
from kiosk.ops.check_keys import key_problems
from kiosk.ops.check_retention import retention_problems
from kiosk.ops.check_sealing import sealing_problems
from kiosk.ops.problem import AMBER, RED, Problem
from kiosk.resources import static_folder
from kiosk.store import doors, health, staff, trace_checks
from kiosk.store.connection import Database
from kiosk.store.events import first_break
from kiosk.store.health import Pulse
from kiosk.web.serve import is_loopback

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MEBIBYTE = 1024 * 1024


def find_problems(db: Database, settings: Settings, now: datetime) -> list[Problem]:
    pulse = health.pulse(db, settings, now)
    return [
        *(PULSE_PROBLEMS[word](pulse) for word in pulse.problems),
        *_certificate_problems(pulse),
        *_trace_problems(db, pulse),
        *_audience_problems(settings),
        *_site_problems(settings),
        *_mail_problems(settings),
        *sealing_problems(settings, now),
        *backup_problems(db, now),
        *key_problems(db, settings),
        *retention_problems(settings),
        *_secret_problems(settings),
        *_staff_problems(db, settings),
        *_asset_problems(),
    ]


def is_red(problems: Sequence[Problem]) -> bool:
    return any(problem.colour == RED for problem in problems)


def as_report(problems: Sequence[Problem]) -> str:
    if not problems:
        return "Everything is in order."
    return "\n".join(f"{problem.colour.upper():5}  {problem.what}\n       → {problem.action}" for problem in problems)


def _forwarder(pulse: Pulse) -> Problem:
    silent = pulse.forwarder_silent_for
    since = "has never run" if silent is None else f"has been silent for {silent} s"
    return Problem(RED, f"The forwarder {since}.", "Start `kiosk run`, or `kiosk forward` beside it.")


def _late(pulse: Pulse) -> Problem:
    minutes = (pulse.oldest_undelivered or 0) // 60
    what = f"{pulse.undelivered} deliveries wait, the oldest for {minutes} min."
    return Problem(RED, what, "See the relay's words in `kiosk queue`; inform the MSSI by telephone meanwhile.")


def _held(pulse: Pulse) -> Problem:
    what = f"The relay has refused {pulse.held} deliveries for good."
    return Problem(RED, what, "Read its words in `kiosk queue`, correct the cause, then `kiosk queue retry`.")


def _relay(pulse: Pulse) -> Problem:
    if pulse.relay == "none":
        what = "No relay is configured: reports are kept, nothing is sent."
        return Problem(RED, what, "Set host, port and security under [smtp] in kiosk.toml.")
    if pulse.relay == "refused":
        what = f"The relay refuses our credentials: {pulse.relay_reply}"
        return Problem(RED, what, "Correct smtp.username or the password file; sending resumes within 15 minutes.")
    what = f"The relay cannot be reached: {pulse.relay_reply}"
    return Problem(RED, what, "Check the network, smtp.host and smtp.port; the queue drains by itself afterwards.")


def _disk(pulse: Pulse) -> Problem:
    what = f"Only {pulse.disk_free // MEBIBYTE} MiB are free on the disk of the instance."
    return Problem(RED, what, "Free some space before reports can no longer be kept.")


def _clock(pulse: Pulse) -> Problem:
    return Problem(RED, "The clock runs before the last recorded event.", "Set the clock, and synchronise it (NTP).")


def _chain(pulse: Pulse) -> Problem:
    what = f"The trace was found broken at event {pulse.broken_event}."
    return Problem(RED, what, "Keep a copy of the database; then `kiosk verify` with a mail that somebody has kept.")


PULSE_PROBLEMS: dict[str, Callable[[Pulse], Problem]] = {
    "forwarder": _forwarder,
    "late": _late,
    "held": _held,
    "relay": _relay,
    "disk": _disk,
    "clock": _clock,
    "chain": _chain,
}


def _certificate_problems(pulse: Pulse) -> Iterator[Problem]:
    if ends_soon(pulse):
        what = f"The relay's certificate ends in {pulse.certificate_days} days; then no mail can leave."
        yield Problem(AMBER, what, "Have it renewed by whoever runs the relay.")


def _trace_problems(db: Database, pulse: Pulse) -> Iterator[Problem]:
    """The whole of it now, not only what the background process has come to."""
    if pulse.broken_event is None and (broken := first_break(db)) is not None:
        yield _chain(replace(pulse, broken_event=broken))
    for name in trace_checks.missing_safeguards(db):
        what = f"The safeguard «{name}» is missing from the database: somebody may have changed what is kept."
        yield Problem(RED, what, "Check the trace (`kiosk verify` with a saved mail), then restore the last backup.")


def _audience_problems(settings: Settings) -> Iterator[Problem]:
    for audience in settings.audiences:
        if not audience.active:
            continue
        if not audience.address and audience.when != When.NEVER:
            told = (
                "could not be told in an escalation" if audience.when == When.ESCALATION else "is not told of reports"
            )
            what = f"«{audience.name}» has no mail address and {told}."
            yield Problem(RED, what, f'Set address in kiosk.toml under [[audiences]] id = "{audience.id}".')
        for kind in set(audience.kinds) - KINDS.keys():
            what = f"«{audience.name}» is to be told of «{kind}», which is no kind of incident."
            yield Problem(RED, what, f"Correct kinds under [[audiences]]: {', '.join(KINDS)}.")
        if not audience.telephone and audience.role in (Role.MANAGER, Role.DEPUTY):
            what = f"«{audience.name}» has no telephone number to show to contractors."
            yield Problem(AMBER, what, f'Set telephone in kiosk.toml under [[audiences]] id = "{audience.id}".')


def _site_problems(settings: Settings) -> Iterator[Problem]:
    for site in settings.sites:
        if not any(of_role(settings.audiences, role, site=site.id) for role in (Role.MANAGER, Role.DEPUTY)):
            what = f"Nobody on site answers for «{site.name}»: it has neither a manager nor a deputy."
            yield Problem(RED, what, f'Add "{site.id}" to the sites of one under [[audiences]], or an audience.')


def _mail_problems(settings: Settings) -> Iterator[Problem]:
    smtp = settings.smtp
    if smtp.host and smtp.security == Security.NONE and smtp.host not in LOOPBACK:
        what = f"Mails travel in clear to {smtp.host}."
        yield Problem(RED, what, 'Set security = "starttls" or "tls" under [smtp].')
    if MSSI_ADDRESS in (settings.mail.sender, settings.mail.bounce):
        what = "Mails leave under the MSSI's own address, which is only the default."
        yield Problem(AMBER, what, "Set sender and bounce under [mail] to mailboxes of the kiosk that somebody reads.")
    if not settings.mail.console_url:
        what = "No mail can lead to its report: the address of the console is not set."
        yield Problem(AMBER, what, "Set console_url under [mail] to the address by which browsers reach the console.")


def _secret_problems(settings: Settings) -> Iterator[Problem]:
    signing_key = settings.mail.signing_key
    signing_key = settings.instance / signing_key if signing_key else None
    for secret in (settings.secrets, settings.database, settings.smtp.password_file, signing_key):
        if secret and secret.exists() and secret.stat().st_mode & 0o077:
            yield Problem(RED, f"{secret} can be read by others.", f"chmod go= {secret}")


def _staff_problems(db: Database, settings: Settings) -> Iterator[Problem]:
    address, tls, proxy = doors.address_of(db, doors.STAFF), settings.staff.tls, settings.web.proxy
    if address and not is_loopback(address) and not tls:
        what = f"Passwords travel in clear to the staff's door ({address})."
        yield Problem(RED, what, "Let it listen on loopback behind a proxy with TLS, and set tls = true under [staff].")
    if tls and not proxy:
        what = "Every visitor of the console looks like the proxy before it."
        yield Problem(AMBER, what, "Set proxy under [web] to the proxy's address.")
    if not any(account.active and account.password_hash for account in staff.accounts(db)):
        what = "Nobody can sign in to the console: no account has a password."
        yield Problem(AMBER, what, "Make one: kiosk staff add NAME --role manager.")


def _asset_problems() -> Iterator[Problem]:
    if not (static_folder() / "vendor" / "manifest.json").exists():
        what = "The browser files (htmx, fonts) have not been built."
        yield Problem(RED, what, "Install again with `make run` or `pip install .`, with npm or a network.")
