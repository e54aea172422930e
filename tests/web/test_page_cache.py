"""Cached pages: the same for every visitor, and nothing of one visitor in them."""

import gzip
import itertools
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask, before_render_template, request
from flask.testing import FlaskClient
from markupsafe import escape
from sqlite_utils import Database

from kiosk import public_app
from kiosk.config import Settings
from kiosk.config.look import Organisation
from kiosk.domain.catalogue import KINDS
from kiosk.web.public import help as help_pages
from kiosk.web.public.page_cache import cached_fragment, cached_page
from kiosk.web.public.report import _page as form_page
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.report_form import form_for
from tests.web.contractor import Contractor

MARKER = "MARKER7261"
OWN_ID = re.compile(r'name="submission_id" value="([0-9a-f-]{36})"')
TERMINAL, VISITOR = "127.0.0.1", "192.0.2.7"
PATHS = ["", "follow-up", *(f"report/{kind}" for kind in KINDS), *(f"help/{topic}" for topic in help_pages.TOPICS)]


def addresses() -> list[str]:
    displays = ("", "?display=large", "?display=both")
    return [f"/{lang}/{path}{display}" for lang, path, display in itertools.product(("fr", "ar"), PATHS, displays)]


def shown(app: Flask, path: str, sender: str) -> str:
    page = app.test_client().get(path, environ_base={"REMOTE_ADDR": sender}).text
    return OWN_ID.sub("own id", page)


def test_a_page_does_not_depend_on_who_asked_before(settings: Settings, app: Flask, db: Database) -> None:
    """Language, display, terminal or visitor: each has pages of its own, whatever was cached first."""
    asked = list(itertools.product(addresses(), (TERMINAL, VISITOR)))
    first = {(path, sender): shown(app, path, sender) for path, sender in asked}
    assert len(set(first.values())) == len(first)
    for path, sender in asked[::-7]:
        assert shown(public_app(settings), path, sender) == first[path, sender]


def test_a_blank_form_is_the_rendered_one(app: Flask) -> None:
    for kind in KINDS.values():
        with app.test_request_context(f"/fr/report/{kind.code}", environ_base={"REMOTE_ADDR": TERMINAL}):
            app.preprocess_request()
            form = form_for(kind, current_settings().local_site, None)
            rendered = form_page(form, out_of_service=False)
        cached = app.test_client().get(f"/fr/report/{kind.code}").text
        assert OWN_ID.sub("own id", cached).split() == OWN_ID.sub("own id", rendered).split()


def test_every_form_has_an_id_of_its_own(contractor: Contractor) -> None:
    pages = [contractor.opens("/fr/report/theft").page for _ in range(3)]
    assert len({OWN_ID.findall(page)[0] for page in pages}) == 3


@pytest.mark.parametrize("path", ["/fr/", "/ar/report/theft", "/en/help/privacy"])
def test_a_compressed_page_holds_the_same_bytes(path: str, app: Flask) -> None:
    packed = app.test_client().get(path, headers={"Accept-Encoding": "br;q=0.1, gzip"})
    plain = app.test_client().get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert {"Accept-Encoding", "HX-Request"} <= set(packed.vary) & set(plain.vary)
    assert OWN_ID.sub("", gzip.decompress(packed.data).decode()) == OWN_ID.sub("", plain.text)
    assert len(packed.data) < len(plain.data) / 3


def everywhere(client: FlaskClient, path: str) -> str:
    """A request that says the marker in every part that a visitor controls."""
    names = ("User-Agent", "Referer", "Origin", "Cookie", "Accept-Language", "HX-Current-URL", "X-Forwarded-For")
    headers = dict.fromkeys(names, f"https://{MARKER}.invalid/={MARKER}")
    said = {MARKER: MARKER, "description": MARKER, "submission_id": MARKER, "display": MARKER}
    return client.get(path, headers=headers, query_string=said, data=said).text


def test_nothing_of_a_request_enters_a_page(app: Flask) -> None:
    for path in PATHS:
        assert MARKER not in everywhere(app.test_client(), f"/fr/{path}")
        assert MARKER not in app.test_client().get(f"/fr/{path}").text


def test_nothing_of_a_report_enters_a_page(contractor: Contractor) -> None:
    contractor.sends(description=MARKER, name=MARKER, place=MARKER, submission_id="no id")
    contractor.sends(description="x" * 20_001, place=MARKER)
    contractor.client.post("/fr/follow-up", data={"code": MARKER})
    for path in PATHS:
        assert MARKER not in contractor.opens(f"/fr/{path}").page


@pytest.mark.parametrize("answer", [cached_page, cached_fragment])
def test_a_page_cannot_reach_the_request_nor_the_database(app: Flask, answer: Callable[..., object]) -> None:
    asked = {"headers": {"User-Agent": MARKER}, "data": {"text": MARKER}, "method": "POST"}

    def everything() -> str:
        return f"{request.headers} {request.form} {request.url} {request.get_data(as_text=True)}"

    def a_row() -> str:
        return str(database())

    with app.test_request_context(f"/fr/report/theft?{MARKER}={MARKER}", **asked):
        app.preprocess_request()
        found = answer(everything)
        assert MARKER not in str(getattr(found, "data", found))
        with pytest.raises(RuntimeError, match="must not depend on the database"):
            answer(a_row)
        assert database(), "the visitor's own request still has its own"


def test_a_page_says_that_the_kiosk_is_out_of_service_and_stops_saying_it(
    contractor: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk.web.public import report

    for out in (False, True, False):
        monkeypatch.setattr(report, "is_out_of_service", lambda out=out: out)
        assert ("data-out-of-service" in contractor.opens("/fr/report/theft").page) is out


def test_the_cache_has_an_end(settings: Settings, db: Database) -> None:
    """Addresses that no page knows make no pages of their own."""
    app = public_app(settings)
    client = app.test_client()
    for number in range(50):
        client.get(f"/fr/report/theft?display={number}&n={number}")
        client.get(f"/fr/report/{MARKER}-{number}")
    for cache in app.extensions["kiosk_page_cache"].values():
        assert cache.cache_info().currsize <= 10
        assert cache.cache_info().maxsize == 256


def test_visitors_do_not_drive_out_the_pages_of_a_terminal(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.web.public.page_cache.PAGES", 5)
    app = public_app(settings)
    shown(app, "/fr/", TERMINAL)
    for path in PATHS:
        shown(app, f"/fr/{path}", VISITOR)
    rendered: list[object] = []
    before_render_template.connect(lambda _, template, **__: rendered.append(template), app, weak=False)
    shown(app, "/fr/", TERMINAL)
    assert rendered == []


def test_an_unknown_kind_is_answered_as_another_incident(contractor: Contractor) -> None:
    invented, other = (contractor.opens(f"/fr/report/{kind}").page for kind in (MARKER, "other"))
    assert OWN_ID.sub("own id", invented) == OWN_ID.sub("own id", other)
    assert contractor.fetches(f"/xx/report/{MARKER}").headers["Location"] == "/fr/report/other"


@pytest.mark.parametrize("name", ["Port \ufffc de Fos", "\ufffcreference\ufffc", "{{ 7 * 7 }}<b>&amp;"])
def test_a_name_in_the_settings_is_shown_as_it_is(name: str, settings: Settings, db: Database) -> None:
    """U+FFFC comes along when a name is copied from a document with a picture."""
    named = replace(settings, organisation=Organisation(name=name), sites=(replace(settings.local_site, name=name),))
    contractor = Contractor(public_app(named))
    pages = [contractor.opens(f"/fr/{path}") for path in PATHS]
    for page in (*pages, contractor.sends(zone="unknown")):
        assert page.status == 200
        assert page.page.count(str(escape(name))) >= 2
