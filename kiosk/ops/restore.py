"""`kiosk restore`: the steps of kiosk.store.restore, and the mail that tells the MSSI."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.domain.purposes import Purpose
from kiosk.duty.system_mail import kiosk_name, new_identity, to_mssi
from kiosk.duty.trace import trace_head
from kiosk.errors import SettingsError, StoreError
from kiosk.mail.restored import Restored, compose_restored
from kiosk.store import restore as steps
from kiosk.store import start
from kiosk.store.connection import open_database
from kiosk.store.outbox import NewDelivery
from kiosk.store.restore import Doubts, Staged

WHY = "une sauvegarde a été restaurée sur la borne"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``aside``: where the database lies that was there before; ``stayed``: files that were not replaced."""

    staged: Staged
    doubts: Doubts
    stayed: tuple[str, ...]
    aside: Path | None

    def as_words(self) -> str:
        lines = [
            f"Restored: the kiosk is as it was on {clock.local(self.staged.written_at):%d/%m/%Y at %H:%M},"
            f" up to event {self.staged.sequence}.",
            f"{self.doubts.mails} mails had not left then; they go out, marked as possible doubles. The MSSI is told.",
        ]
        if self.stayed:
            lines.append(f"Left as they are: {', '.join(self.stayed)} (--replace puts the backup's in their place).")
        if self.aside:
            lines.append(
                f"What was there before is kept: {self.aside}, and files (also in secrets/) that end the same."
            )
            lines.append("Destroy them when they are no longer needed: they hold the former reports and their keys.")
        return "\n".join(lines)


def restore(
    settings: Settings, source: Path, private_key: X25519PrivateKey, now: datetime, *, replace: bool
) -> Outcome:
    """Raises StoreError; the instance is then as it was, or a start refuses until this has been done again."""
    with start.alone(settings):
        if settings.database.exists() and not replace:
            raise StoreError("There is a database already: with --replace it is kept aside. Nothing was changed.")
        stamp = steps.stamp_of(settings, now)
        staged = steps.unpack(settings, source, private_key)
        if not replace and (others := steps.differing_keys(settings, staged)):
            steps.discard(staged)
            raise StoreError(f"{others[0]} is not the backup's key: --replace puts it aside. Nothing was changed.")
        try:
            return _put_back(settings, staged, stamp, now, replace=replace)
        except steps.FAILURES as error:
            what = f"The restore broke off ({error}): mend the disk, then do it again."
            raise StoreError(what) from error


def _put_back(settings: Settings, staged: Staged, stamp: str, now: datetime, *, replace: bool) -> Outcome:
    steps.begin(settings)
    stayed = steps.place_files(settings, staged, stamp=stamp, replace=replace)
    settings = _anew(settings)
    doubts = steps.put_in_doubt(staged, wait=timedelta(seconds=settings.smtp.ambiguous_wait), now=now)
    mails = _mails(settings, staged, doubts, now)
    steps.announce(staged, mails, site=settings.local_site.id, demo=settings.demo, now=now)
    return Outcome(staged, doubts, stayed, steps.finish(settings, staged, stamp=stamp))


def _anew(settings: Settings) -> Settings:
    """As the restored files say; a setting that fits this machine no more is for the next start to tell."""
    try:
        return load_settings()
    except SettingsError:
        return settings


def _mails(settings: Settings, staged: Staged, doubts: Doubts, now: datetime) -> list[NewDelivery]:
    with open_database(staged.database) as db:
        head = trace_head(db)
    told = Restored(
        name=kiosk_name(settings),
        organisation=settings.organisation.name,
        written_at=staged.written_at,
        restored_at=now,
        doubtful=doubts.references,
        mails=doubts.mails,
        sequence=staged.sequence,
        demo=settings.demo,
        trace=head,
    )
    identity = new_identity(now)
    return to_mssi(
        settings, lambda *to: compose_restored(told, *to, identity=identity), purpose=Purpose.RESTORE, why=WHY
    )
