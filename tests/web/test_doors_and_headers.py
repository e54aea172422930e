"""What holds for every answer of the contractor's door, over all its routes."""

import dataclasses
import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.routing import Rule

from kiosk import public_app
from kiosk.config import Settings, Web
from kiosk.resources import static_folder
from kiosk.web.shared import static_urls
from kiosk.web.shared.headers import content_security_policy
from kiosk.web.shared.static_urls import StaticFiles
from tests.web.contractor import Contractor

PARTS = {"lang": "fr", "kind": "theft", "topic": "rules", "token": "x", "filename": "css/base.css"}


def addresses(app: Flask) -> list[tuple[str, str]]:
    def fill(rule: Rule) -> str:
        return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: PARTS[part[1]], rule.rule)

    methods = ("GET", "POST")
    return [(method, fill(rule)) for rule in app.url_map.iter_rules() for method in methods if method in rule.methods]


def test_every_route_and_every_error_is_protected_and_sets_no_cookie(app: Flask, contractor: Contractor) -> None:
    walked = [*addresses(app), ("GET", "/nowhere"), ("PUT", "/"), ("GET", "/fr/report/volcano"), ("GET", "/zz/")]
    assert len(walked) > 12
    for method, path in walked:
        response = contractor.fetches(path, method)
        assert response.headers["Content-Security-Policy"] == content_security_policy(), path
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")
        if not path.startswith("/static/"):
            assert response.headers["Cache-Control"] == "no-store", path
            assert "HX-Request" in response.headers["Vary"]


def test_nothing_of_the_policy_is_loose() -> None:
    policy = content_security_policy()
    assert "unsafe" not in policy
    assert "*" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    for directive in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy


@pytest.mark.parametrize("path", ["/", "/fr/report/lost_access", "/fr/follow-up", "/nowhere"])
def test_pages_hold_nothing_inline_and_ask_nothing_of_others(path: str, contractor: Contractor) -> None:
    page = contractor.opens(path).page
    assert not re.search(r"<style|style=|\son\w+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
    assert 'autocomplete="on"' not in page


def test_every_field_asks_the_browser_to_remember_nothing(contractor: Contractor) -> None:
    page = contractor.opens("/fr/report/lost_access").page
    for field in re.findall(r"<(?:input|textarea|form)[^>]*>", page):
        assert 'autocomplete="off"' in field, field
    for field in re.findall(r'<(?:input type="(?:text|tel)"|textarea)[^>]*>', page):
        assert 'spellcheck="false"' in field, field


def test_a_versioned_file_may_be_kept_for_a_year_and_any_other_for_an_hour(app: Flask, contractor: Contractor) -> None:
    kept = contractor.fetches(app.jinja_env.globals["static_url"]("css/base.css"))
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert contractor.fetches("/static/css/base.css").headers["Cache-Control"] == "public, max-age=3600"
    assert contractor.fetches("/static/none.css?v=1").headers["Cache-Control"] == "no-store"


def test_every_file_that_a_page_names_exists_and_is_versioned(contractor: Contractor) -> None:
    for path in ("/", "/fr/report/lost_access"):
        for address in re.findall(r'(?:src|href)="(/static/[^"#]+)', contractor.opens(path).page):
            if "/vendor/" in address and not (static_folder() / "vendor").is_dir():
                continue
            assert "?v=" in address, address
            assert contractor.fetches(address).status_code == 200, address


def test_the_address_of_a_file_changes_with_its_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(static_urls, "static_folder", lambda: tmp_path)
    (tmp_path / "bundles.toml").write_text('"bundles/b.css" = ["a.css"]')
    (tmp_path / "a.css").write_text("one")
    names = ("a.css", "bundles/b.css")
    before = [StaticFiles().url(name) for name in names]
    (tmp_path / "a.css").write_text("other")
    after = [StaticFiles().url(name) for name in names]
    assert not set(before) & set(after)
    assert StaticFiles().url("gone.css") == "/static/gone.css"


def test_a_page_reads_no_static_file_again(monkeypatch: pytest.MonkeyPatch, contractor: Contractor) -> None:
    first = contractor.opens("/").page
    monkeypatch.setattr(static_urls, "read_text", lambda *_, **__: pytest.fail("read a file again"))
    assert contractor.opens("/").page == first


def test_only_the_names_of_this_kiosk_reach_it(contractor: Contractor) -> None:
    for host in ("localhost:8080", "127.0.0.1:8080", "localhost"):
        assert contractor.opens("/", headers={"Host": host}).status == 200, host
    answer = contractor.opens("/", headers={"Host": "evil.example"})
    assert (answer.status, "evil" in answer.page) == (400, False)
    assert "Revenir à l'accueil" in answer.page


def test_a_name_in_the_settings_reaches_the_kiosk(db: Database, settings: Settings) -> None:
    app = public_app(dataclasses.replace(settings, web=Web(hosts=("borne.example",))))
    assert Contractor(app).opens("/", headers={"Host": "borne.example"}).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_we_do_not_know_gets_a_page_and_the_list_of_those_we_do(method: str, contractor: Contractor) -> None:
    response = contractor.client.open("/fr/report/theft", method=method)
    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.allow)
    assert "Revenir à l'accueil" in response.text


def test_a_language_we_do_not_speak_leads_to_french_and_takes_reports(contractor: Contractor) -> None:
    moved = contractor.client.get("/zz/report/theft")
    assert (moved.status_code, moved.location) == (302, "/fr/report/theft")
    taken = contractor.client.post("/zz/report/theft", data={"description": "x"})
    assert (taken.status_code, "data-reference" in taken.text) == (200, True)


def test_ping_touches_nothing(contractor: Contractor, settings: Settings) -> None:
    settings.database.unlink()
    assert contractor.opens("/ping").status == 204


def test_health_is_red_as_long_as_no_forwarder_beats(contractor: Contractor) -> None:
    response = contractor.client.get("/healthz")
    assert response.status_code == 503
    assert "forwarder" in response.json["problems"]


@pytest.mark.parametrize(
    ("visitor", "headers"),
    [
        ("10.0.0.7", {}),
        ("", {}),
        ("127.0.0.1", {"Host": "borne.example"}),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}),
        ("::ffff:10.0.0.7", {}),
    ],
)
@pytest.mark.parametrize("broken", [False, True])
def test_others_learn_the_status_of_the_kiosk_alone(
    visitor: str, headers: dict[str, str], broken: bool, db: Database, settings: Settings
) -> None:
    client = public_app(dataclasses.replace(settings, web=Web(hosts=("borne.example",)))).test_client()
    if broken:
        settings.database.write_bytes(b"no database" * 1000)
    told = client.get("/healthz", environ_base={"REMOTE_ADDR": visitor}, headers=headers)
    assert (told.status_code, told.json) == (503, {"status": "red"})
    assert ("database" if broken else "forwarder") in client.get("/healthz").json["problems"]


def test_the_first_page_is_light(contractor: Contractor) -> None:
    page = contractor.opens("/").page
    files = {address.partition("?")[0] for address in re.findall(r'(?:src|href)="(/static/[^"#]+)', page)}
    bodies = [contractor.fetches(address).data for address in files]
    weight = sum(len(gzip.compress(body)) for body in [page.encode(), *bodies])
    assert weight < 60_000, weight
