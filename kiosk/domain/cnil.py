"""CNIL, the French data protection authority: notification delay and origins of a breach."""

from datetime import timedelta
from enum import StrEnum

from kiosk.domain.worded import Worded

NOTIFICATION_DELAY = timedelta(hours=72)  # after the organisation became aware: GDPR art. 33(1)


class BreachDecision(Worded):
    NOTIFIED = "notified", "notifiée"
    NOT_NOTIFIABLE = "not_notifiable", "non notifiée"


class CnilOrigin(StrEnum):
    """Verbatim from the CNIL's notification form."""

    EQUIPMENT = "Equipement perdu ou volé"
    PAPER = "Papier perdu, volé ou laissé accessible dans un endroit non sécurisé"
    POST = "Courrier perdu ou ouvert avant d'être retourné à l'envoyeur"
    HACKING = "Piratage, logiciel malveillant (p. ex. rançongiciel) et/ou hameçonnage"
    PAPER_DISPOSAL = "Mise au rebut de documents papier contenant des données personnelles sans destruction physique"
    DEVICE_DISPOSAL = "Mise au rebut d'appareils numériques contenant des données personnelles sans effacement sécurisé"
    PUBLICATION = "Publication non volontaire d'informations"
    WRONG_DISPLAY = "Données de la mauvaise personne affichées sur le portail du client"
    WRONG_RECIPIENT = "Données personnelles envoyées à un mauvais destinataire"
    SPOKEN = "Informations personnelles divulguées de façon verbale"
    OTHER = "autre"

    @property
    def code(self) -> str:
        """As stored in the file on a breach."""
        return self.name.lower()

    @property
    def label(self) -> str:
        return self.value[0].upper() + self.value[1:]
