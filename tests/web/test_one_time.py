"""One-time addresses: what a browser without scripts is shown after a POST, once and for two minutes."""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.one_time import LIFETIME, OneTimeToken
from kiosk.errors import NotConfirmed
from kiosk.reporting.shown_once import RenderedPage, forget_expired, keep_page, rendered_page
from kiosk.store.base.connection import immediate
from kiosk.store.reports import one_time_pages, submissions
from tests.build import NOON
from tests.web.contractor import Answer, Contractor

HTMX = {"HX-Request": "true"}
MARKER = "MARKER-7261"


class Link:
    """Where a POST without scripts leads."""

    def __init__(self, app: Flask, path: str = "/fr/report/theft", **fields: str) -> None:
        self._client = app.test_client()
        self.response = self._client.post(path, data=fields)
        assert self.response.status_code == 303
        self.address = self.response.headers["Location"]
        self.token = OneTimeToken(self.address.rpartition("/")[2])

    def opened(self, method: str = "GET") -> Answer:
        response = self._client.open(self.address, method=method)
        return Answer(response.status_code, response.text)


@pytest.fixture
def kept(db: Database) -> "Kept":
    return Kept(db)


class Kept:
    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def pages(self) -> list[bytes]:
        return [row[0] for row in self._db.execute("SELECT sealed FROM one_time_pages")]

    @property
    def log_to_overwrite(self) -> bool:
        return bool(self._db.execute("SELECT erased > overwritten FROM retention").fetchone()[0])


def shift(by: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON + by)


def test_the_answer_to_a_report_is_an_address_that_says_nothing(app: Flask) -> None:
    key = str(uuid4())
    link = Link(app, description=MARKER, submission_id=key)
    assert re.fullmatch(r"/fr/page/[\w-]{32}", link.address)
    assert link.response.data == b""
    assert link.response.headers["Cache-Control"] == "no-store"
    receipt = link.opened()
    assert receipt.shows_code
    assert key not in receipt.page
    assert Link(app, description=MARKER, submission_id=key).address != link.address


def test_the_receipt_is_shown_once_and_then_leads_to_the_follow_up(app: Flask) -> None:
    link = Link(app, description="Vu")
    receipt = link.opened()
    again = link.opened()
    assert receipt.is_receipt
    assert again.status == 410
    assert "Cette page n'est plus montrée" in again.page
    assert 'href="/fr/follow-up"' in again.screen
    assert receipt.reference not in again.page
    assert Contractor(app).asks_after(receipt.follow_up_code).reference == receipt.reference


@pytest.mark.parametrize("later", [LIFETIME, timedelta(days=1), -timedelta(hours=1)])
def test_an_address_is_void_after_two_minutes_and_when_the_clock_was_set_back(
    later: timedelta, app: Flask, kept: Kept, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift(timedelta(), monkeypatch)
    link = Link(app, description="Vu")
    shift(later, monkeypatch)
    assert link.opened().status == 410
    assert len(kept.pages) == 1
    forget_expired(db, settings, NOON + later)
    assert kept.pages == []


def test_nothing_is_erased_before_its_time(
    app: Flask, kept: Kept, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift(timedelta(), monkeypatch)
    link = Link(app, description="Vu")
    almost = LIFETIME - timedelta(milliseconds=1)
    forget_expired(db, settings, NOON + almost)
    shift(almost, monkeypatch)
    assert link.opened().shows_code


def test_only_a_get_uses_an_address_up(app: Flask) -> None:
    link = Link(app, description="Vu")
    for method in ("HEAD", "OPTIONS", "POST"):
        assert not link.opened(method).shows_code
    assert link.opened().shows_code


def test_what_is_stored_opens_with_the_address_alone_and_goes_with_it(app: Flask, kept: Kept) -> None:
    key = str(uuid4())
    link = Link(app, description=MARKER, submission_id=key)
    (sealed,) = kept.pages
    assert key.encode() in link.token.open(sealed)
    assert MARKER.encode() not in link.token.open(sealed), "the id alone: reference and code follow from it"
    for secret in (key.encode(), link.token.text.encode()):
        assert secret not in sealed
    with pytest.raises(ValueError, match="another token"):
        OneTimeToken().open(sealed)
    assert not kept.log_to_overwrite
    link.opened()
    assert kept.pages == []
    assert kept.log_to_overwrite, "the log of the database holds what was erased"


def test_the_receipt_is_committed_with_its_report(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time_pages, "put", lambda *arguments: pytest.fail("a commit of its own"))
    Link(app, description="Vu")

    def fail(*arguments: object) -> None:
        raise NotConfirmed("the disk")

    monkeypatch.setattr(submissions.one_time_pages, "insert", fail)
    assert app.test_client().post("/fr/report/theft", data={"description": "Vu"}).status_code == 503
    assert db["reports"].count == db["one_time_pages"].count == 1


def test_with_scripts_nothing_is_kept(app: Flask, kept: Kept) -> None:
    client = app.test_client()
    for fields in ({"description": "Vu"}, {}):
        assert client.post("/fr/report/theft", data=fields, headers=HTMX).status_code in (200, 422)
    assert kept.pages == []


def posts(app: Flask) -> Iterator[tuple[str, TestResponse]]:
    parts = {"lang": "fr", "kind": "theft"}
    bodies: tuple[dict[str, str], ...] = ({}, {"description": MARKER}, {"code": MARKER}, {"description": "x" * 300_000})
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: parts[part[1]], rule.rule)
            for data in bodies:
                for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
                    yield path, app.test_client().post(path, data=data, headers=headers)
    yield "/fr/nowhere", app.test_client().post("/fr/nowhere", data={"description": MARKER})
    yield "/fr/", app.test_client().post("/fr/", data={"description": MARKER})


def test_no_post_is_answered_with_a_page(app: Flask) -> None:
    answers = list(posts(app))
    assert len(answers) > 30
    assert {response.status_code for _, response in answers} == {204, 303}
    assert [path for path, response in answers if response.data] == []


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/fr/report/theft", {"name": MARKER * 100}, 422),
        ("/fr/report/theft", {"description": MARKER * 30_000}, 413),
        ("/fr/report/theft/language", {"name": MARKER}, 200),
        ("/fr/follow-up", {"code": MARKER}, 422),
    ],
)
def test_a_refused_form_is_shown_once_with_every_word_and_its_status(
    path: str, fields: dict[str, str], status: int, app: Flask, kept: Kept
) -> None:
    link = Link(app, path, **fields)
    shown = link.opened()
    assert shown.status == status
    assert (MARKER in shown.page) == (status != 413)
    assert link.opened().status == 410
    assert kept.pages == []


def test_of_two_requests_at_the_same_time_one_is_shown(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link(app, description="Vu")
    rendered = one_time_pages.find

    def find_and_be_overtaken(db: Database, *told: object) -> bytes | None:
        found = rendered(db, *told)  # type: ignore[arg-type]
        one_time_pages.void(db, link.token.digest)
        return found

    monkeypatch.setattr(one_time_pages, "find", find_and_be_overtaken)
    assert link.opened().status == 410


def test_a_receipt_that_failed_to_show_is_not_used_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link(app, description="Vu")
    monkeypatch.setattr("kiosk.web.public.receipt.progress_of", lambda *arguments: 1 / 0)
    assert link.opened().status == 500
    monkeypatch.undo()
    assert link.opened().shows_code


def test_a_disk_that_takes_nothing_any_more_hides_no_receipt(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link(app, description="Vu")

    def fail(*arguments: object) -> None:
        raise NotConfirmed("the disk")

    monkeypatch.setattr(one_time_pages, "_erase", fail)
    assert link.opened().shows_code


def test_a_refused_form_that_cannot_be_kept_is_shown_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise NotConfirmed("the disk")

    monkeypatch.setattr(one_time_pages, "insert", fail)
    shown = app.test_client().post("/fr/report/theft", data={"name": MARKER * 100})
    assert (shown.status_code, MARKER in shown.text) == (422, True)


def test_a_flood_of_refused_forms_does_not_fill_the_disk(app: Flask, kept: Kept, db: Database) -> None:
    with immediate(db):
        db.execute(
            "INSERT INTO one_time_pages VALUES (zeroblob(32), zeroblob(?), ?)",
            (one_time_pages.ROOM, clock.to_text(clock.now() + LIFETIME)),
        )
    shown = app.test_client().post("/fr/report/theft", data={"name": MARKER * 100})
    assert (shown.status_code, MARKER in shown.text) == (422, True)
    assert Link(app, description="Vu").opened().shows_code, "a report is never refused for it"
    with pytest.raises(one_time_pages.NoRoom):
        keep_page(db, rendered_page(OneTimeToken(), RenderedPage(200, "x"), clock.now()))


def test_a_retry_whose_page_finds_no_room_shows_its_receipt_at_once(app: Flask, db: Database) -> None:
    """The report is stored: no error may say that it is not."""
    fields = {"description": "Vu", "submission_id": str(uuid4())}
    first = Link(app, **fields).opened()
    with immediate(db):
        db.execute(
            "INSERT INTO one_time_pages VALUES (zeroblob(32), zeroblob(?), ?)",
            (one_time_pages.ROOM, clock.to_text(clock.now() + LIFETIME)),
        )
    again = app.test_client().post("/fr/report/theft", data=fields)
    assert again.status_code == 200
    assert Answer(again.status_code, again.text).follow_up_code == first.follow_up_code


def test_the_flood_of_four_machines_leaves_room_for_the_pages_of_others(
    app: Flask, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    def posts(address: str) -> int:
        form = {"name": secrets.token_hex(100_000)}
        return app.test_client().post("/fr/report/theft", data=form, environ_base={"REMOTE_ADDR": address}).status_code

    for machine in range(4):
        answers = list(iter(lambda machine=machine: posts(f"10.0.0.{machine}"), 422))
        assert set(answers) == {303}
    assert sum(map(len, kept.pages)) <= one_time_pages.ROOM / 4
    assert posts("10.0.0.8") == 303
    assert len(caplog.records) == 1, "a flood does not fill the log"


def test_a_commit_without_a_sync_leaves_the_connection_as_it_was(app: Flask, db: Database) -> None:
    keep_page(db, rendered_page(OneTimeToken(), RenderedPage(200, "x"), clock.now()))
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    with pytest.raises(one_time_pages.NoRoom):
        keep_page(db, rendered_page(OneTimeToken(), RenderedPage(200, "x" * one_time_pages.ROOM), clock.now()))
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_no_address_stands_in_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    link = Link(app, description="Vu")
    link.opened()
    link.opened()
    assert link.token.text not in caplog.text
    assert link.token.text not in repr(link.token)
