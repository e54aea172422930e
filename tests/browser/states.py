"""Every page and every state of both doors, in one list.

A way leads from state to state, as people go, and says the name of each when it stands there. A new page or state is a
line here; test_every_state.py visits them all and finds the templates and routes that none of them reaches.
"""

from dataclasses import dataclass

from kiosk.domain.catalogue import KINDS
from kiosk.web.public.help import TOPICS
from tests.browser import journey, states_breach, states_factor, states_keys, states_lines, states_public, states_staff
from tests.browser.visit import Way


@dataclass(frozen=True)
class Walk:
    """``narrowest``: the narrowest screen that shows these states, in CSS pixels."""

    name: str
    way: Way
    states: tuple[str, ...]
    narrowest: int = 320

    def __str__(self) -> str:
        return self.name


PUBLIC = [
    Walk(
        "tiles",
        states_public.tiles,
        (
            "tiles",
            "tiles, large letters",
            "tiles, large letters and strong contrast",
            "tiles, strong contrast",
            "tiles, mails are late",
            "tiles, cannot save",
            "form, cannot save",
        ),
    ),
    Walk(
        "languages",
        states_public.languages,
        ("tiles, after a change of language", "form, after a change of language"),
    ),
    *(Walk(kind, states_public.form_of(kind), tuple(f"{kind}: {step}" for step in journey.STEPS)) for kind in KINDS),
    Walk(
        "answers",
        states_public.form_with_answers,
        ("form, another day", "form, details unfolded", "form, everything to check"),
    ),
    Walk(
        "help beside the form",
        states_public.form_with_help,
        tuple(f"form, help unfolded: {topic}" for topic in TOPICS),
    ),
    Walk(
        "errors",
        states_public.form_with_errors,
        ("form, refused", "form, refused, at the field", "form, from another site", "form, not confirmed"),
    ),
    Walk(
        "sending",
        states_public.form_that_cannot_be_sent,
        ("form, sent slowly", "form, not sent", "form, too long for one sending"),
    ),
    Walk("scripts that do not come", states_public.form_without_our_scripts, ("form, one plain page",)),
    Walk("idle", states_public.form_left_alone, ("form, is anybody there?",)),
    Walk(
        "keyboard",
        states_public.form_with_keyboard,
        ("form, keyboard for a description", "form, keyboard for a telephone"),
        narrowest=540,  # a telephone brings its own
    ),
    Walk(
        "receipts",
        states_public.receipts,
        (
            "receipt, being sent",
            "receipt, sent",
            "receipt again, without its code",
        ),
    ),
    Walk(
        "receipts waiting",
        states_public.receipts_waiting,
        ("receipt, waiting, with a printer", "receipt, partly sent"),
    ),
    Walk(
        "follow-up",
        states_public.follow_up,
        ("follow-up", "follow-up, wrong code", "follow-up, not sent"),
    ),
    Walk(
        "followed",
        states_public.followed,
        (
            "followed, waiting",
            "followed, taken",
            "followed, with a reply, later than announced",
            "followed, closed",
        ),
    ),
    Walk(
        "additions",
        states_public.additions,
        (
            "followed, forms unfolded",
            "addition, not sent",
            "addition, refused",
            "addition, stored",
            "addition, found again",
        ),
    ),
    Walk(
        "additions answered by a page",
        states_public.additions_answered_by_a_page,
        ("addition, from another site", "addition, not confirmed"),
    ),
    Walk("help", states_public.help_pages, tuple(f"help: {topic}" for topic in TOPICS)),
    Walk(
        "troubles",
        states_public.troubles,
        (
            "trouble: page shown before",
            "trouble: no such page",
            "trouble: not understood",
            "trouble: too long",
            "trouble: no answer from the store",
            "trouble: a fault of ours",
        ),
    ),
]

STAFF = [
    Walk(
        "sign-in",
        states_staff.sign_in,
        ("sign-in", "sign-in, session over", "sign-in, refused, with help", "sign-in, wait"),
    ),
    Walk(
        "first password",
        states_staff.first_password,
        ("first password", "first password, refused", "first password, link used up"),
    ),
    Walk(
        "reading",
        states_keys.reading,
        (
            "report, locked since a restart",
            "unlock",
            "unlock, refused",
            "account, locked since a restart",
            "search, locked since a restart",
            "report, not opened to a newcomer yet",
            "account, not opened to a newcomer yet",
        ),
    ),
    Walk(
        "accounts",
        states_keys.accounts_page,
        (
            "accounts",
            "accounts, one to be confirmed",
            "accounts, one that the trace does not know",
            "accounts, confirmed",
        ),
    ),
    Walk("account", states_staff.account, ("account", "account, refused", "account, password changed")),
    Walk(
        "second factors",
        states_factor.own_factors,
        (
            "second factors, none",
            "second factors, refused",
            "second factor, set up",
            "second factor, set up, refused",
            "recovery codes",
            "second factors, an app",
        ),
    ),
    Walk(
        "second factor at the sign-in",
        states_factor.at_the_sign_in,
        ("second factor, set up at the sign-in", "second factor, a passkey", "second factor, no passkey"),
    ),
    Walk(
        "code at the sign-in",
        states_factor.with_a_code,
        ("second factor, a code", "second factor, refused", "second factor, wait"),
    ),
    Walk("sessions", states_factor.open_sessions, ("sessions",)),
    Walk(
        "too late",
        states_staff.too_late,
        ("confirm what came too late", "sign-in, nothing typed is lost"),
    ),
    Walk(
        "lists",
        states_staff.lists,
        (
            "console, nothing waits",
            "console, some wait",
            "console, everything is late",
            "console, no news",
            "console, filtered",
            "console, filtered, nothing left",
        ),
    ),
    Walk("long list", states_staff.long_list, ("console, first page of several", "console, next page")),
    Walk(
        "similar reports",
        states_lines.similar_reports,
        (
            "console, similar reports opened",
            "similar reports",
            "similar reports, a reference refused",
            "similar reports, hide them?",
            "similar reports, close them?",
            "similar reports, some left",
            "report, repeated by others",
            "report, what it repeats",
        ),
    ),
    Walk(
        "one report",
        states_staff.one_report,
        (
            "report, open, a mail refused",
            "report, taken by oneself",
            "report, taken over by somebody else meanwhile",
            "report, closed",
            "report, to take along",
            "report, hidden",
            "report, shown again",
        ),
    ),
    Walk(
        "breach",
        states_breach.breach,
        (
            "report, its breach undecided",
            "breach, the draft",
            "breach, refused",
            "breach, somebody was quicker",
            "breach, decided",
            "breach, to be printed",
            "report, no breach yet",
        ),
    ),
    Walk(
        "register of breaches",
        states_breach.register,
        ("breaches, none", "breaches, late and decided", "breaches, those that wait"),
    ),
    Walk(
        "keeping",
        states_staff.keeping,
        ("report, why keep it longer", "report, held", "report, no longer held", "report, erased"),
    ),
    Walk(
        "words",
        states_staff.words_about_a_report,
        (
            "report, note refused",
            "report, with notes and replies",
            "report, somebody was quicker",
            "report, for somebody who may only read",
            "report, its key is missing",
        ),
    ),
    Walk(
        "search",
        states_staff.searching,
        ("search", "search, found", "search, nothing found", "search, refused"),
    ),
    Walk(
        "on behalf",
        states_staff.on_behalf,
        (
            "on behalf, which site",
            "on behalf, which incident",
            "on behalf, form",
            "on behalf, refused",
            "on behalf, entered",
            "on behalf, receipt shown before",
        ),
    ),
    Walk("day", states_staff.day_sheets, ("day", "day, nothing happened")),
    Walk(
        "absences",
        states_staff.absences,
        (
            "absences, none",
            "absences, refused",
            "absences, too long",
            "absences, noted",
            "absences, back again",
        ),
    ),
    Walk(
        "transmission",
        states_staff.transmission,
        ("transmission, all is well", "transmission, mails refused"),
    ),
    Walk(
        "mailbox",
        states_staff.mailbox,
        ("mailbox, empty", "mailbox", "mailbox, one mail"),
    ),
    Walk(
        "troubles at the console",
        states_staff.troubles,
        (
            "trouble at the console: nothing here",
            "trouble at the console: not allowed",
            "trouble at the console: not understood",
            "trouble at the console: no answer from the store",
            "trouble at the console: a fault of ours",
            "trouble at the console: too long",
        ),
    ),
]
