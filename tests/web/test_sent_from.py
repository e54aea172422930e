"""Which machine a report came from: a terminal, or any other one; what that changes is what is said, not whether."""

import dataclasses
import json
from email import message_from_bytes
from email.policy import default

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import public_app, staff_app
from kiosk.config import Settings, Web
from kiosk.domain.report import SentFrom
from tests.build import MAILS
from tests.web.colleague import SignIn
from tests.web.console.page import words_of
from tests.web.contractor import Contractor, PlainBrowser

TERMINALS = ("10.1.2.0/24", "2001:db8:1::/48")


def door(settings: Settings, *terminals: str) -> Flask:
    return public_app(dataclasses.replace(settings, web=Web(terminals=terminals)))


def sends_from(address: str, app: Flask) -> Contractor:
    contractor = Contractor(app)
    contractor.client = PlainBrowser(app, app.response_class)
    contractor.client.environ_base["REMOTE_ADDR"] = address
    return contractor


@pytest.mark.parametrize(
    ("address", "terminals", "sender"),
    [
        ("127.0.0.1", (), SentFrom.TERMINAL),
        ("::1", (), SentFrom.TERMINAL),
        ("10.1.2.3", (), SentFrom.VISITOR),
        ("10.1.2.3", TERMINALS, SentFrom.TERMINAL),
        ("::ffff:10.1.2.3", TERMINALS, SentFrom.TERMINAL),
        ("10.1.3.3", TERMINALS, SentFrom.VISITOR),
        ("2001:db8:1:2::3", TERMINALS, SentFrom.TERMINAL),
        ("2001:db8:2::3", TERMINALS, SentFrom.VISITOR),
        ("127.0.0.1", TERMINALS, SentFrom.TERMINAL),
        ("", TERMINALS, SentFrom.VISITOR),
        ("unix:", TERMINALS, SentFrom.VISITOR),
    ],
)
def test_the_network_decides_what_is_a_terminal_and_everything_is_taken(
    address: str, terminals: tuple[str, ...], sender: SentFrom, db: Database, settings: Settings
) -> None:
    contractor = sends_from(address, door(settings, *terminals))
    receipt = contractor.sends(description="Vu")
    assert receipt.is_receipt
    added = {"code": receipt.follow_up_code, "says": "detail", "text": "Porte B"}
    assert "Ajouté" in contractor.client.post("/fr/follow-up", data=added).text
    terminal = "hall" if sender is SentFrom.TERMINAL else None
    for table in ("reports", "additions"):
        (row,) = db[table].rows
        assert (row["sent_from"], row["terminal_id"]) == (sender, terminal)


@pytest.mark.parametrize(("proxy", "sender"), [("", SentFrom.VISITOR), ("127.0.0.1", SentFrom.TERMINAL)])
def test_what_comes_through_a_proxy_that_nobody_named_comes_from_no_terminal(
    proxy: str, sender: SentFrom, db: Database, settings: Settings
) -> None:
    app = public_app(dataclasses.replace(settings, web=Web(proxy=proxy)))
    app.test_client().post("/fr/report/other", data={"description": "Vu"}, headers={"X-Forwarded-For": "10.9.9.9"})
    assert [row["sent_from"] for row in db["reports"].rows] == [sender]


def mails(db: Database) -> list[str]:
    """What each says to people, and its attachment."""
    found = []
    for (body,) in db.execute(MAILS).fetchall():
        mail = message_from_bytes(body, policy=default)
        found.append("\n".join(part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain"))
    return found


def attached(db: Database) -> list[dict[str, object]]:
    bodies = [message_from_bytes(body, policy=default) for (body,) in db.execute(MAILS).fetchall()]
    parts = [part for mail in bodies for part in mail.walk() if part.get_filename("").endswith(".json")]
    return [json.loads(part.get_payload(decode=True))["kiosk"] for part in parts]


@pytest.mark.parametrize(("address", "said"), [("10.1.2.3", True), ("127.0.0.1", False)])
def test_mail_json_and_console_say_that_it_was_no_terminal(
    address: str, said: bool, db: Database, settings: Settings, signed_in: SignIn
) -> None:
    contractor = sends_from(address, door(settings))
    receipt = contractor.sends(description="Vu")
    added = {"code": receipt.follow_up_code, "says": "detail", "text": "Porte B"}
    contractor.client.post("/fr/follow-up", data=added)
    told = mails(db)
    assert len(told) == 4
    assert [SentFrom.VISITOR.french in mail for mail in told] == [said] * 4
    expected = {"terminal": None, "sent_from": "visitor"} if said else {"terminal": "hall", "sent_from": "terminal"}
    assert [{name: each[name] for name in expected} for each in attached(db)] == [expected] * 2
    page = words_of(signed_in(staff_app(settings).test_client()).opens(f"/reports/{receipt.reference}"))
    assert page.count(SentFrom.VISITOR.french) == (5 if said else 0)
