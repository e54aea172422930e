"""Text files that operators write: settings, passwords, keys, certificates, as any editor may save them.

Read: UTF-8, UTF-16 with its byte-order mark, any line ends, blanks at the end. Refused with a cure: other encodings, as
a guessed letter could be a wrong password.
"""

import codecs
import re
from pathlib import Path

from kiosk.errors import UnreadableFile

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BLANKS = " \t\n\u00a0\ufeff"
PEM_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?-----END [A-Z0-9 ]+-----", re.DOTALL)


def read_text(path: Path) -> str:
    """Raises UnreadableFile."""
    return text_of(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Raises UnreadableFile."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path} ne peut pas être lu ({error.strerror}) : vérifiez son nom, et que l'utilisateur de la borne en a"
            " le droit."
        ) from error


def text_of(content: bytes, name: object) -> str:
    """Lines end with ``\\n``. Raises UnreadableFile, which names the file."""
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        raise UnreadableFile(f"{name} n'est pas en UTF-8 : enregistrez-le en UTF-8 (« texte Unicode »).") from None
    if "\0" in text:
        raise UnreadableFile(f"{name} n'est pas un fichier de texte : enregistrez-le comme texte, en UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_password(path: Path) -> str:
    """One line, without blanks around it. Raises UnreadableFile, which never quotes it."""
    password = read_text(path).strip(BLANKS)
    if not password:
        raise UnreadableFile(f"{path} est vide : écrivez-y le mot de passe, sur une ligne.")
    if not all(letter.isprintable() or letter == "\u00a0" for letter in password):
        raise UnreadableFile(f"{path} a plus d'une ligne ou un signe invisible : n'y laissez que le mot de passe.")
    return password


def pem_blocks(content: bytes) -> bytes:
    """The blocks of a PEM file, without what stands around them in any encoding; empty if there is none."""
    text = content.decode(_encoding(content) if content.startswith(UTF_16) else "latin-1")
    lines = (line.strip() for block in PEM_BLOCK.findall(text) for line in block.splitlines())
    return "\n".join(lines).encode("ascii", "replace")


def in_utf_8(content: bytes) -> bytes:
    """For a file that is only in part text of ours, such as a saved mail. Other encodings than UTF-16 stay."""
    if content.startswith(UTF_16):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def _encoding(content: bytes) -> str:
    return "utf-16" if content.startswith(UTF_16) else "utf-8-sig"
