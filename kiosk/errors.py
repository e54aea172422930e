"""The few exceptions a caller can act upon."""


class KioskError(Exception):
    """Base of every error this program raises on purpose; its text tells the operator in French what to do next."""


class SettingsError(KioskError):
    """A setting is wrong; the text names it. Correct ``kiosk.toml`` or the environment, then start again."""


class StoreError(KioskError):
    """The database cannot be opened as promised (corrupt, from a newer version, unsafe pragmas)."""


class KeyNotHeld(StoreError):
    """The key exists and is not at hand: ``locked`` until the member's password is given again, else until a grant."""

    def __init__(self, *, locked: bool) -> None:
        super().__init__("Une clé est verrouillée." if locked else "Une clé n'a pas encore été confiée.")
        self.locked = locked


class StaffError(KioskError):
    """An account cannot be made or changed as asked; the text says why and what to do instead."""


class KeyTextError(KioskError):
    """What was typed is no key; the text says which line to compare with the paper."""


class NotConfirmed(KioskError):
    """A commit failed, so nobody knows whether it holds. Repeat with the same submission id."""


class DeliveryError(KioskError):
    """A mail did not leave. ``reply`` holds the relay's own words, bounded and escaped; ``phase`` where it stopped."""

    def __init__(self, phase: str, reply: str) -> None:
        super().__init__(f"{phase}: {reply}")
        self.phase = phase
        self.reply = reply


class RelayUnavailable(DeliveryError):
    """The relay cannot be reached or greeted (or its TLS not trusted): back off the relay, not the mail."""


class AuthenticationRefused(DeliveryError):
    """The relay refuses our credentials: pause all sending, so that the account is not locked."""


class MailDeferred(DeliveryError):
    """A temporary answer, or a break before the final dot: the mail was not taken, try it again later."""


class MailRefused(DeliveryError):
    """A permanent answer about this mail: hold it for a person; it is never dropped."""


class MailAmbiguous(DeliveryError):
    """The line broke after the final dot: the relay may have taken the mail. Repeat much later, same bytes."""
