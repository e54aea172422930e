"""What no type can say: settings that contradict one another stop the start with one sentence."""

import re
from collections.abc import Iterable
from dataclasses import astuple
from datetime import time, timedelta

from babel import Locale, UnknownLocaleError

from kiosk.config.certificates import check_signing_names
from kiosk.config.duty import Calendar
from kiosk.config.keyboards import read_layouts
from kiosk.config.look_check import check_look
from kiosk.config.retention import check_retention
from kiosk.config.settings import Settings
from kiosk.config.staff import check_staff
from kiosk.errors import SettingsError

# A mailbox as RFC 5321 §4.1.2 writes it, without quoted local parts: enough to catch a slip of the pen.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
LONGEST_WAIT = 7 * 24 * 60  # minutes
LONGEST_CLOSURE = timedelta(days=366)
CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def check_settings(settings: Settings) -> None:
    if not settings.sites:
        raise SettingsError("«sites» is empty: at least one site is needed.")
    _check_codes("sites", (site.id for site in settings.sites))
    for site in settings.sites:
        _check_codes(f"sites.{site.id}.zones", (zone.code for zone in site.zones))
    terminals = [terminal.id for site in settings.sites for terminal in site.terminals]
    _check_codes("terminals", terminals)
    if settings.terminal and settings.terminal not in terminals:
        raise SettingsError(f"«terminal» names «{settings.terminal}», which no site has.")
    _check_audiences(settings)
    _check_mail(settings)
    _check_languages(settings)
    _check_duty(settings)
    check_signing_names(settings)
    check_look(settings)
    read_layouts(settings.keyboards)
    check_staff(settings.staff, proxy=settings.web.proxy)
    check_retention(settings.retention)
    if not 0 <= settings.mail.alarm_after <= 60:
        raise SettingsError("«mail.alarm_after» must lie between 0 and 60 minutes.")
    if not 30 <= settings.web.idle <= 600:
        raise SettingsError("«web.idle» must lie between 30 and 600 seconds.")


def _check_audiences(settings: Settings) -> None:
    sites = {site.id for site in settings.sites}
    _check_codes("audiences", (audience.id for audience in settings.audiences))
    for audience in settings.audiences:
        where = f"audiences.{audience.id}"
        if audience.address and not ADDRESS.fullmatch(audience.address):
            raise SettingsError(f"«{where}.address» is not a mail address.")
        for site in audience.sites:
            if site not in sites:
                raise SettingsError(f"«{where}.sites» names «{site}», which is not a site.")
    if not any(audience.role == "mssi" and audience.active for audience in settings.audiences):
        raise SettingsError("«audiences»: no audience has the role mssi.")


def _check_languages(settings: Settings) -> None:
    if "fr" not in settings.languages.offered:
        raise SettingsError("«languages.offered» must contain fr.")
    for code in settings.languages.offered:
        try:
            Locale.parse(code, sep="-")
        except (ValueError, UnknownLocaleError) as error:
            raise SettingsError(f"«languages.offered»: «{code}» is no language code, such as fr or pt-BR.") from error


def _check_mail(settings: Settings) -> None:
    for name in ("sender", "bounce"):
        if not ADDRESS.fullmatch(getattr(settings.mail, name)):
            raise SettingsError(f"«mail.{name}» is not a mail address.")
    smtp = settings.smtp
    if not 0 <= smtp.port <= 65535:
        raise SettingsError("«smtp.port» must lie between 1 and 65535.")
    if re.search(r"[\s/@]", smtp.host):
        raise SettingsError("«smtp.host» must be a host name or an address, nothing else.")
    if smtp.username and smtp.password_file is None:
        raise SettingsError("«smtp.username» is set: «smtp.password_file» must name the file with its password.")
    for name in ("password_file", "ca_file"):
        path = getattr(smtp, name)
        if path is not None and not path.is_file():
            # Not the path itself: somebody may have written the password where its file should be named.
            raise SettingsError(f"«smtp.{name}»: there is no such file.")


def _check_duty(settings: Settings) -> None:
    for name in ("acknowledge", "step"):
        if not all(1 <= minutes <= LONGEST_WAIT for minutes in astuple(getattr(settings.duty, name))):
            raise SettingsError(f"«duty.{name}»: each severity's minutes must lie between 1 and {LONGEST_WAIT}.")
    _check_calendar("duty.calendar", settings.duty.calendar)
    for site in settings.sites:
        if site.calendar:
            _check_calendar(f"sites.{site.id}.calendar", site.calendar)


def _check_calendar(where: str, calendar: Calendar) -> None:
    """There must always be a next hour of business, and it must come before the program has counted for long."""
    if calendar.closes not in (time.min, max(calendar.opens, calendar.closes)) or calendar.opens == calendar.closes:
        raise SettingsError(f"«{where}.closes» must be later than opens (or 00:00: the end of the day).")
    if not calendar.days:
        raise SettingsError(f"«{where}.days» is empty: nobody would ever have to answer.")
    for closure in calendar.closures:
        if not timedelta(0) <= closure.last - closure.first <= LONGEST_CLOSURE:
            raise SettingsError(f"«{where}.closures»: a closure must end after it begins, and within a year.")


def _check_codes(where: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if not CODE.fullmatch(code):
            raise SettingsError(f"«{where}»: «{code}» must be lower-case letters, digits, hyphens.")
        if code in seen:
            raise SettingsError(f"«{where}»: «{code}» stands there twice.")
        seen.add(code)
