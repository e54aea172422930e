"""Receipt of a report: reference, follow-up code, recipients, reading deadline."""

from datetime import datetime

from flask import Flask, render_template

from kiosk import clock
from kiosk.domain.catalogue import kind_of
from kiosk.domain.one_time import LIFETIME
from kiosk.domain.severity import Severity
from kiosk.duty.calendar import acknowledge_by
from kiosk.reporting.accept import Receipt
from kiosk.store.reports import report_status
from kiosk.store.reports.submissions import transmission
from kiosk.web.public import page
from kiosk.web.public.moments import day_and_time
from kiosk.web.public.page_cache import cached_fragment, placeholders
from kiosk.web.public.progress import progress_of
from kiosk.web.public.readiness import nothing_leaves
from kiosk.web.public.transmission_line import transmission_line
from kiosk.web.shared import htmx
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.qr import QrCode, qr_code
from kiosk.web.shared.texts import gettext as _
from kiosk.web.shared.texts import long_date

# A retry after a lost response comes within this time; later, another person may be at the screen.
CODE_SHOWN_FOR = LIFETIME
# Texts that are this reporter's alone.
OWN = ("reference", "follow_up_code", "qr_view_box", "qr_path", "transmission", "date", "read_by")
NAME_LENGTH = 80  # characters of the organisation's name in the QR code


def install(app: Flask) -> None:
    app.context_processor(lambda: {"printer": current_settings().screen.printer})


def receipt_page(receipt: Receipt) -> str:
    """Only after the commit: the page must not announce a report that is not stored."""
    now, report = clock.now(), report_status.get(database(), receipt.reference)
    code_shown = receipt.is_new or now - receipt.committed_at < CODE_SHOWN_FOR
    found = transmission(database(), receipt.reference)
    told = tuple(page.plain_name(audience) for audience in found.told) if found else ()
    due = read_by(report.site, report.severity, receipt.committed_at)
    codes = _codes(receipt) if code_shown else {}
    progress = progress_of(found, now, nothing_leaves)
    own = {
        **codes,
        "reference": receipt.reference,
        "date": long_date(receipt.committed_at),
        "read_by": day_and_time(due) if due else "",
        "transmission": transmission_line(progress, code=codes.get("follow_up_code", "")),
    }
    screen = cached_fragment(_screen, report.kind, code_shown, told, due is not None, own=own)
    return screen if htmx.wants_fragment() else render_template("public/receipt.html", screen=screen)


def _screen(kind: str, code_shown: bool, told: tuple[str, ...], has_deadline: bool) -> str:
    shown = {"code_shown": code_shown, "told": told, "has_deadline": has_deadline}
    return render_template("public/_receipt.html", kind=kind_of(kind), own=placeholders(*OWN), **shown)


def _codes(receipt: Receipt) -> dict[str, str]:
    qr = _keepsake(receipt)
    return {"follow_up_code": receipt.follow_up_code, "qr_view_box": qr.view_box, "qr_path": qr.path}


def read_by(site: str, severity: Severity, received_at: datetime) -> datetime | None:
    """None once that moment has passed."""
    due = acknowledge_by(current_settings(), site=site, severity=severity, received_at=received_at)
    return due if due > clock.now() else None


def _keepsake(receipt: Receipt) -> QrCode:
    """Without a URL: it works without a network and says nothing of the incident."""
    numbers = page.telephones()
    lines = [
        current_settings().organisation.name[:NAME_LENGTH],
        _("Signalement %(reference)s", reference=receipt.reference),
        _("Code de suivi : %(code)s", code=receipt.follow_up_code),
        _("À une borne : « %(button)s »", button=_("Retrouver un signalement")),
        *([_("Si cela s'aggrave : %(number)s", number=numbers[0].numbers[0].shown)] if numbers else []),
    ]
    return qr_code("\n".join(lines))
