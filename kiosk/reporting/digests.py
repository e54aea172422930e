"""Digests: what is due is put together, audience by audience (kiosk/store/outbox/digests.py)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kiosk.config import Audience, Settings
from kiosk.domain.purposes import Purpose
from kiosk.duty.mssi import system_mail
from kiosk.mail.envelope import Addressee, console_link
from kiosk.mail.system.digest import Digest, DigestGroup, DigestLine, compose_digest
from kiosk.store.base.connection import Database
from kiosk.store.outbox import digests
from kiosk.store.outbox.digests import Grouped, NewDigest

LARGEST = 5 * 1024 * 1024  # bytes of mails in one digest
FRAME, LINE = 16 * 1024, 700  # bytes at most, of the text around the list and of one line in its two forms


def make_digests(db: Database, settings: Settings, now: datetime, largest: int = LARGEST) -> None:
    """Called by the sending thread while it is connected. A single mail leaves alone, as if nothing had been grouped.

    ``largest``: bytes that the relay takes in one mail.
    """
    known = {audience.id: audience for audience in settings.audiences}
    next_at = now + timedelta(minutes=settings.mail.digest_every)
    for audience in digests.due(db, now):
        mails = digests.collected(db, audience, now)
        if audience in known and (len(mails) > 1 or any(mail.listed for mail in mails)):
            whole = _that_fit(mails, _room(db, audience, largest, len(mails)))
            digests.make(db, _digest(db, settings, known[audience], mails, whole, now), now, next_at=next_at)
        elif mails:
            digests.let_alone(db, audience, [mail.delivery for mail in mails], next_at=next_at)


def _digest(
    db: Database, settings: Settings, audience: Audience, mails: Sequence[Grouped], whole: set[int], now: datetime
) -> NewDigest:
    content = Digest(
        groups=tuple(_groups(settings, mails, whole)),
        recent=digests.recent(db, audience.id, now),
        alone=settings.mail.alone_per_hour,
        every=settings.mail.digest_every,
    )
    composed = compose_digest(system_mail(db, settings, content, now), content, Addressee.of(settings, audience))
    return NewDigest(
        audience=audience.id,
        site=mails[0].site,
        message_id=composed.message_id,
        head=composed.head,
        opening=composed.opening,
        whole=[mail.delivery for mail in mails if mail.delivery in whole],
        listed=[mail.delivery for mail in mails if mail.delivery not in whole],
    )


def _room(db: Database, audience: str, largest: int, mails: int) -> int:
    return digests.room(db, audience, max(min(LARGEST, largest - FRAME - LINE * mails), 0))


def _that_fit(mails: Iterable[Grouped], room: int) -> set[int]:
    """In their order, as long as there is room; a smaller one may still fit behind one that does not."""
    chosen = set()
    for mail in mails:
        if not mail.listed and mail.size <= room:
            chosen.add(mail.delivery)
            room -= mail.size
    return chosen


def _groups(settings: Settings, mails: Sequence[Grouped], whole: set[int]) -> Iterable[DigestGroup]:
    alike: dict[tuple[str, str | None, str], list[Grouped]] = {}
    for mail in mails:
        alike.setdefault((mail.site, mail.zone, mail.kind), []).append(mail)
    for same in alike.values():
        lines = (_line(settings, mail, joined=mail.delivery in whole) for mail in sorted(same, key=_by_moment))
        severity = min((mail.severity for mail in same), key=lambda each: each.rank)
        yield DigestGroup(severity, same[0].kind_title, _place(settings, same[0]), tuple(lines))


def _by_moment(mail: Grouped) -> tuple[datetime, int]:
    return mail.received_at, mail.delivery


def _line(settings: Settings, mail: Grouped, *, joined: bool) -> DigestLine:
    about = "" if mail.purpose is Purpose.REPORT else mail.purpose.french
    link = console_link(settings.mail.console_url, f"reports/{mail.reference}")
    return DigestLine(mail.reference, mail.severity, mail.received_at, link, about, joined)


def _place(settings: Settings, mail: Grouped) -> str:
    site = settings.site(mail.site)
    names = (site.name, site.zone_name(mail.zone)) if site else (mail.site,)
    return " · ".join(filter(None, names))
