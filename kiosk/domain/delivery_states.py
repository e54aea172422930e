"""States of a delivery, and outcomes of one attempt to send it."""

from kiosk.domain.worded import Worded


class DeliveryState(Worded):
    """State of a delivery."""

    QUEUED = "queued", "en attente"
    SENDING = "sending", "envoi en cours"
    SENT = "sent", "transmis"
    HELD = "held", "refusé par le relais"
    CANCELLED = "cancelled", "devenu inutile"


class AttemptOutcome(Worded):
    """Outcome of one attempt to send a delivery."""

    SENT = "sent", "transmis"
    RELAY = "relay", "relais injoignable"
    AUTHENTICATION = "authentication", "identifiants refusés"
    DEFERRED = "deferred", "remis à plus tard"
    REFUSED = "refused", "refusé"
    AMBIGUOUS = "ambiguous", "dans le doute"
    CRASHED = "crashed", "interrompu"
