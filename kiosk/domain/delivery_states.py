"""Delivery states, and outcomes of one send attempt."""

from kiosk.domain.worded import Worded


class DeliveryState(Worded):
    QUEUED = "queued", "en attente"
    SENDING = "sending", "envoi en cours"
    SENT = "sent", "transmis"
    HELD = "held", "refusé par le relais"
    CANCELLED = "cancelled", "devenu inutile"


class AttemptOutcome(Worded):
    SENT = "sent", "transmis"
    RELAY = "relay", "relais injoignable"
    AUTHENTICATION = "authentication", "identifiants refusés"
    DEFERRED = "deferred", "remis à plus tard"
    REFUSED = "refused", "refusé"
    AMBIGUOUS = "ambiguous", "dans le doute"
    CRASHED = "crashed", "interrompu"
