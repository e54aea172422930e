"""Every file that an operator writes is read whatever the editor made of it, or named with a cure."""

import codecs
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlite_utils import Database

from kiosk.config import Settings, load_settings, recipients_of, signer_of
from kiosk.config.keyboards import read_layouts
from kiosk.delivery.tls import verifying_context
from kiosk.errors import SettingsError, UnreadableFile
from kiosk.operator_files import read_password, read_text
from kiosk.store.instance.backup import backup_key
from kiosk.store.keys import recovery
from tests import commands
from tests.smime import a_reader

WORD = "mot-de-passé-€"  # in no Latin-1, and in two bytes of UTF-8 at least
SAVED: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16, little end first": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "blanks at the ends": lambda text: text.replace("\n", " \t\n").encode() + b" \t \n\n",
    "no line end": lambda text: text.rstrip("\n").encode(),
}
NO_TEXT: dict[str, bytes] = {
    "Latin-1": "é = è\n".encode("latin-1"),
    "UTF-16 without a mark": "mot".encode("utf-16-le"),
    "a picture": bytes(range(256)),
    "half a letter": b"\xff\xfea",
}
saved = pytest.mark.parametrize("save", SAVED.values(), ids=SAVED.keys())
unsaved = pytest.mark.parametrize("content", NO_TEXT.values(), ids=NO_TEXT.keys())


@saved
def test_a_password(save: Callable[[str], bytes], tmp_path: Path) -> None:
    (tmp_path / "word").write_bytes(save(f"{WORD}\n"))
    assert read_password(tmp_path / "word") == WORD


@pytest.mark.parametrize("content", [*NO_TEXT.values(), b"", b"\n \n", b"one\ntwo\n", b"a\tb", None])
def test_a_password_that_cannot_be_one_is_named_and_not_repeated(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "word"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=str(path)) as error:
        read_password(path)
    assert "one" not in str(error.value)
    assert error.value.__cause__ is None or isinstance(error.value.__cause__, OSError)


@saved
def test_settings(save: Callable[[str], bytes], tmp_path: Path) -> None:
    toml = '[organisation]\nname = "Été à l’œuvre"\n\n[smtp]\nhost = "relais.example"\n'
    (tmp_path / "kiosk.toml").write_bytes(save(toml))
    settings = load_settings({"KIOSK_INSTANCE": str(tmp_path)})
    assert (settings.organisation.name, settings.smtp.host) == ("Été à l’œuvre", "relais.example")


@unsaved
def test_settings_that_are_no_text(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"kiosk\.toml n'est pas"):
        load_settings({"KIOSK_INSTANCE": str(tmp_path)})


@pytest.mark.parametrize("content", ["a = " + "[" * 100_000, "a = 1\x00"])
def test_settings_that_no_parser_ends(content: str, tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text(content)
    with pytest.raises(SettingsError, match=r"kiosk\.toml"):
        load_settings({"KIOSK_INSTANCE": str(tmp_path)})


KEYBOARD = json.dumps({"name": "Ελληνικά", "layout": {"default": ["α β γ", "{bksp}"]}}, ensure_ascii=False, indent=1)


@saved
def test_a_keyboard(save: Callable[[str], bytes], tmp_path: Path) -> None:
    (tmp_path / "el.json").write_bytes(save(f"{KEYBOARD}\n"))
    assert read_layouts(tmp_path)["el"]["name"] == "Ελληνικά"


@pytest.mark.parametrize("content", [*NO_TEXT.values(), b"[" * 100_000], ids=[*NO_TEXT, "without end"])
def test_a_keyboard_that_is_no_text(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "el.json").write_bytes(content)
    with pytest.raises(SettingsError, match=r"keyboards/el\.json"):
        read_layouts(tmp_path)


@pytest.mark.parametrize("content", [b'<?xml version="1.0" encoding="klingon"?><svg/>', b'<?xml encoding="utf-32"?>'])
def test_a_logo_in_an_unknown_encoding(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(content)
    (tmp_path / "kiosk.toml").write_text("[organisation]\nlogo = 'logo.svg'\n")
    with pytest.raises(SettingsError, match=r"logo\.svg, qui n'est pas une image"):
        load_settings({"KIOSK_INSTANCE": str(tmp_path)})


@saved
def test_certificates_and_their_key(save: Callable[[str], bytes], settings: Settings, tmp_path: Path) -> None:
    """OpenSSL writes names before a certificate, in any encoding."""
    someone = a_reader(tmp_path, "mssi")
    for path in (someone.certificate, someone.key):
        path.write_bytes(save(f"Sujet : Sécurité\n{path.read_text()}"))
    mail = replace(settings.mail, signing_certificate=someone.certificate, signing_key=someone.key)
    settings = replace(settings, mail=mail)
    assert len(recipients_of(settings, replace(settings.audiences[0], certificate=someone.certificate))) == 1
    assert signer_of(settings)
    assert len(verifying_context(someone.certificate).get_ca_certs()) <= 1


def test_a_certificate_in_binary_form(settings: Settings, tmp_path: Path) -> None:
    someone = a_reader(tmp_path, "mssi")
    (found,) = recipients_of(settings, replace(settings.audiences[0], certificate=someone.certificate))
    someone.certificate.write_bytes(found.public_bytes(Encoding.DER))
    assert recipients_of(settings, replace(settings.audiences[0], certificate=someone.certificate)) == (found,)


@saved
def test_the_key_of_a_backup(save: Callable[[str], bytes], db: Database, settings: Settings, tmp_path: Path) -> None:
    private = backup_key(db, settings).private
    assert private
    commands.invoke("backup", settings.instance, tmp_path)
    (tmp_path / "key").write_bytes(save(f"{recovery.to_text(private)}\n"))
    done = commands.invoke("restore", settings.instance, tmp_path)
    assert "Ce ne sont pas les lettres de contrôle" in done.stderr, "it has come past the key"


@unsaved
@pytest.mark.parametrize("name", ["restore", "staff grant"])
def test_a_key_that_is_no_text(name: str, content: bytes, db: Database, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    done = commands.invoke(name, settings.instance, tmp_path)
    assert (done.exit_code, f"{tmp_path}/key n'est pas" in done.stderr) == (2, True)


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="ne peut pas être lu"):
        read_text(tmp_path)
