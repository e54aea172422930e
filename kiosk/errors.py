"""Exceptions that a caller can handle."""


class KioskError(Exception):
    """Base of our own errors. The text is French and says what to do next (English in a DeliveryError)."""


class SettingsError(KioskError):
    """A setting is wrong; the text names it. Correct ``kiosk.toml`` or the environment, then restart."""


class UnreadableFile(KioskError):
    """A file that an operator wrote cannot be read; the text names it and the cure, and quotes nothing of it."""


class StoreError(KioskError):
    """Database, key or file unusable: missing, damaged, from a newer version, unsafe pragmas."""


class KeyNotHeld(StoreError):
    """The key exists but is not available: ``locked`` until the password is given again, else not yet granted."""

    def __init__(self, *, locked: bool) -> None:
        super().__init__("Une clé est verrouillée." if locked else "Une clé n'a pas encore été confiée.")
        self.locked = locked


class StaffError(KioskError):
    """An account cannot be created or changed; the text says why and what to do instead."""


class KeyTextError(KioskError):
    """The typed text is not a key. If one line is wrong, the text names it."""


class NotConfirmed(KioskError):
    """A write transaction failed and may still have taken effect. Repeat with the same submission id."""


class DiskFull(NotConfirmed):
    """Nothing was written, because the disk has no room."""


class DeliveryError(KioskError):
    """A mail did not leave. ``reply``: the relay's code, or what broke in our own words; ``phase``: where.

    ``words``: the relay's own, bounded and escaped. They may quote the mail, so they are kept only while it waits.
    """

    def __init__(self, phase: str, reply: str, words: str = "") -> None:
        super().__init__(f"{phase}: {reply}")
        self.phase = phase
        self.reply = reply
        self.words = words or reply


class RelayUnavailable(DeliveryError):
    """The relay cannot be reached, greeted or trusted (TLS): pause the relay, not the mail."""


class AuthenticationRefused(DeliveryError):
    """The relay refuses our credentials: pause all sending, so that the account is not locked."""


class MailDeferred(DeliveryError):
    """Temporary failure, the mail was not taken: retry later."""


class MailRefused(DeliveryError):
    """Permanent refusal of this mail: hold it for a person, never drop it."""


class MailAmbiguous(DeliveryError):
    """The relay may have the mail, as after a break behind the final dot. Retry much later, same bytes."""
