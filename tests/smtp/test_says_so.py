"""What people and programs are told about a relay that misbehaves: all that matters, once, and nothing that harms."""

import json
import re
import secrets

import pytest

from kiosk.config import Settings
from kiosk.delivery.relay_reply import LONGEST_WORDS
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.domain.troubles.running import RELAY_DOWN
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.relay import relay_state
from kiosk.store.outbox.undelivered import undelivered
from kiosk.watch.check import find_troubles
from tests.build import store
from tests.processes import Kiosk, Program, free_port
from tests.smtp.courier import Hand, hand_to
from tests.smtp.relay import RIGHT_ANSWERS, FaultServer

HARMFUL = b"\x1b[2J\x1b]0;owned\x07 bo\xeete \x80\x9b31m pleine\x00 " + b"A" * 5000
ESCAPED = r"\x1b[2J\x1b]0;owned\x07 bo\xeete \x80\x9b31m pleine\x00 AAA"


def assert_harmless(words: str) -> None:
    assert ESCAPED in words
    assert words.isascii()
    assert words.isprintable()
    assert len(words) <= LONGEST_WORDS


def said_by(settings: Settings, *command: str) -> str:
    log = settings.instance.parent / f"said-{secrets.token_hex(4)}.log"
    with Program(*command, instance=settings.instance, log=log) as program:
        assert program.ends() == 0, program.log
        return program.log


@pytest.mark.parametrize("code", [b"450 ", b"550 "])
def test_the_queue_shows_a_mails_state_age_attempts_and_the_relays_words_made_harmless(
    settings: Settings, code: bytes
) -> None:
    with FaultServer(answers={"rcpt": code + HARMFUL}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver()
        assert undelivered(hand.db)[0].last_reply == code.decode().strip()
        assert_harmless(undelivered(hand.db)[0].last_words)
    line = said_by(settings, "queue").splitlines()[-1]
    assert line.startswith("7K4-92Q-MX3  mssi")
    state = "refusé par le relais" if code == b"550 " else "en attente"
    assert re.search(rf"  {state} +1  ", line)
    assert "jours" in line or "min" in line or " h " in line
    assert_harmless(line[line.index(code.decode()) :])
    listed = json.loads(said_by(settings, "queue", "--json"))[0]
    assert (listed["attempts"], listed["created"]) == (1, "2026-11-20T12:00:00.000Z")
    assert_harmless(listed["last_reply"])


def test_a_relay_that_refuses_its_greeting_is_shown_with_its_words_made_harmless(settings: Settings) -> None:
    with FaultServer(answers={"banner": b"554 " + HARMFUL}) as relay, hand_to(settings, relay.port) as hand:
        for number in range(3):
            store(hand.db, reference=f"000-000-00{number}")
        for _ in range(2):
            hand.deliver()
            hand.wait(minutes=1)
        assert relay_state(hand.db).last_reply == "554"
    *lines, last_line = said_by(settings, "queue").splitlines()
    assert_harmless(next(line[line.index("554 ") :] for line in lines if "554 " in line))
    assert last_line.startswith(f"{RELAY_DOWN.what} Depuis le 20/11 13:00:00, 2 essais, le prochain le ")
    assert last_line.endswith("554")


def test_the_public_health_address_tells_numbers_and_the_staffs_the_relays_code_too(settings: Settings) -> None:
    with FaultServer(answers={"rcpt": b"450 " + HARMFUL}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver()
    environment = {"KIOSK_SMTP__HOST": "127.0.0.1", "KIOSK_SMTP__PORT": str(relay.port)}
    with Kiosk("--no-forwarder", instance=settings.instance, environment=environment) as kiosk:
        status, body = kiosk.get("/healthz")
        for_staff = json.loads(kiosk.get("/healthz", door="staff")[1])
    told = json.loads(body)
    assert status == 503
    assert (told["undelivered"], told["oldest_attempts"], told["relay"], told["relay_failures"]) == (1, 1, "up", 0)
    assert told["oldest_undelivered"] >= 0
    assert "owned" not in body
    assert for_staff["oldest_reply"] == "450"


def alarms(hand: Hand) -> list[str]:
    return [action for action in hand.actions() if action.startswith("relay_")]


def test_a_change_of_the_relays_state_is_told_once_however_often_it_is_tried(settings: Settings) -> None:
    port = free_port()
    with hand_to(settings, port) as hand:
        store(hand.db, reference="000-000-000")
        for _ in range(5):
            hand.deliver_all()
            hand.wait(minutes=2)
        assert alarms(hand) == ["relay_down"]
        with FaultServer(port=port) as relay:
            assert hand.deliver_all() == 1
            store(hand.db, reference="000-000-001")
            assert hand.deliver_all() == 1
            assert relay.connections == 2
        assert alarms(hand) == ["relay_down", "relay_up"]
        store(hand.db, reference="000-000-002")
        for _ in range(5):
            hand.deliver_all()
            hand.wait(minutes=2)
        assert alarms(hand) == ["relay_down", "relay_up", "relay_down"]


QUOTED = "MARKER-7719 la porte du local serveur"
LEAKS = {
    "mail": f"450 4.7.1 {QUOTED}",
    "rcpt": f"550 5.7.1 refused: {QUOTED}",
    "dot": f"554-5.7.1 your words:\r\n554 5.7.1 {QUOTED}",
    "data": f"{QUOTED} is no answer",
}


@pytest.mark.parametrize("step", LEAKS)
def test_what_a_filter_quotes_is_kept_only_while_the_mail_waits(settings: Settings, step: str) -> None:
    with FaultServer(answers={step: LEAKS[step].encode()}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver()
        assert QUOTED in as_json(settings)[0]["last_reply"]
        assert QUOTED not in everything_but_waiting_words(hand)
        assert not any(QUOTED in each.sentence for each in find_troubles(hand.db, settings, hand.moment))
        relay.answers |= RIGHT_ANSWERS
        deliveries.retry_now(hand.db, reference=None, actor="x", now=hand.moment)
        assert hand.deliver_all() == 1
        hand.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert not any(QUOTED.encode() in path.read_bytes() for path in settings.instance.glob("kiosk.db*"))


def test_what_a_relay_says_instead_of_a_greeting_is_kept_nowhere_for_good(settings: Settings) -> None:
    for greeting in (f"554 {QUOTED}", QUOTED):
        with FaultServer(answers={"banner": greeting.encode()}) as relay, hand_to(settings, relay.port) as hand:
            if not hand.db["reports"].count:
                store(hand.db)
            hand.deliver()
            assert QUOTED not in everything_but_waiting_words(hand)
            hand.wait(hours=1)


def test_the_words_about_a_mail_that_is_cancelled_go_too(settings: Settings) -> None:
    with FaultServer(answers={"rcpt": LEAKS["rcpt"].encode()}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        escalation = NewDelivery("mssi", "<next@in.line>", b"x\r\n", Purpose.ESCALATION, OnlyWhile.OPEN)
        with immediate(hand.db):
            deliveries.enqueue(hand.db, [escalation], report_id=1, site="siege", now=hand.moment)
        hand.deliver()
        hand.deliver()
        assert hand.db.execute("SELECT count(*) FROM deliveries WHERE last_words != ''").fetchone() == (2,)
        with immediate(hand.db):
            hand.db.execute("UPDATE reports SET state = 'closed'")
            assert deliveries.cancel_void(hand.db, 1, hand.moment) == 1
        assert hand.db.execute("SELECT last_words FROM deliveries WHERE id = 2").fetchone() == ("",)


def as_json(settings: Settings) -> list[dict[str, str]]:
    return list(json.loads(said_by(settings, "queue", "--json")))


def everything_but_waiting_words(hand: Hand) -> str:
    tables = [row[0] for row in hand.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: list(hand.db[name].rows) for name in tables}
    return str([{**row, "last_words": None} for found in rows.values() for row in found])
