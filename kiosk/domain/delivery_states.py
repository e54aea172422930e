"""Delivery states, and outcomes of one send attempt."""

from enum import StrEnum

from kiosk.domain.worded import Worded


class DeliveryState(Worded):
    QUEUED = "queued", "en attente"
    IN_DIGEST = "in_digest", "dans un envoi groupé"
    SENDING = "sending", "envoi en cours"
    SENT = "sent", "transmis"
    HELD = "held", "refusé par le relais"
    CANCELLED = "cancelled", "devenu inutile"


class InDigest(Worded):
    """Form in which a digest carries a mail."""

    WHOLE = "whole", "dans un envoi groupé"
    LISTED = "listed", "annoncé sans son texte dans un envoi groupé"


class HeldFor(StrEnum):
    """Cause of a permanent refusal; decides when a held mail is tried again (kiosk/store/outbox/held.py)."""

    RELAY = "relay"  # quota, rights of the sender, our greeting, policy, and what is not said
    ADDRESS = "address"
    MAIL = "mail"  # its bytes, which never change


class AttemptOutcome(Worded):
    SENT = "sent", "transmis"
    RELAY = "relay", "relais injoignable"
    AUTHENTICATION = "authentication", "identifiants refusés"
    DEFERRED = "deferred", "remis à plus tard"
    REFUSED = "refused", "refusé"
    AMBIGUOUS = "ambiguous", "dans le doute"
    CRASHED = "crashed", "interrompu"
