"""Telephones of the settings: each number in one piece, a link on a visitor's own telephone, none on a terminal."""

import dataclasses
import re

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import public_app
from kiosk.config import Settings

WRITTEN = "04 65 71 00 01 ou 06 12 34 56 78 (nuit)"
PAGES = ("/fr/report/theft", "/fr/help/contacts", "/ar/help/contacts", "/fr/help/accessibility")


@pytest.fixture
def door(db: Database, settings: Settings) -> Flask:
    audiences = tuple(
        dataclasses.replace(audience, telephone=WRITTEN if audience.role == "manager" else "")
        for audience in settings.audiences
    )
    return public_app(dataclasses.replace(settings, audiences=audiences))


def opened(door: Flask, path: str, address: str) -> str:
    return door.test_client().get(path, environ_base={"REMOTE_ADDR": address}).text


@pytest.mark.parametrize("path", PAGES)
def test_a_visitors_telephone_dials_each_number_by_its_own_link(door: Flask, path: str) -> None:
    links = re.findall(r'<a href="tel:(\d+)"><bdi dir="ltr">([\d ]+)</bdi></a>', opened(door, path, "192.0.2.9"))
    assert {("0465710001", "04 65 71 00 01"), ("0612345678", "06 12 34 56 78")} <= set(links)
    assert 'href="tel:112"' in opened(door, path, "192.0.2.9")


@pytest.mark.parametrize("path", PAGES)
def test_a_terminal_has_nothing_that_could_dial(door: Flask, path: str) -> None:
    opened(door, path, "192.0.2.9")  # a visitor came first: nothing of that page is kept for others
    page = opened(door, path, "127.0.0.1")
    assert "tel:" not in page
    assert '<bdi dir="ltr">06 12 34 56 78</bdi>' in page
    assert '<bdi class="phone-note" lang="fr">(nuit)</bdi>' in page


def test_what_a_reporter_typed_is_no_link(door: Flask) -> None:
    answer = door.test_client().post(
        "/fr/report/theft",
        data={"description": "Appelez le 06 99 99 99 99"},
        headers={"Sec-Fetch-Site": "cross-site"},  # so that the page is shown again
        environ_base={"REMOTE_ADDR": "192.0.2.9"},
    )
    page = opened(door, answer.location, "192.0.2.9")
    assert "06 99 99 99 99" in page
    ours = {"0465710001", "0612345678", "0969390000", "15", "17", "18", "112"}
    assert set(re.findall(r"tel:(\d+)", page)) == ours
