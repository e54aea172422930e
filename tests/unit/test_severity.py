"""How severe a report is, told as people tell it; and what follows for those who classify it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from kiosk.domain.catalogue import Domain, Tristate
from kiosk.domain.cnil import CnilOrigin
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission

COMMON = ("ongoing", "personal_data")


def told(kind: str, said: str) -> Report:
    """``said`` is "question=choice+choice question=choice"."""
    pairs = dict(pair.split("=") for pair in said.split())
    common = {code: Tristate(pairs.pop(code)) if code in pairs else None for code in COMMON}
    report = Report(
        submission=Submission(UUID(int=1, version=4)),
        kind_code=kind,
        site="siege",
        terminal=None,
        language="fr",
        received_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
        ongoing=common["ongoing"],
        personal_data_answer=common["personal_data"],
        answers={code: tuple(choices.split("+")) if "+" in choices else choices for code, choices in pairs.items()},
    )
    for code, answer in report.answers.items():
        question = report.kind.question(code)
        assert question is not None, code
        assert set(answer.split() if isinstance(answer, str) else answer) <= {each.code for each in question.choices}
    return report


@pytest.mark.parametrize(
    ("kind", "said", "severity"),
    [
        ("lost_access", "", "high"),
        ("lost_access", "means=badge how=lost", "high"),
        ("lost_access", "means=badge how=lost opens=technical", "high"),
        ("lost_access", "means=badge how=stolen opens=building", "high"),
        ("lost_access", "means=badge how=stolen opens=technical", "critical"),
        ("lost_access", "means=key+badge how=stolen opens=building+archives", "critical"),
        ("lost_access", "means=code how=known opens=technical", "critical"),
        ("lost_access", "means=login how=known", "critical"),
        ("lost_access", "means=smart_card how=stolen", "critical"),
        ("lost_access", "means=smart_card how=lost", "high"),
        ("lost_access", "means=smart_card how=lost pin_exposed=yes", "critical"),
        ("lost_access", "means=smart_card how=lost pin_exposed=yes ongoing=no", "high"),
        ("lost_access", "means=smart_card how=lost ongoing=no", "normal"),
        ("lost_access", "means=badge how=unknown opens=technical", "high"),
        ("lost_access", "means=unknown how=unknown opens=unknown ongoing=unknown", "high"),
        ("lost_access", "means=badge how=found", "high"),
        ("lost_access", "means=badge how=found ongoing=no", "normal"),
        ("lost_access", "means=badge how=stolen opens=technical ongoing=no", "high"),
        ("theft", "", "high"),
        ("theft", "what=computer how=stolen", "high"),
        ("theft", "what=computer encrypted=no personal_data=yes", "critical"),
        ("theft", "what=computer encrypted=no", "critical"),
        ("theft", "what=computer encrypted=no personal_data=no", "high"),
        ("theft", "what=computer encrypted=yes personal_data=yes", "high"),
        ("theft", "what=computer encrypted=unknown personal_data=yes", "critical"),
        ("theft", "what=documents personal_data=yes", "critical"),
        ("theft", "what=documents personal_data=unknown", "high"),
        ("theft", "what=computer+documents encrypted=yes personal_data=yes", "critical"),
        ("theft", "what=equipment how=break_in personal_data=no", "critical"),
        ("theft", "what=computer how=lost ongoing=no", "normal"),
        ("theft", "what=documents how=stolen ongoing=no personal_data=yes", "high"),
        ("theft", "what=unknown how=unknown encrypted=unknown personal_data=unknown", "high"),
        ("virus", "", "high"),
        ("virus", "network=connected", "critical"),
        ("virus", "network=connected ongoing=no", "critical"),
        ("virus", "network=isolated signs=alert", "high"),
        ("virus", "network=off signs=files", "high"),
        ("virus", "network=isolated signs=ransom", "critical"),
        ("virus", "network=isolated extent=several", "critical"),
        ("virus", "signs=remote", "critical"),
        ("virus", "network=unknown signs=strange+files", "critical"),
        ("virus", "network=isolated signs=remote", "high"),
        ("virus", "network=unknown signs=unknown extent=unknown removable=unknown", "high"),
        ("access_control_disabled", "", "high"),
        ("access_control_disabled", "state=open", "high"),
        ("access_control_disabled", "state=open leads_to=technical watched=no", "critical"),
        ("access_control_disabled", "state=open leads_to=technical watched=unknown", "critical"),
        ("access_control_disabled", "state=open leads_to=technical watched=yes", "high"),
        ("access_control_disabled", "state=no_check leads_to=archives", "critical"),
        ("access_control_disabled", "state=forced leads_to=entrance watched=no", "critical"),
        ("access_control_disabled", "state=open leads_to=entrance", "high"),
        ("access_control_disabled", "state=open leads_to=offices watched=no", "high"),
        ("access_control_disabled", "state=closed leads_to=technical", "normal"),
        ("access_control_disabled", "state=closed cause=deliberate", "high"),
        ("access_control_disabled", "state=reader", "high"),
        ("access_control_disabled", "state=reader ongoing=no", "normal"),
        ("access_control_disabled", "state=forced ongoing=no", "high"),
        ("access_control_disabled", "state=open leads_to=technical ongoing=no", "high"),
        ("access_control_disabled", "state=unknown leads_to=technical watched=unknown cause=unknown", "high"),
        ("device_outage", "", "high"),
        ("device_outage", "device=camera since=weeks", "high"),
        ("device_outage", "device=camera damage=yes", "critical"),
        ("device_outage", "device=fire", "critical"),
        ("device_outage", "device=fire ongoing=no", "normal"),
        ("device_outage", "device=alarm damage=yes ongoing=no", "high"),
        ("device_outage", "device=intercom", "normal"),
        ("device_outage", "device=intercom+alarm", "high"),
        ("device_outage", "device=intercom+unknown", "high"),
        ("device_outage", "device=unknown since=unknown damage=unknown repair=unknown ongoing=unknown", "high"),
        ("other", "", "normal"),
        ("other", "certainty=doubt", "normal"),
        ("other", "certainty=doubt about=software ongoing=yes", "normal"),
        ("other", "certainty=doubt about=person ongoing=yes", "high"),
        ("other", "certainty=doubt personal_data=yes", "high"),
        ("other", "certainty=seen", "high"),
        ("other", "certainty=seen about=person ongoing=yes", "critical"),
        ("other", "about=device ongoing=yes", "critical"),
        ("other", "about=information personal_data=yes ongoing=yes", "critical"),
        ("other", "about=information personal_data=yes ongoing=no", "high"),
        ("other", "about=unknown certainty=unknown ongoing=unknown personal_data=unknown", "normal"),
        ("no_such_kind", "", "normal"),
    ],
)
def test_severity(kind: str, said: str, severity: str) -> None:
    assert told(kind, said).severity == severity


@pytest.mark.parametrize(
    ("kind", "said", "tag"),
    [
        ("lost_access", "how=lost", "other:other"),
        ("lost_access", "how=stolen", "intrusions:burglary"),
        ("lost_access", "", "other:undetermined"),
        ("theft", "what=computer how=stolen", "intrusions:burglary"),
        ("theft", "what=documents how=stolen", "information-content-security:data-leak"),
        ("theft", "what=documents how=lost", "information-content-security:data-loss"),
        ("virus", "", "malicious-code:infected-system"),
        ("virus", "signs=email", "fraud:phishing"),
        ("virus", "signs=email+alert", "malicious-code:infected-system"),
        ("access_control_disabled", "cause=deliberate", "availability:sabotage"),
        ("access_control_disabled", "cause=breakdown", "availability:outage"),
        ("device_outage", "", "availability:outage"),
        ("device_outage", "damage=yes", "availability:sabotage"),
        ("other", "", "other:undetermined"),
        ("other", "about=request", "information-gathering:social-engineering"),
    ],
)
def test_rsit_tag(kind: str, said: str, tag: str) -> None:
    assert told(kind, said).rsit == tag


@pytest.mark.parametrize(
    ("kind", "said", "origin"),
    [
        ("lost_access", "means=badge", ""),
        ("lost_access", "means=badge opens=archives", CnilOrigin.EQUIPMENT),
        ("lost_access", "means=badge opens=archives personal_data=no", ""),
        ("lost_access", "means=login personal_data=yes", CnilOrigin.OTHER),
        ("theft", "what=computer", CnilOrigin.EQUIPMENT),
        ("theft", "what=computer+documents", CnilOrigin.PAPER),
        ("theft", "what=post", CnilOrigin.POST),
        ("theft", "what=computer personal_data=no", ""),
        ("virus", "", CnilOrigin.HACKING),
        ("access_control_disabled", "state=open leads_to=archives", ""),
        ("access_control_disabled", "leads_to=archives personal_data=yes", CnilOrigin.PAPER),
        ("device_outage", "", ""),
        ("other", "disclosure=recipient", CnilOrigin.WRONG_RECIPIENT),
        ("other", "disclosure=spoken", CnilOrigin.SPOKEN),
        ("other", "disclosure=published", CnilOrigin.PUBLICATION),
        ("other", "left_what=papers_binned", CnilOrigin.PAPER_DISPOSAL),
        ("other", "left_what=device_binned", CnilOrigin.DEVICE_DISPOSAL),
        ("other", "", ""),
    ],
)
def test_cnil_origin(kind: str, said: str, origin: str) -> None:
    assert told(kind, said).cnil_origin == origin


@pytest.mark.parametrize(
    ("said", "domain"),
    [
        ("about=person", Domain.ACCESS),
        ("about=request", Domain.ACCESS),
        ("about=information", Domain.FLOWS),
        ("about=left_behind", Domain.FLOWS),
        ("about=device", Domain.FLOWS),
        ("about=software", Domain.INTEGRITY),
        ("about=supplies", Domain.CONTINUITY),
        ("about=else", Domain.UNCLASSIFIED),
        ("about=unknown", Domain.UNCLASSIFIED),
        ("", Domain.UNCLASSIFIED),
    ],
)
def test_another_incident_is_filed_by_what_it_is_about(said: str, domain: Domain) -> None:
    assert told("other", said).domains == (domain,)


def test_the_wordings_of_the_cnil_are_kept_letter_by_letter() -> None:
    assert [str(origin) for origin in CnilOrigin] == [
        "Equipement perdu ou volé",
        "Papier perdu, volé ou laissé accessible dans un endroit non sécurisé",
        "Courrier perdu ou ouvert avant d'être retourné à l'envoyeur",
        "Piratage, logiciel malveillant (p. ex. rançongiciel) et/ou hameçonnage",
        "Mise au rebut de documents papier contenant des données personnelles sans destruction physique",
        "Mise au rebut d'appareils numériques contenant des données personnelles sans effacement sécurisé",
        "Publication non volontaire d'informations",
        "Données de la mauvaise personne affichées sur le portail du client",
        "Données personnelles envoyées à un mauvais destinataire",
        "Informations personnelles divulguées de façon verbale",
        "autre",
    ]
