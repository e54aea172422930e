"""Privacy notice: who reads a report and how long it is kept, as the settings say."""

from collections.abc import Iterator
from dataclasses import dataclass

from babel.lists import format_list
from babel.units import format_unit
from flask_babel import get_locale

from kiosk.config import Audience, When
from kiosk.config.retention import ErasureDays
from kiosk.domain.catalogue import KINDS
from kiosk.domain.roles import READERS
from kiosk.duty.audiences import serves_site
from kiosk.store.reports.submissions import ToldAudience
from kiosk.web.public import page
from kiosk.web.shared.context import current_settings
from kiosk.web.shared.texts import gettext as _
from kiosk.web.shared.texts import translated

YEAR = 365  # days


@dataclass(frozen=True, slots=True)
class DataReader:
    who: str
    known_as: str
    circumstance: str


@dataclass(frozen=True, slots=True)
class KeptFor:
    """``contact``, then ``content``: durations in words, counted from the moment that ``since`` names."""

    what: str
    contact: str
    content: str
    since: str


def readers() -> list[DataReader]:
    """Everybody to whom the settings send a report of this site; an audience without an address gets none."""
    told = [audience for audience in local_audiences() if audience.when != When.NEVER and audience.address]
    return [DataReader(page.plain_name(audience), known_as(audience), _circumstance(audience)) for audience in told]


def desk() -> str:
    """Roles whose accounts open reports at the console."""
    roles = [page.plain_name(ToldAudience(role, role.french, None)) for role in READERS]
    return format_list(roles, locale=get_locale())


def periods() -> Iterator[KeptFor]:
    kept = current_settings().retention
    closed, acted = _("après la clôture"), _("après le dernier acte")
    yield _kept(_("Signalement clos"), kept.closed, closed)
    for own in kept.kinds:
        if own.kind in KINDS:
            yield _kept(translated(KINDS[own.kind].title), own, closed)
    yield _kept(_("Pris en charge, jamais clos"), kept.acknowledged, acted)
    yield _kept(_("Essai, ou message sans rapport"), kept.hidden, _("après sa mise à l'écart"))


def breach_period() -> str:
    return _duration(current_settings().retention.breach_days)


def local_audiences() -> Iterator[Audience]:
    settings = current_settings()
    return (audience for audience in settings.audiences if serves_site(audience, settings.local_site.id))


def known_as(audience: Audience) -> str:
    return "" if audience.name.casefold() in page.plain_name(audience).casefold() else audience.name


def _kept(what: str, days: ErasureDays, since: str) -> KeptFor:
    return KeptFor(what, _duration(days.contact), _duration(days.content), since)


def _duration(days: int) -> str:
    whole_years = days > 0 and days % YEAR == 0
    count, unit = (days // YEAR, "duration-year") if whole_years else (days, "duration-day")
    return format_unit(count, unit, locale=get_locale())


def _circumstance(audience: Audience) -> str:
    circumstances: dict[When, str] = {
        When.ALWAYS: _("pour tout signalement"),
        When.PERSONAL_DATA: _("si des données personnelles peuvent être concernées"),
        When.ESCALATION: _("si personne ne s'en est encore occupé"),
    }
    titles = [translated(KINDS[code].title) for code in audience.kinds if code in KINDS]
    if not titles:
        return circumstances[audience.when]
    only = _("seulement pour : %(kinds)s", kinds=" · ".join(titles))
    return only if audience.when == When.ALWAYS else f"{only} ; {circumstances[audience.when]}"
