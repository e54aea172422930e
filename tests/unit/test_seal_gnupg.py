"""A second reader that shares no code with what wrote the mail: GnuPG's gpgsm, behind many a mail program."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.config import Settings
from tests.smime import OPENSSL, Reader, a_reader, parsed
from tests.unit.test_seal import SECRET, composed, sealed_to

GPGSM = shutil.which("gpgsm")
WORD = "word"
# What this gpgsm reads of a PKCS #12 file.
OLD = ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")

pytestmark = pytest.mark.skipif(not (GPGSM and OPENSSL), reason="gpgsm is not installed: no second opinion on S/MIME")


class Wallet:
    """A key ring of its own, and the agent that goes with it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str) -> str:
        done = self._done(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def _done(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(GPGSM), "--homedir", str(self.home), "--batch", "--pinentry-mode", "loopback"]
        command += ["--passphrase-fd", "0", "--disable-crl-checks", *arguments]
        return subprocess.run(command, input=WORD, capture_output=True, text=True, timeout=60, check=False)

    def imports(self, reader: Reader, folder: Path) -> None:
        bundle = str(folder / f"{reader.key.stem}.p12")
        files = ("-in", str(reader.certificate), "-inkey", str(reader.key), "-out", bundle)
        export = [str(OPENSSL), "pkcs12", "-export", *files, "-passout", f"pass:{WORD}", *OLD]
        for _ in range(5):  # gpgsm cannot read one file in sixty; the next has another salt
            subprocess.run(export, check=True)
            if (done := self._done("--import", bundle)).returncode == 0:
                return
        pytest.fail(done.stderr)

    def trusts(self, signer: Reader) -> None:
        self.run("--import", str(signer.certificate))
        (found,) = re.findall(r"fingerprint: ([0-9A-F:]{59})", self.run("--list-keys", signer.key.stem))
        (self.home / "trustlist.txt").write_text(f"{found} S relax\n")


@pytest.fixture
def wallet() -> Iterator[Wallet]:
    # Not pytest's folder: the agent's socket lies there, and its path may not be long.
    with tempfile.TemporaryDirectory(prefix="gpgsm-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o700)  # noqa: PTH101
        yield Wallet(Path(name))
        subprocess.run(["gpgconf", "--homedir", name, "--kill", "all"], check=False)


def test_gnupg_decrypts_the_mail_and_finds_its_signature_good(
    wallet: Wallet, settings: Settings, tmp_path: Path
) -> None:
    reader, kiosk = a_reader(tmp_path, "reader"), a_reader(tmp_path, "kiosk")
    wallet.imports(reader, tmp_path)
    wallet.trusts(kiosk)
    envelope, opened, signed, signature = (tmp_path / name for name in ("p7m", "opened", "signed", "p7s"))
    envelope.write_bytes(parsed(composed(sealed_to(settings, reader.certificate, kiosk))).get_payload(decode=True))
    wallet.run("--output", str(opened), "--decrypt", str(envelope))
    raw = opened.read_bytes()
    told, attached = parsed(raw).iter_parts()
    signature.write_bytes(attached.get_payload(decode=True))
    boundary = parsed(raw).get_boundary()
    signed.write_bytes(raw.split(f"--{boundary}\r\n".encode())[1].removesuffix(b"\r\n"))
    assert "Good signature" in wallet.run("--verify", str(signature), str(signed))
    assert SECRET in told.get_body(("plain",)).get_content()  # type: ignore[union-attr]
