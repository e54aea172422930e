"""`kiosk deploy` refuses what nginx or a browser would refuse later, and writes nothing then."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import commands
from tests.smtp.certificates import Authority, Certificate

PUBLIC, STAFF = "borne.example", "console.example"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def doors(authority: Authority) -> Certificate:
    return authority.certify_names("doors", PUBLIC, STAFF)


def deploy(folder: Path, doors: Certificate, **changes: object) -> Result:
    given: dict[str, Any] = {"public_name": PUBLIC, "staff_name": STAFF, "certificate": doors.certificate}
    given |= {"key": doors.key, **changes}
    options = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    environment = {"KIOSK_INSTANCE": str(folder / "instance")}
    return CliRunner().invoke(commands, ["deploy", str(folder / "out"), *options], env=environment)


def refused(folder: Path, doors: Certificate, **changes: object) -> str:
    done = deploy(folder, doors, **changes)
    assert (done.exit_code, (folder / "out").exists()) == (2, False), done.output
    return done.stderr.replace("\u00a0", " ")


def test_what_is_right_is_written(tmp_path: Path, doors: Certificate, authority: Authority) -> None:
    assert deploy(tmp_path, doors).exit_code == 0
    chain = Certificate(tmp_path / "chain.pem", doors.key)
    issuer = authority.itself.certificate.read_text()
    chain.certificate.write_bytes(f"\ufeff{doors.certificate.read_text()}{issuer}".replace("\n", "\r\n").encode())
    assert deploy(tmp_path, chain).exit_code == 0
    assert deploy(tmp_path, authority.certify_names("any", "*.example")).exit_code == 0


def test_a_relative_path_is_written_whole(tmp_path: Path, doors: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert deploy(tmp_path, doors, certificate="doors.pem", key="doors.key").exit_code == 0
    written = (tmp_path / "out/nginx.conf").read_text()
    assert f"ssl_certificate {doors.certificate};" in written
    assert f"ssl_certificate_key {doors.key};" in written


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("content", [None, b"", b"garbage", bytes(range(256))])
def test_a_file_that_is_missing_or_none(which: str, content: bytes | None, tmp_path: Path, doors: Certificate) -> None:
    path = tmp_path / "other"
    if content is not None:
        path.write_bytes(content)
    assert str(path) in refused(tmp_path, doors, **{which: path})


def test_a_key_of_another_certificate(tmp_path: Path, doors: Certificate, authority: Authority) -> None:
    assert "n'est pas la clé" in refused(tmp_path, doors, key=authority.certify_names("other", PUBLIC, STAFF).key)


@pytest.mark.parametrize("names", [(PUBLIC,), (STAFF,), ("127.0.0.1",), ("*.other.example",), ("example",)])
def test_a_certificate_without_a_name(names: tuple[str, ...], tmp_path: Path, authority: Authority) -> None:
    missing = STAFF if names == (PUBLIC,) else PUBLIC
    assert f"n'est pas valable pour {missing}" in refused(tmp_path, authority.certify_names("short", *names))


def test_a_certificate_that_has_expired(tmp_path: Path, authority: Authority) -> None:
    day = dt.timedelta(days=1)
    assert "a expiré" in refused(tmp_path, authority.certify("old", host=PUBLIC, start=-2 * day, end=-day))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"staff_name": "BORNE.example."}, "doivent différer"),
        ({"public_name": "https://borne.example"}, "--public-name"),
        ({"staff_name": "console;"}, "--staff-name"),
        ({"staff_name": ""}, "--staff-name"),
        ({"staff": "127.0.0.1:8080"}, "--staff doivent différer"),
        ({"public": "127.0.0.1"}, "--public"),
        ({"public": "127.0.0.1:0"}, "--public"),
        ({"http_port": 443}, "doivent différer"),
        ({"https_port": 70_000}, "--https-port"),
        ({"error_log": "/var/log/my kiosk.log"}, "choisissez un autre nom"),
        ({"error_log": "/var/log/x;y"}, "choisissez un autre nom"),
    ],
)
def test_names_and_addresses_that_cannot_work(
    changes: dict[str, object], said: str, tmp_path: Path, doors: Certificate
) -> None:
    assert said in refused(tmp_path, doors, **changes)
