"""Account states, and whether a reader's key pair was confirmed."""

from kiosk.domain.worded import Worded


class AccountState(Worded):
    DISABLED = "disabled", "désactivé"
    ACTIVE = "active", "actif"
    LINK_SENT = "link sent", "lien remis"
    LINK_EXPIRED = "link expired", "lien expiré"


class Confirmation(Worded):
    """``NONE``: the account has no key pair, because it reads no reports or has no password yet."""

    NONE = "none", "sans clé"
    WAITING = "waiting", "à confirmer"
    CONFIRMED = "confirmed", "confirmée"
