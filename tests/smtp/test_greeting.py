"""EHLO name: the setting, else the machine's full name, else the address that the kiosk connects from."""

import dataclasses
import socket
import threading
from collections.abc import Iterator

import pytest
from sqlite_utils import Database

from kiosk.config import Settings, greeting
from kiosk.config.greeting import full_name, is_doubtful, is_greeting, literal
from kiosk.delivery.loop import forward_once
from tests.build import store
from tests.smtp.courier import plain
from tests.smtp.relay import FaultServer
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    full_name.cache_clear()
    yield
    full_name.cache_clear()


def named(monkeypatch: pytest.MonkeyPatch, short: str, full: str) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: short)
    monkeypatch.setattr(socket, "getfqdn", lambda: full)


@pytest.mark.parametrize(
    ("setting", "short", "full", "said"),
    [
        ("", "borne", "borne.organisme.example", "borne.organisme.example"),
        ("", "borne.organisme.example", "", "borne.organisme.example"),
        ("", "borne", "borne", "[127.0.0.1]"),
        ("", "borne", "localhost.localdomain", "[127.0.0.1]"),
        ("", "borne_1", "borne_1.organisme.example", "[127.0.0.1]"),
        ("", "192.0.2.7", "192.0.2.7", "[127.0.0.1]"),
        ("kiosk.cpam.example", "borne", "borne.organisme.example", "kiosk.cpam.example"),
        ("[192.0.2.7]", "borne", "borne.organisme.example", "[192.0.2.7]"),
    ],
)
def test_the_relay_is_greeted_by_a_name_that_it_can_accept(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, setting: str, short: str, full: str, said: str
) -> None:
    named(monkeypatch, short, full)
    store(db)
    with FaultServer() as relay:
        forward_once(dataclasses.replace(settings, smtp=plain(relay.port, greeting=setting)), db)
    assert relay.commands[0] == f"EHLO {said}"
    assert len(relay.taken) == 1


def test_a_resolver_that_hangs_costs_the_name_and_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    named(monkeypatch, "borne", "")
    monkeypatch.setattr(socket, "getfqdn", lambda: str(over.wait(PATIENCE)))
    monkeypatch.setattr(greeting, "PATIENCE", 0.05)
    assert full_name() == ""
    over.set()


def test_an_address_of_the_sixth_version_is_a_literal_too() -> None:
    assert literal("fe80::1%eth0") == "[IPv6:fe80::1]"
    assert is_greeting("[IPv6:2001:db8::1]")
    assert not is_greeting("[2001:db8::1]")


@pytest.mark.parametrize(
    ("name", "doubtful"), [("", True), ("borne.local", True), ("borne.LAN", True), ("borne.cpam.example", False)]
)
def test_a_name_that_means_nothing_outside_is_doubtful(name: str, doubtful: bool) -> None:
    assert is_doubtful(name) is doubtful
