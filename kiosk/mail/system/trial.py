"""Test mail of `kiosk test-mail`."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.mail.system.system_mail import Content


@dataclass(frozen=True, slots=True)
class Trial(Content):
    purpose: ClassVar = Purpose.TEST
    why: ClassVar = "un essai a été demandé sur la borne"

    @property
    def banner(self) -> str:
        return "ESSAI"

    @property
    def subject(self) -> str:
        return "courriel d'essai"

    @property
    def headline(self) -> str:
        return "Courriel d'essai : aucun incident n'est signalé"
