"""Every fault at every step: what is promised, what happens, and both as a table (``python -m tests.smtp.grid``)."""

import ssl
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kiosk.config.mail import Security, Smtp
from kiosk.delivery.relay import Envelope, Relay
from kiosk.errors import (
    AuthenticationRefused,
    DeliveryError,
    MailAmbiguous,
    MailDeferred,
    MailRefused,
    RelayUnavailable,
)
from tests.smtp.certificates import Authority, Certificate
from tests.smtp.faults import FAULTS, STEPS
from tests.smtp.relay import FaultServer
from tests.waiting import PATIENCE

# relay: back off the relay; auth: pause all sending; deferred: this mail later; held: a person must look;
# ambiguous: the relay may have it, again after ten minutes; sent: taken. "second" is MAIL of a second mail on the kept
# connection: a relay that hung up meanwhile costs a new connection and nothing else.
PROMISED = """
              banner ehlo   starttls auth   mail     rcpt     data     body      dot       second   quit
close         relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
reset         relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
hang          relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
421,_closes   relay  relay  relay    relay  deferred deferred deferred deferred  deferred  sent     sent
421,_stays    relay  relay  relay    relay  deferred deferred deferred deferred  deferred  sent     sent
450           relay  relay  relay    relay  deferred deferred deferred deferred  deferred  deferred sent
451           relay  relay  relay    relay  deferred deferred deferred deferred  deferred  deferred sent
452           relay  relay  relay    relay  deferred deferred deferred deferred  deferred  deferred sent
550           relay  relay  relay    auth   held     held     held     held      held      held     sent
554           relay  relay  relay    auth   held     held     held     held      held      held     sent
garbage       relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
empty_line    relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
partial       relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
huge_line     relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
wrong_2xx     relay  relay  relay    relay  sent     sent     deferred ambiguous sent      sent     sent
wrong_3xx     relay  relay  relay    relay  deferred deferred deferred ambiguous ambiguous deferred sent
drip          relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
endless       relay  relay  relay    relay  deferred deferred deferred deferred  ambiguous sent     sent
"""

STATES: dict[type[DeliveryError], str] = {
    RelayUnavailable: "relay",
    AuthenticationRefused: "auth",
    MailDeferred: "deferred",
    MailRefused: "held",
    MailAmbiguous: "ambiguous",
}
MODES = ("in clear", "pipelined", "over TLS")

ATTEMPT_LIMIT = 4.5  # seconds, for the whole attempt, where the fault is that no answer comes; it would wait a minute
ANSWER_PATIENCE = 2.0
WITHOUT_AN_ANSWER = {"hang", "drip", "endless"}
SMALL_MAIL = b"Subject: small\r\n\r\n.dot\r\n..\r\nend\r\n"
LARGE_MAIL = b"Subject: large\r\n\r\n" + b"." * 70 + b"\r\n" + (b"0123456789" * 7 + b"\r\n") * 120_000
ENVELOPE = Envelope("bounce@kiosk.example", "mssi@cpam.example", "7K4-92Q-MX3.1")


def limit(fault: str) -> float:
    """Seconds for the whole attempt. Long where the relay answers or leaves at once, however slow the machine."""
    return ATTEMPT_LIMIT if fault in WITHOUT_AN_ANSWER else PATIENCE


@dataclass(frozen=True)
class Cell:
    """What one fault at one step led to; ``taken`` counts what the relay has of the mail that met the fault."""

    state: str
    phase: str
    words: str
    taken: int
    seconds: float
    all_bytes_exact: bool
    next_mail_passes: bool


def promised() -> dict[tuple[str, str], str]:
    header, *rows = (line.split() for line in PROMISED.strip().splitlines())
    assert tuple(header) == STEPS
    return {(step, row[0].replace("_", " ")): state for row in rows for step, state in zip(STEPS, row[1:], strict=True)}


def observe(mode: str, step: str, fault: str, certificate: Certificate, authority: Path) -> Cell:
    """One attempt against the fault, then one on a fresh connection against the same relay, good again."""
    tls = mode == "over TLS" or step == "starttls"
    with FaultServer(step, fault, **server_options(mode, certificate.server_context() if tls else None)) as server:
        mail = LARGE_MAIL if step == "body" else SMALL_MAIL
        relay = make_relay(server.port, tls=tls, authority=authority, patient=fault not in WITHOUT_AN_ANSWER)
        if step == "second":
            relay.send(ENVELOPE, SMALL_MAIL)
        before = len(server.taken)
        started = time.monotonic()
        state, phase, words = attempt(relay, mail)
        seconds = time.monotonic() - started
        relay.close()
        taken = len(server.taken) - before
        fresh = make_relay(server.port, tls=tls, authority=authority)
        passes = attempt(fresh, SMALL_MAIL)[0] == "sent" and len(server.taken) == before + taken + 1
        fresh.close()
        exact = all(copy in (mail, SMALL_MAIL) for copy in server.taken)
        return Cell(state, phase, words, taken, seconds, exact, passes)


def server_options(mode: str, tls: ssl.SSLContext | None) -> dict[str, object]:
    extensions = ("AUTH PLAIN LOGIN", "SIZE 100000000", "DSN") + (("PIPELINING",) if mode != "in clear" else ())
    return {"extensions": extensions, "tls": tls}


def make_relay(port: int, *, tls: bool, authority: Path, patient: bool = True) -> Relay:
    security = Security.STARTTLS if tls else Security.NONE
    smtp = Smtp(host="127.0.0.1", port=port, security=security, username="kiosk", ca_file=authority if tls else None)
    return Relay(
        smtp,
        password="not-a-real-one",
        local_hostname="kiosk.example",
        attempt_limit=PATIENCE if patient else ATTEMPT_LIMIT,
        io_timeout=PATIENCE if patient else ANSWER_PATIENCE,
        dot_timeout=PATIENCE if patient else ANSWER_PATIENCE,
    )


def attempt(relay: Relay, mail: bytes) -> tuple[str, str, str]:
    """State, phase and words."""
    try:
        return "sent", "dot", relay.send(ENVELOPE, mail)
    except DeliveryError as error:
        return STATES[type(error)], error.phase, error.reply


def observe_all(mode: str, folder: Path) -> dict[tuple[str, str], Cell]:
    """Many cells at a time, since the slow ones only wait."""
    authority = Authority(folder, f"authority-{mode.replace(' ', '-')}")
    certificate = authority.certify(f"relay-{mode.replace(' ', '-')}")
    with ThreadPoolExecutor(24) as pool:
        waiting = {
            (step, fault): pool.submit(observe, mode, step, fault, certificate, authority.itself.certificate)
            for fault in FAULTS
            for step in STEPS
        }
        return {place: future.result() for place, future in waiting.items()}


def as_table(cells: dict[tuple[str, str], Cell]) -> str:
    """A state that is not the promised one carries an exclamation mark."""
    wanted = promised()
    rows = [["", *STEPS]]
    for fault in FAULTS:
        states = [(cells[step, fault].state, wanted[step, fault]) for step in STEPS]
        rows.append([fault, *(state if state == promise else f"!{state}" for state, promise in states)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(" ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in rows)


def main() -> int:
    wanted = promised()
    surprises = 0
    for mode in MODES:
        with tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            cells = observe_all(mode, Path(folder))
        surprises += sum(cell.state != wanted[place] for place, cell in cells.items())
        print(f"\n{mode}: {len(cells)} cells in {time.monotonic() - started:.1f} s\n{as_table(cells)}")
    print(f"\n{surprises} surprises")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
