"""A real nginx with an internal authority's certificate before both doors, as `kiosk deploy` sets it up."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kiosk.store.base.connection import open_database
from tests.processes import ROOT, Kiosk, Program, free_port
from tests.smtp.certificates import Authority
from tests.waiting import PATIENCE, until

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed: the proxy before the doors is not tested"
)

PUBLIC, STAFF = "borne.example", "console.example"
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/deploy/nginx.conf;
}}
"""


class Site:
    """The kiosk behind nginx, talked to as a browser on another machine would."""

    def __init__(self, folder: Path, kiosk: Kiosk, port: int, authority: Path) -> None:
        self.folder, self.kiosk, self.port = folder, kiosk, port
        self._context = ssl.create_default_context(cafile=authority)

    def connect(self, name: str, source: str = "127.0.0.1") -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.port), 20, source_address=(source, 0))
        return self._context.wrap_socket(raw, server_hostname=name)

    def connection(self, name: str) -> http.client.HTTPSConnection:
        made = http.client.HTTPSConnection(name, self.port, timeout=PATIENCE, context=self._context)
        made.sock = self.connect(name)
        return made

    def request(
        self, name: str, path: str, fields: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = self.connection(name)
        body = urlencode(fields) if fields is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request("POST" if body is not None else "GET", path, body, headers)
            answer = connection.getresponse()
            told = answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()
        return self.request(name, told[1]["Location"]) if body and name == PUBLIC and told[0] == 303 else told

    def events(self) -> str:
        with open_database(self.kiosk.database) as db:
            return "\n".join(
                f"{action} {actor} {detail}"
                for action, actor, detail in db.execute("SELECT action, actor, detail FROM events")
            )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    authority = Authority(folder, "internal")
    certificate = authority.certify_names("doors", PUBLIC, STAFF)
    https, plain = free_port(), free_port()
    console_url = f"https://{STAFF}:{https}"
    (folder / "instance").mkdir()
    (folder / "instance" / "kiosk.toml").write_text(
        f'[web]\nhosts = ["{PUBLIC}", "{STAFF}"]\nproxy = "127.0.0.1"\n[staff]\ntls = true\n'
        f'[mail]\nconsole_url = "{console_url}"\n'
    )
    with Kiosk(instance=folder / "instance") as kiosk:
        written = _kiosk(
            folder, "deploy", str(folder / "deploy"), "--public-name", PUBLIC, "--staff-name", STAFF,
            "--certificate", str(certificate.certificate), "--key", str(certificate.key),
            "--public", f"127.0.0.1:{kiosk.public}", "--staff", f"127.0.0.1:{kiosk.staff}",
            "--http-port", str(plain), "--https-port", str(https), "--error-log", str(folder / "errors.log"),
        )  # fmt: skip
        assert "still needs" not in written, written
        _allow_ten(folder / "deploy" / "nginx.conf")
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user="user root;" if os.getuid() == 0 else ""))
        log = (folder / "nginx.log").open("wb")
        nginx = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=log)
        try:
            yield _when_it_listens(Site(folder, kiosk, https, authority.itself.certificate), nginx)
        finally:
            nginx.terminate()
            nginx.wait(PATIENCE)
            log.close()


def _when_it_listens(site: Site, nginx: subprocess.Popen[bytes]) -> Site:
    log = site.folder / "nginx.log"
    until(lambda: _listens(site.port) or nginx.poll() is not None, told=log.read_text)
    assert nginx.poll() is None, log.read_text()
    return site


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _kiosk(folder: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KIOSK_")}
    environment = {**clean, "KIOSK_INSTANCE": str(folder / "instance"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "kiosk", *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_a_report_passes_through_and_a_large_one_leaves_no_file_behind(site: Site) -> None:
    words = "mot " * 4_000
    status, headers, page = site.request(PUBLIC, "/fr/report/virus", {"description": words})
    assert status == 200, page[:300]
    assert "data-reference" in page
    assert headers["Strict-Transport-Security"]
    left = [path for path in site.folder.rglob("*") if path.is_file() and site.kiosk.instance not in path.parents]
    assert not [path for path in left if b"mot mot" in path.read_bytes()]


def test_a_post_of_the_kiosks_own_page_counts_as_its_own(site: Site) -> None:
    own = {"Origin": f"https://{PUBLIC}:{site.port}", "Sec-Fetch-Site": "same-origin"}
    assert site.request(PUBLIC, "/fr/report/virus", {"description": "un doute"}, **own)[0] == 200
    assert site.request(PUBLIC, "/fr/report/virus", {"description": "x"}, Origin="https://elsewhere.example")[0] == 403


def test_the_console_is_reached_by_https_with_a_cookie_that_only_https_carries(site: Site) -> None:
    link = _kiosk(site.folder, "staff", "add", "m.essai", "--role", "manager")
    path = re.search(r"https://[^/]+(/first-password/\S+)", link)
    assert path, link
    origin = {"Origin": f"https://{STAFF}:{site.port}"}
    password = "une phrase assez longue"
    chosen = {"password": password, "password_again": password}
    assert site.request(STAFF, path[1], chosen, **origin)[0] in (200, 303)
    status, headers, page = site.request(STAFF, "/sign-in", {"name": "m.essai", "password": password}, **origin)
    assert status == 303, page[:300]
    cookies = headers.get_all("Set-Cookie") or []
    assert any(cookie.startswith("__Host-") for cookie in cookies)
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies), cookies
    carried = "; ".join(cookie.split(";")[0] for cookie in cookies)
    assert site.request(STAFF, "/", Cookie=carried)[0] == 200
    logs = "".join(log.read_text() for log in site.folder.glob("*.log"))
    assert path[1].rpartition("/")[2] not in logs


def test_visitors_cannot_choose_the_address_that_is_believed(site: Site) -> None:
    """Wrong passwords slow the real address down, whatever a visitor claims to be."""
    numbers = count()

    def guess() -> int:
        number = next(numbers)
        claimed = {"X-Forwarded-For": f"10.0.0.{number % 256}", "Origin": f"https://{STAFF}:{site.port}"}
        fields = {"name": f"nobody{number}", "password": "wrong password"}
        return site.request(STAFF, "/sign-in", fields, **claimed)[0]

    until(lambda: guess() == 429)


def _allow_ten(configuration: Path) -> None:
    """Requests of one address instead of a hundred, whose handshakes take a busy machine longer than nginx waits."""
    text = configuration.read_text()
    assert text.count("limit_conn kiosk_visitors 100;") == 2
    configuration.write_text(text.replace("limit_conn kiosk_visitors 100;", "limit_conn kiosk_visitors 10;"))


def test_one_address_with_many_requests_under_way_keeps_no_other_out(site: Site) -> None:
    begun = f"POST /fr/report/other HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 99\r\n\r\ndescr".encode()
    with ExitStack() as stack:
        flood = [stack.enter_context(site.connect(PUBLIC, "127.0.0.2")) for _ in range(15)]
        for connection in flood:
            connection.sendall(begun)
        refused = until(lambda: [answer for connection in flood if (answer := _answer_so_far(connection))])
        assert set(refused) == {b"HTTP/1.1 503"}
        assert site.request(PUBLIC, "/fr/report/other", {"description": "un doute"})[0] == 200


def _answer_so_far(connection: ssl.SSLSocket) -> bytes:
    """Whichever request nginx reads last is refused, and that need not be the one that was sent last."""
    connection.setblocking(False)
    try:
        return connection.recv(12)
    except ssl.SSLWantReadError:
        return b""


def test_plain_http_leads_to_https(site: Site) -> None:
    port = int(re.findall(r"listen (\d+);", (site.folder / "deploy" / "nginx.conf").read_text())[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/fr/", headers={"Host": PUBLIC})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{PUBLIC}:{site.port}/fr/")
    connection.close()


def test_while_the_kiosk_is_down_the_visitor_reads_what_to_do(site: Site) -> None:
    site.kiosk.terminate()
    try:
        status, headers, page = site.request(PUBLIC, "/fr/")
        assert status == 502
        assert "Réessayez dans une minute" in page
        assert headers["Cache-Control"] == "no-store"
    finally:
        site.kiosk.start()
        site.kiosk.wait_until_it_answers()


def test_what_kiosk_toml_still_lacks_is_said(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    doors = Authority(tmp_path, "authority").certify_names("doors", PUBLIC, STAFF)
    said = _kiosk(tmp_path, "deploy", str(tmp_path / "out"), "--public-name", PUBLIC, "--staff-name", STAFF,
                  "--certificate", str(doors.certificate), "--key", str(doors.key))  # fmt: skip
    for line in (f'hosts = ["{PUBLIC}", "{STAFF}"]', 'proxy = "127.0.0.1"', "tls = true", f"https://{STAFF}"):
        assert line in said


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    doors = Authority(tmp_path, "authority").certify_names("doors", PUBLIC, STAFF)
    with Program(
        "deploy", str(tmp_path / "file"), "--public-name", PUBLIC, "--staff-name", STAFF,
        "--certificate", str(doors.certificate), "--key", str(doors.key), instance=tmp_path / "instance",
    ) as command:  # fmt: skip
        assert command.ends() == 2
    assert "choisissez un autre dossier" in command.log


@pytest.mark.parametrize("path", ["/fr/", "/nowhere", "/static/icon.svg", "/healthz"])
def test_hsts_is_said_once(site: Site, path: str) -> None:
    for name in (PUBLIC, STAFF):
        assert site.request(name, path)[1].get_all("Strict-Transport-Security") == ["max-age=63072000"]


@pytest.mark.parametrize("accepted", ["br, gzip", "gzip", "identity"])
@pytest.mark.parametrize("path", ["/static/bundles/public.js", "/fr/report/other"])
def test_compressed_answers_come_through_as_the_doors_made_them(site: Site, path: str, accepted: str) -> None:
    told = ("Content-Encoding", "Vary", "ETag", "Content-Type", "Content-Security-Policy")
    through, direct = site.connection(PUBLIC), http.client.HTTPConnection("127.0.0.1", site.kiosk.public, PATIENCE)
    answers = []
    for connection in (through, direct):
        with closing(connection):
            connection.request("GET", path, headers={"Accept-Encoding": accepted})
            answer = connection.getresponse()
            answers.append(({name: answer.headers[name] for name in told}, len(answer.read())))
    assert answers[0] == answers[1]
    assert (answers[0][0]["Content-Encoding"] is None) == (accepted == "identity")


def test_an_answer_of_nginxs_own_says_hsts_once_too(site: Site) -> None:
    status, headers, _ = site.request(PUBLIC, "/fr/report/other", {"description": "x" * 1_100_000})
    assert (status, headers.get_all("Strict-Transport-Security")) == (413, ["max-age=63072000"])


def test_health_through_the_proxy_is_its_status_alone(site: Site) -> None:
    for name in (PUBLIC, STAFF):
        assert site.request(name, "/healthz")[2].strip() == '{"status":"red"}'


def test_an_unknown_name_is_refused(site: Site) -> None:
    anything = ssl._create_unverified_context()
    for name in ("elsewhere.example", None):
        with socket.create_connection(("127.0.0.1", site.port), PATIENCE) as raw, pytest.raises(ssl.SSLError):
            anything.wrap_socket(raw, server_hostname=name)
    plain = int(re.findall(r"listen (\d+);", (site.folder / "deploy" / "nginx.conf").read_text())[0])
    with socket.create_connection(("127.0.0.1", plain), PATIENCE) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
        assert _is_answered_nothing(raw)
    with site.connect(PUBLIC) as known:
        known.sendall(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
        assert _is_answered_nothing(known)


def _is_answered_nothing(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("weak", ["AES256-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-CCM"])
def test_a_weak_cipher_is_refused(site: Site, weak: str) -> None:
    context = ssl._create_unverified_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{weak}:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", site.port), PATIENCE) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=PUBLIC)
    context.set_ciphers(f"{weak}:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", site.port), PATIENCE) as raw,
        context.wrap_socket(raw, server_hostname=PUBLIC) as connection,
    ):
        assert connection.version() == "TLSv1.2"


@pytest.mark.ci
def test_slow_headers_end_soon_and_hold_nobody_up(site: Site) -> None:
    """A byte each two seconds would hold nginx's connection for hours."""
    with ExitStack() as stack:
        slow = [stack.enter_context(site.connect(PUBLIC, "127.0.0.3")) for _ in range(30)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        assert site.request(PUBLIC, "/ping")[0] == 204
        until(lambda: _dripped_in_vain(slow), seconds=30)


def _dripped_in_vain(slow: list[ssl.SSLSocket]) -> bool:
    for connection in slow:
        with suppress(OSError):
            connection.sendall(b"X")
    return all(map(_is_cut_off, slow))


def _is_cut_off(connection: ssl.SSLSocket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True
