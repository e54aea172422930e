"""Demonstration mailbox: mails that stay on the machine."""

import email
import email.policy
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from html import unescape
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template

from kiosk.web.shared import headers
from kiosk.web.shared.context import current_settings
from kiosk.web.shared.hosts import comes_from_here
from kiosk.web.staff.access.permissions import open_to_all

PREVIEW = re.compile(r'<span style="display:none[^"]*">([^<]*)</span>')  # preheader, see templates/mail
SHOWN = 200  # mails listed; older ones can be opened by number

blueprint = Blueprint("demo", __name__, url_prefix="/demo/mailbox")


@blueprint.before_request
def on_this_machine_alone() -> None:
    """The mailbox has no sign-in, so it must not be reached through a proxy."""
    if not comes_from_here():
        abort(404)


@dataclass(frozen=True, slots=True)
class Received:
    number: int
    subject: str
    recipient: str
    date: datetime | None
    important: bool
    preview: str


@dataclass(frozen=True, slots=True)
class MailboxPage:
    mails: Sequence[Received]


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPage:
    mail: Received
    headers: Sequence[tuple[str, str]]
    text: str
    attachments: Sequence[Attachment]


@blueprint.get("")
@open_to_all
def mailbox() -> str:
    files = [path for path in current_settings().demo_mailbox.glob("*.eml") if path.stem.isdecimal()]
    newest = sorted(files, key=lambda path: int(path.stem), reverse=True)[:SHOWN]
    return render_template("staff/mailbox.html", page=MailboxPage([_summary(path) for path in newest]))


@blueprint.get("/<int(max=999999999):number>")
@open_to_all
def mail(number: int) -> Response:
    path = _path(number)
    parsed = _parse(path)
    text = parsed.get_body(("plain",))
    page = MailPage(
        mail=_summary(path),
        headers=[(name, str(value)) for name, value in parsed.items()],
        text=_as_text(text) if text else "",
        attachments=[_attachment(part) for part in parsed.iter_attachments()],
    )
    return headers.replace_policy(make_response(render_template("staff/mail.html", page=page)), frame_src="'self'")


@blueprint.get("/<int(max=999999999):number>/html")
@open_to_all
def rendered(number: int) -> Response:
    """HTML part for a sandboxed frame: no scripts, no forms. Mails need their inline styles."""
    part = _parse(_path(number)).get_body(("html",))
    response = make_response(_as_text(part) if part else "")
    return headers.replace_policy(
        response,
        sandbox="",
        script_src="'none'",
        style_src="'unsafe-inline'",
        connect_src="'none'",
        form_action="'none'",
        frame_ancestors="'self'",
    )


def _path(number: int) -> Path:
    path: Path = current_settings().demo_mailbox / f"{number:04d}.eml"
    if not path.exists():
        abort(404)
    return path


def _parse(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _attachment(part: MIMEPart) -> Attachment:
    return Attachment(part.get_filename() or "", part.get_content_type(), _spaced(_as_text(part)))


def _as_text(part: MIMEPart) -> str:
    content = part.get_content()
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)


def _spaced(text: str) -> str:
    """Indent JSON; keep other text."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text


def _summary(path: Path) -> Received:
    parsed = _parse(path)
    return Received(
        number=int(path.stem),
        subject=str(parsed["Subject"]),
        recipient=str(parsed["X-Demonstration-Recipient"]),
        date=parsed["Date"].datetime if parsed["Date"] else None,
        important=str(parsed["Importance"]).lower() == "high",
        preview=_preview(parsed),
    )


def _preview(parsed: EmailMessage) -> str:
    """Preheader: mails about one report have the same subject."""
    part = parsed.get_body(("html",))
    found = PREVIEW.search(_as_text(part)) if part else None
    return unescape(found[1]).removeprefix("ESSAI · ") if found else ""
