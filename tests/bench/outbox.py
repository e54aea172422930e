"""A plain outbox, to measure the kiosk by: the same report and the same mails, as a good programmer writes it in a day.

Decided as such a person decides: Flask and waitress with four threads; Jinja templates compiled once; SQLite in WAL
with ``synchronous=FULL``, a connection a thread; report and mails in one commit; one thread that sends on one kept
connection, is woken by an event, and commits a mark after each mail; EmailMessage for text and HTML.

Left out, and so not paid for: access for everybody, languages, questions that depend on others, validation beyond a
required text, the same report sent twice, encryption at rest, erasing what was sent, a trace, follow-up, a receipt with
a code, escalation, a console, security headers, the difference between a mail refused for now and for good, a mail
broken off after its final dot, a second process that survives the first, and a page that Back does not show again.
"""

import json
import smtplib
import sqlite3
import sys
import threading
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from flask import Flask, render_template, request
from jinja2 import DictLoader
from waitress import serve

SENDER = "kiosk@cpam.invalid"
AUDIENCES = ("mssi@cpam.invalid", "manager@cpam.invalid", "dpo@cpam.invalid")
FIELDS = (
    *("zone", "place", "when", "ongoing", "state", "leads_to", "cause"),
    *("personal_data", "description", "name", "company", "telephone"),
)
RULES = "Le responsable d'immeuble et son suppleant sont les premiers a prevenir.\n"
KINDS = ("Badge perdu", "Matériel disparu", "Virus", "Contrôle d'accès", "Équipement en panne", "Autre")
SCHEMA = """
CREATE TABLE IF NOT EXISTS reports (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mails (id INTEGER PRIMARY KEY, report INTEGER, address TEXT, bytes BLOB, sent_at TEXT);
CREATE INDEX IF NOT EXISTS unsent ON mails (id) WHERE sent_at IS NULL;
"""
PAGES = {
    "page.html": "<!doctype html><html lang=fr><meta charset=utf-8><title>Signaler</title>"
    "<style>body{font:18px sans-serif;max-width:40em;margin:auto}label,textarea,input{display:block;width:100%}</style>"
    "<h1>Signaler un incident</h1>{% block main %}{% endblock %}</html>",
    "home.html": "{% extends 'page.html' %}{% block main %}<ul>{% for kind in kinds %}"
    "<li><a href='/report?kind={{ loop.index }}'>{{ kind }}</a>{% endfor %}</ul>{% endblock %}",
    "form.html": "{% extends 'page.html' %}{% block main %}<form method=post>{% for field in fields %}"
    "<label for={{ field }}>{{ field }}</label>{% if field == 'description' %}"
    "<textarea id={{ field }} name={{ field }} required></textarea>{% else %}"
    "<input id={{ field }} name={{ field }}>{% endif %}{% endfor %}<button>Envoyer</button></form>{% endblock %}",
    "thanks.html": "{% extends 'page.html' %}{% block main %}<p id=thanks>Merci. Votre signalement porte le numéro"
    " {{ number }}.</p><a href='/'>Terminer</a>{% endblock %}",
    "mail.txt": "{% for name, value in said.items() %}{{ name }} : {{ value }}\n{% endfor %}\n{{ annex }}",
    "mail.html": "<h1>Incident</h1><table>{% for name, value in said.items() %}<tr><th>{{ name }}<td>{{ value }}"
    "{% endfor %}</table>",
}


def annex_of(length: int) -> str:
    return (RULES * (length // len(RULES) + 1))[:length]


def composed(said: Mapping[str, str], address: str, annex: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"], mail["Message-ID"] = SENDER, address, formatdate(), make_msgid()
    mail["Subject"] = f"Incident de sécurité : {said.get('zone', '')}, {said.get('state', '')}"
    mail.set_content(render_template("mail.txt", said=said, annex=annex))
    mail.add_alternative(render_template("mail.html", said=said), subtype="html")
    return mail.as_bytes()


class Outbox:
    """``annex``: text below each mail, so that it is as long as those of the kiosk."""

    def __init__(self, path: Path, relay: int, annex: str) -> None:
        self._path, self._relay, self._annex = path, relay, annex
        self._news, self._own = threading.Event(), threading.local()
        self._db().executescript("PRAGMA journal_mode = WAL;" + SCHEMA)

    def _db(self) -> sqlite3.Connection:
        if not hasattr(self._own, "db"):
            self._own.db = sqlite3.connect(self._path)
            self._own.db.execute("PRAGMA synchronous = FULL")
        db: sqlite3.Connection = self._own.db
        return db

    def report(self, said: Mapping[str, str]) -> int | None:
        """Its number, once it is on disk with its mails."""
        mails = [(address, composed(said, address, self._annex)) for address in AUDIENCES]
        with self._db() as db:
            number = db.execute("INSERT INTO reports (fields) VALUES (?)", (json.dumps(said),)).lastrowid
            rows = [(number, *mail) for mail in mails]
            db.executemany("INSERT INTO mails (report, address, bytes) VALUES (?, ?, ?)", rows)
        self._news.set()
        return number

    def send_for_ever(self) -> None:
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self._relay) as relay:
                    while True:
                        self._send_waiting(relay)
                        self._news.wait()
                        self._news.clear()
            except (OSError, smtplib.SMTPException):
                self._news.wait(1)

    def _send_waiting(self, relay: smtplib.SMTP) -> None:
        waiting = "SELECT id, address, bytes FROM mails WHERE sent_at IS NULL ORDER BY id"
        for number, address, mail in self._db().execute(waiting).fetchall():
            relay.sendmail(SENDER, address, mail)
            with self._db() as db:
                db.execute("UPDATE mails SET sent_at = CURRENT_TIMESTAMP WHERE id = ?", (number,))


def site(outbox: Outbox | None) -> Flask:
    """Without an outbox it only shows its pages."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader(PAGES)

    @app.get("/")
    def home() -> str:
        return render_template("home.html", kinds=KINDS)

    @app.get("/report")
    def form() -> str:
        return render_template("form.html", fields=FIELDS)

    @app.post("/report")
    def send() -> str | tuple[str, int]:
        said = {name: request.form[name] for name in FIELDS if request.form.get(name)}
        if outbox is None or not said.get("description"):
            return form(), 422
        return render_template("thanks.html", number=outbox.report(said))

    return app


if __name__ == "__main__":
    path, port, relay, length = sys.argv[1:]
    outbox = Outbox(Path(path), int(relay), annex_of(int(length)))
    sender = threading.Thread(target=outbox.send_for_ever, daemon=True)
    sender.start()
    print(sender.native_id, flush=True)  # for whoever counts its syncs
    serve(site(outbox), host="127.0.0.1", port=int(port), threads=4, clear_untrusted_proxy_headers=True, _quiet=True)
