"""What the terminal says of itself before anybody types, and how soon it admits that a report has to wait."""

import dataclasses
import os
import re
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import clock, public_app
from kiosk.config import Security, Settings, Smtp
from kiosk.domain.disk_room import DiskRoom
from kiosk.resources import templates_folder
from kiosk.store.base import heartbeat
from kiosk.store.outbox import relay
from kiosk.store.watch import health
from tests.web.contractor import Contractor, Organisation

OUT_OF_SERVICE = "Cette borne est hors service."
HTMX = {"HX-Request": "true"}
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A relay, and a manager who can be called."""
    audiences = tuple(
        dataclasses.replace(audience, telephone="04 65 71 00 01") if audience.role == "manager" else audience
        for audience in settings.audiences
    )
    smtp = Smtp(host="127.0.0.1", security=Security.NONE)
    return dataclasses.replace(settings, audiences=audiences, smtp=smtp)


@pytest.fixture
def forwarder(db: Database) -> None:
    heartbeat.beat(db, health.FORWARDER, 1, clock.now())


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 1, 1))


@pytest.fixture
def read_only_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def readiness(contractor: Contractor) -> str:
    """The state that the page says it shows."""
    found = re.search(r"""hx-vals='{"shown": "(\w+)"}'""", contractor.opens("/").page)
    assert found
    return found[1]


@pytest.mark.usefixtures("forwarder")
def test_a_terminal_that_works_says_so(contractor: Contractor) -> None:
    page = contractor.opens("/").page
    assert "Les signalements partent aussitôt." in page
    assert OUT_OF_SERVICE not in page


@pytest.mark.usefixtures("forwarder")
@pytest.mark.parametrize("trouble", ["full_disk", "read_only_disk"])
def test_a_terminal_that_may_lose_a_report_says_so_and_whom_to_call_before_anybody_types(
    trouble: str, contractor: Contractor, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(trouble)
    page = contractor.opens("/").page
    assert page.index(OUT_OF_SERVICE) < page.index("04 65 71 00 01") < page.index('class="tiles"')
    assert "partent aussitôt" not in page


@pytest.mark.usefixtures("forwarder")
@pytest.mark.parametrize("trouble", ["full_disk", "read_only_disk"])
def test_a_form_reached_by_a_poster_says_so_too_before_its_first_question(
    trouble: str, contractor: Contractor, request: pytest.FixtureRequest
) -> None:
    assert OUT_OF_SERVICE not in contractor.opens("/fr/report/theft").page
    request.getfixturevalue(trouble)
    page = contractor.opens("/fr/report/theft").page
    assert page.index(OUT_OF_SERVICE) < page.index("04 65 71 00 01") < page.index("<textarea")


@pytest.mark.usefixtures("forwarder")
def test_a_report_that_is_followed_says_so_before_somebody_adds_to_it(
    contractor: Contractor, request: pytest.FixtureRequest
) -> None:
    code = contractor.sends(description="Vu").follow_up_code
    assert OUT_OF_SERVICE not in contractor.asks_after(code).page
    request.getfixturevalue("full_disk")
    page = contractor.asks_after(code).page
    assert page.index(OUT_OF_SERVICE) < page.index("04 65 71 00 01") < page.index("<textarea")


@pytest.mark.usefixtures("forwarder")
def test_it_is_out_of_service_when_no_report_fits_and_not_before(
    contractor: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for left, shown in ((1, "ready"), (0, "cannot_save")):
        monkeypatch.setattr(DiskRoom, "reports", property(lambda room, left=left: left))
        assert readiness(contractor) == shown


@pytest.mark.usefixtures("full_disk")
def test_a_report_is_taken_as_long_as_the_nearly_full_disk_takes_it(
    contractor: Contractor, organisation: Organisation
) -> None:
    assert contractor.sends(description="Vu").is_receipt
    assert organisation.reports == 1


def test_a_database_that_went_away_is_said_on_the_first_page(contractor: Contractor, settings: Settings) -> None:
    for file in settings.instance.glob("kiosk.db*"):
        file.unlink()
    assert OUT_OF_SERVICE in contractor.opens("/").page


@pytest.mark.usefixtures("forwarder")
def test_a_page_that_stands_for_days_is_renewed_when_it_is_no_longer_true(
    contractor: Contractor, db: Database, settings: Settings
) -> None:
    assert readiness(contractor) == "ready"
    unchanged = contractor.fetches("/fr/?shown=ready", headers=HTMX)
    assert (unchanged.status_code, "HX-Refresh" in unchanged.headers) == (204, False)
    settings.database.rename(Path(f"{settings.database}.moved"))
    changed = contractor.fetches("/fr/?shown=ready", headers=HTMX)
    assert (changed.status_code, changed.headers["HX-Refresh"]) == (204, "true")


@pytest.mark.usefixtures("forwarder")
def test_a_receipt_does_not_promise_what_no_relay_can_keep(
    contractor: Contractor, db: Database, settings: Settings
) -> None:
    assert "Transmission en cours" in contractor.sends(description="Vu").page
    relay.relay_failed(db, state="down", reply="refused", next_try_at=clock.now(), now=clock.now())
    page = contractor.sends(description="Vu encore").page
    assert "Transmission en cours" not in page
    assert "Pas encore transmis" in page
    assert "04 65 71 00 01" in page.split('id="transmission"')[1].split("receipt-columns")[0]


def test_a_receipt_does_not_promise_what_no_forwarder_will_bring(contractor: Contractor) -> None:
    assert "Pas encore transmis" in contractor.sends(description="Vu").page
    assert readiness(contractor) == "waiting"


def test_without_a_relay_nothing_is_said_to_be_on_its_way(
    db: Database, settings: Settings, forwarder: None, app: Flask
) -> None:
    nowhere = Contractor(public_app(dataclasses.replace(settings, smtp=Smtp())))
    assert "Pas encore transmis" in nowhere.sends(description="Vu").page


def test_what_a_contractor_reads_when_nothing_can_be_saved_stands_in_one_place() -> None:
    """Under a name that somebody who looks for a full disk finds."""
    templates = {path.name: path.read_text(encoding="utf-8") for path in (templates_folder() / "public").iterdir()}
    for sentence in (OUT_OF_SERVICE, "Pas encore enregistré.", "Pas encore ajouté.", "conservé\u00a0: appuyez"):
        assert [name for name, text in templates.items() if sentence in text] == ["not_saved.html"]
    assert "disk full (disque plein, no space" in templates["not_saved.html"]
