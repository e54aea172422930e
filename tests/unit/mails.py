"""Builders of facts, and a reader that takes a mail apart the way a mail program does."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from kiosk.domain.report import SentFrom
from kiosk.domain.severity import Severity
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.envelope import Addressee, Recipient, Stationery
from kiosk.mail.report.facts import Facts, Said, Telephone, ToldReader
from kiosk.mail.report.letter import compose_report

RECEIVED = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)
MSSI = Recipient("mssi", "MSSI")
TRACE = TraceHead(42, bytes.fromhex("ab" * 32))
STATIONERY = Stationery("borne@kiosk.example", "mssi@kiosk.example", "kiosk.example", reply_to="ssi@kiosk.example")
DEMONSTRATION = replace(STATIONERY, demo=True)
ISOLATES = str.maketrans("", "", "\u2068\u2069")


def facts(**changes: Any) -> Facts:
    told = Facts(
        reference="7K4-92Q-MX3",
        kind="lost_access",
        kind_title="Badge, clé ou code perdu ou volé",
        severity=Severity.CRITICAL,
        site="siege",
        site_name="Siège",
        site_address="1 rue de l'Exemple, Marseille",
        zone="zone-3",
        zone_name="Local technique",
        place="2e étage, porte 214",
        terminal="hall",
        sent_from=SentFrom.TERMINAL,
        received_at=RECEIVED,
        aware_at=datetime(2026, 11, 20, 23, 0, tzinfo=UTC),
        observed_precision="yesterday",
        observed_earliest=datetime(2026, 11, 19, 23, 0, tzinfo=UTC),
        observed_latest=datetime(2026, 11, 20, 23, 0, tzinfo=UTC),
        observed_words="hier",
        ongoing="yes",
        ongoing_asked="Peut-il encore servir ?",
        personal_data="unknown",
        personal_data_answered=True,
        deadline=datetime(2026, 11, 24, 8, 12, tzinfo=UTC),
        called="no_answer",
        called_words="personne (appel sans réponse)",
        already_done="La porte est surveillée.",
        said=(
            Said("means", "Qu'est-ce qui est concerné ?", "Badge, Clé", ["badge", "key"]),
            Said("marking", "Quel numéro est écrit dessus ?", "n° 4512", "n° 4512", free=True),
        ),
        description="Mon sac a disparu.\nLe badge était dedans.",
        language="fr",
        language_name="français",
        contact_name="Camille Exemple",
        contact_company="Froid et Climat",
        contact_telephone="06 00 00 00 00",
        telephones=(
            Telephone("manager", "Responsable d'immeuble", "04 00 00 00 01"),
            Telephone("deputy", "Suppléant", ""),
        ),
        checklist=("Désactiver le badge.", "Informer le MSSI des mesures prises."),
        domains=("access",),
        cnil_origin="Equipement perdu ou volé",
        rsit="intrusions:burglary",
        organisation="CPCAM 13",
        console_url="https://borne.example:8081",
        trace=TRACE,
        readers=(ToldReader("MSSI", "tout incident de sécurité signalé à une borne lui est transmis"),),
        version="0.1.0",
    )
    return replace(told, **changes)


@dataclass(frozen=True)
class Mail:
    raw: bytes
    fallback: bool = False

    @property
    def parsed(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def header_block(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[0].decode("ascii")

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def payload(self) -> dict[str, Any]:
        (part,) = self.parsed.iter_attachments()
        return dict(json.loads(part.get_content()))

    @property
    def quoted_description(self) -> str:
        """The description in the text part, its broken lines joined again: line ends apart, what was typed."""
        lines = [line for line in self.text.split("\n") if line.startswith("    | ")]
        return "".join(line.removeprefix("    | ").translate(ISOLATES) for line in lines)


def mail(recipient: Recipient = MSSI, stationery: Stationery = STATIONERY, **changes: Any) -> Mail:
    told = facts(**changes)
    (composed,) = compose_report(told, [Addressee(recipient, replace(stationery, demo=told.demo))])
    return Mail(composed.whole, composed.fallback)
