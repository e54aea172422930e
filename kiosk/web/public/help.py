"""Help topics: rules of the site, contacts, personal data, accessibility."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, render_template
from markupsafe import Markup

from kiosk.config import Audience, Role
from kiosk.domain.catalogue.vocabulary import N_
from kiosk.domain.telephones import TelephoneNumber, telephone_numbers
from kiosk.web.public import page, privacy_notice
from kiosk.web.public.page_cache import cached_fragment, cached_page
from kiosk.web.public.privacy_notice import known_as, local_audiences
from kiosk.web.shared.texts import gettext as _

# Date of the last check of the accessibility statement against the screens.
ESTABLISHED = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALLED = (Role.MANAGER, Role.DEPUTY, Role.REFERENT, Role.SERVICE, Role.MSSI, Role.DPO)
RECOURSE = {
    "cnil": "cnil.fr",
    "defender": "defenseurdesdroits.fr",
}
DEFENDER_TELEPHONE = TelephoneNumber("09 69 39 00 00", "0969390000")
# Only these addresses are shown: they belong to a function, the others may contain a person's name.
WRITTEN_TO = (Role.MSSI, Role.DPO)

blueprint = page.blueprint("help")


@dataclass(frozen=True, slots=True)
class Topic:
    code: str
    title: str
    pictogram: str

    @property
    def template(self) -> str:
        return f"public/_help_{self.code}.html"


TOPICS = {
    topic.code: topic
    for topic in (
        Topic("rules", N_("Les règles de la maison"), "info"),
        Topic("contacts", N_("Qui appeler"), "phone"),
        Topic("privacy", N_("Vos données"), "lock"),
        Topic("accessibility", N_("Accessibilité"), "user"),
    )
}


@dataclass(frozen=True, slots=True)
class HelpContact:
    """``known_as``: the name in the settings, if it adds to ``who``. ``address``: for the roles in WRITTEN_TO only."""

    who: str
    known_as: str = ""
    purpose: str = ""
    telephones: tuple[TelephoneNumber, ...] = ()
    address: str = ""


def install(app: Flask) -> None:
    app.jinja_env.globals["help"] = {
        "topics": tuple(TOPICS.values()),
        "text": text,
        "contacts": contacts,
        "readers": privacy_notice.readers,
        "desk": privacy_notice.desk,
        "periods": privacy_notice.periods,
        "breach_period": privacy_notice.breach_period,
        "established": ESTABLISHED,
        "recourse": RECOURSE,
        "defender_telephone": DEFENDER_TELEPHONE,
    }


@blueprint.get("/<language:lang>/help/<any(rules, contacts, privacy, accessibility):topic>")
def show(topic: str) -> Response:
    return cached_page(_page, topic)


def _page(topic: str) -> str:
    return render_template("public/help.html", topic=TOPICS[topic])


def text(template: str, *, level: int) -> Markup:
    return cached_fragment(_text, template, level)


def _text(template: str, level: int) -> str:
    return render_template(template, level=level)


def contacts() -> list[HelpContact]:
    """In the order to call them. A role without a holder is listed too, except services."""
    return [_contact(audience) for role in CALLED for audience in _holders(role)]


def _holders(role: Role) -> list[Audience]:
    found = [audience for audience in local_audiences() if audience.role == role]
    return found if found or role == Role.SERVICE else [Audience(id=role.value, role=role, name="")]


def _contact(audience: Audience) -> HelpContact:
    return HelpContact(
        who=page.plain_name(audience),
        known_as=known_as(audience),
        purpose=_purpose(audience.role),
        telephones=telephone_numbers(audience.telephone),
        address=audience.address if audience.role in WRITTEN_TO else "",
    )


def _purpose(role: Role) -> str:
    purposes: dict[Role, str] = {
        Role.MANAGER: _("Pour tout incident, en premier."),
        Role.DEPUTY: _("Quand le responsable d'immeuble ne répond pas."),
        Role.REFERENT: _("Aussitôt, pour une carte, un code ou un mot de passe perdu ou volé."),
        Role.MSSI: _("Reçoit les signalements faits sur cette borne."),
        Role.DPO: _("Pour vos données et vos droits."),
    }
    return purposes.get(role, "")
