"""The French data protection authority (CNIL): when it must be notified, and its own words for origins of a breach."""

from datetime import timedelta
from enum import StrEnum

NOTIFICATION_DELAY = timedelta(hours=72)  # from when the organisation learnt of it: GDPR art. 33(1)


class CnilOrigin(StrEnum):
    """Origin of a personal-data breach, in the words of the CNIL's notification form, kept verbatim."""

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
        """As the file on a breach keeps it."""
        return self.name.lower()

    @property
    def label(self) -> str:
        return self.value[0].upper() + self.value[1:]
