"""Audiences of a new report: those to tell at once."""

from collections.abc import Iterable

from kiosk.config import Audience, When


def recipients(
    audiences: Iterable[Audience], *, site: str, kind: str, personal_data_excluded: bool
) -> tuple[Audience, ...]:
    """With or without an address, in the order of the settings."""
    return tuple(
        audience
        for audience in audiences
        if serves(audience, site=site, kind=kind) and _is_told(audience, personal_data_excluded)
    )


def serves(audience: Audience, *, site: str, kind: str) -> bool:
    """Empty ``sites`` or ``kinds`` mean all."""
    return serves_site(audience, site) and (not audience.kinds or kind in audience.kinds)


def serves_site(audience: Audience, site: str) -> bool:
    return audience.active and (not audience.sites or site in audience.sites)


def _is_told(audience: Audience, personal_data_excluded: bool) -> bool:
    if audience.when == When.PERSONAL_DATA:
        return not personal_data_excluded
    return audience.when == When.ALWAYS
