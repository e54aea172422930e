"""Rules about every kind of incident, held over all of them."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain import catalogue
from kiosk.domain.catalogue import KINDS, UNKNOWN, Answers, Condition, Domain, Form, Kind, Question, Tristate, common
from kiosk.domain.catalogue.vocabulary import first_match
from kiosk.domain.cnil import CnilOrigin
from kiosk.web.shared.report_form import ReportForm

MODULES = sorted(Path(catalogue.__file__).parent.glob("*.py"))

# What the screen says and where the branch files it, as the organisation decided.
TITLES = {
    "lost_access": "Badge, clé ou code perdu ou volé",
    "theft": "Matériel ou document disparu",
    "virus": "Virus ou comportement anormal d'un poste",
    "access_control_disabled": "Contrôle d'accès neutralisé ou en panne",
    "device_outage": "Équipement de sécurité en panne prolongée",
    "other": "Autre incident, ou simple doute",
}
DOMAINS = {
    "lost_access": {(Domain.ACCESS,)},
    "theft": {(Domain.ACCESS, Domain.FLOWS)},
    "virus": {(Domain.ANTIVIRUS,)},
    "access_control_disabled": {(Domain.ACCESS,)},
    "device_outage": {(Domain.CONTINUITY,)},
    "other": {(domain,) for domain in Domain if domain != Domain.ANTIVIRUS},
}
PERSONAL_DATA = dict.fromkeys(TITLES, Tristate.UNKNOWN) | {
    "access_control_disabled": Tristate.NO,
    "device_outage": Tristate.NO,
}

# The part of the Reference Security Incident Taxonomy that can come up in a lobby.
RSIT = {
    "malicious-code": {"infected-system"},
    "information-gathering": {"social-engineering"},
    "intrusions": {"burglary"},
    "availability": {"sabotage", "outage"},
    "information-content-security": {"data-loss", "data-leak"},
    "fraud": {"phishing"},
    "other": {"other", "undetermined"},
}

COMMON_IN_RULES = {
    "ongoing": common.ongoing("?"),
    "personal_data": common.PERSONAL_DATA,
    "called": common.CALLED,
}

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def texts_for_contractors(kind: Kind) -> list[str]:
    advice = [kind.title, kind.summary, kind.ongoing_label, *kind.act_now, *kind.do_not]
    for question in kind.questions:
        advice += [question.label, question.hint, *(choice.label for choice in question.choices)]
    return [text for text in advice if text]


def texts_of_the_common_questions() -> list[str]:
    questions = (common.WHEN, common.PERSONAL_DATA, common.CALLED, common.ALREADY_DONE, common.PLACE)
    zones = [common.NOT_LISTED_ZONE.label, common.UNKNOWN_ZONE.label]
    asked = [(question.label, question.hint, *(each.label for each in question.choices)) for question in questions]
    return [text for texts in (*asked, zones) for text in texts if text]


def rule_lists(kind: Kind) -> tuple[tuple[catalogue.vocabulary.Rule, ...], ...]:  # type: ignore[type-arg]
    return (kind.severity, kind.domains, kind.cnil_origin, kind.rsit)


def answers_to(kind: Kind) -> st.SearchStrategy[dict[str, str | tuple[str, ...]]]:
    """Any honest way of filling in the closed questions, left out ones included."""

    def to(question: Question) -> st.SearchStrategy[str | tuple[str, ...]]:
        codes = st.sampled_from([choice.code for choice in question.choices])
        return codes if question.form == Form.ONE else st.lists(codes, min_size=1, unique=True).map(tuple)

    closed = [question for question in (*kind.questions, *COMMON_IN_RULES.values()) if question.closed]
    return st.fixed_dictionaries({}, optional={question.code: to(question) for question in closed})


def test_the_six_kinds_stand_in_the_order_of_the_tiles() -> None:
    assert {code: kind.title for code, kind in KINDS.items()} == TITLES
    assert list(KINDS) == list(TITLES)


def test_an_unknown_code_is_taken_as_another_incident() -> None:
    assert catalogue.kind_of("no_such_kind") is KINDS["other"]
    assert catalogue.kind_of("virus") is KINDS["virus"]


@every_kind
def test_every_kind_is_complete(kind: Kind) -> None:
    assert KINDS[kind.code] is kind
    assert re.fullmatch(r"[a-z_]+", kind.code)
    assert kind.pictogram == kind.code.replace("_", "-")
    assert 10 <= len(kind.summary) <= 80
    assert kind.summary.endswith(".")
    assert 2 <= len(kind.act_now) <= 4
    assert 1 <= len(kind.do_not) <= 3
    assert 3 <= len(kind.questions) <= 6
    assert 4 <= len(kind.checklist) <= 7
    assert kind.personal_data == PERSONAL_DATA[kind.code]
    assert all(text.strip() == text != "" for text in (*texts_for_contractors(kind), *kind.checklist))


@every_kind
def test_advice_is_short_sentences(kind: Kind) -> None:
    for sentence in (*kind.act_now, *kind.do_not):
        assert sentence.endswith(".")
        assert len(sentence) <= 95
    assert all(sentence.startswith(("N'", "Ne ")) for sentence in kind.do_not)


@every_kind
def test_every_kind_says_to_prove_and_repair_nothing(kind: Kind) -> None:
    assert any(
        re.fullmatch(r"N'essayez pas d(e |').+ ni d.+ vous-même\.|N'essayez pas de tester.+ vous-même\.", said)
        for said in kind.do_not
    )


@every_kind
def test_questions_are_asked_as_questions(kind: Kind) -> None:
    for label in (kind.ongoing_label, *(question.label for question in kind.questions)):
        assert label.endswith("\N{NO-BREAK SPACE}?")
        assert len(label) <= 65


@every_kind
def test_the_first_question_is_closed_asked_of_everybody_and_fits_on_tiles(kind: Kind) -> None:
    first = kind.questions[0]
    assert first.closed
    assert first.shown_when is None
    assert 4 <= len(first.choices) <= 9
    assert all(len(choice.label) <= 32 for choice in first.choices)


@every_kind
def test_the_decisive_question_takes_one_tap_from_everybody(kind: Kind) -> None:
    decisive = kind.question(kind.decisive)
    assert decisive is not None
    assert decisive.form is Form.ONE
    assert decisive.shown_when is None


@every_kind
def test_the_decisive_question_tells_more_severe_from_less(kind: Kind) -> None:
    question = kind.question(kind.decisive)
    assert question is not None

    def severities(**known: str) -> set[str]:
        default = {"personal_data": str(kind.personal_data), **known}
        return {first_match(kind.severity, {**default, kind.decisive: choice.code}) for choice in question.choices}

    assert max(len(severities()), len(severities(ongoing="yes")), len(severities(ongoing="no"))) > 1


@every_kind
def test_closed_questions_offer_real_choices_and_then_i_do_not_know(kind: Kind) -> None:
    for question in (*kind.questions, common.WHEN, common.ongoing(kind.ongoing_label), *COMMON_IN_RULES.values()):
        codes = [choice.code for choice in question.choices]
        if not question.closed:
            assert codes == []
            continue
        assert codes[-1] == UNKNOWN
        assert len(codes) >= 3
        assert len(set(codes)) == len(codes)
        assert len({choice.label for choice in question.choices}) == len(codes)
        assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


@every_kind
def test_codes_of_questions_are_unique_and_hide_nothing_of_the_form(kind: Kind) -> None:
    codes = [question.code for question in kind.questions]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"[a-z_]+", code)
        assert code not in common.RESERVED
        assert not hasattr(ReportForm, code)
        assert kind.question(code).code == code  # type: ignore[union-attr]
    assert kind.question("no_such_question") is None


@every_kind
def test_a_dependent_question_follows_the_closed_one_that_calls_for_it(kind: Kind) -> None:
    earlier: dict[str, Question] = {}
    for question in kind.questions:
        if question.shown_when is not None:
            asked = earlier[question.shown_when.question]
            assert asked.closed
            assert asked.shown_when is None, "never more than one level deep"
            assert_names_choices(question.shown_when, asked)
            assert len(question.shown_when.codes) < len(asked.choices), "else it depends on nothing"
        earlier[question.code] = question


@every_kind
def test_rules_look_at_nothing_that_is_not_asked_and_always_end(kind: Kind) -> None:
    asked = {question.code: question for question in kind.questions} | COMMON_IN_RULES
    for rules in rule_lists(kind):
        assert rules[-1].conditions == ()
        assert all(rule.conditions for rule in rules[:-1]), "a rule behind an unconditional one is never reached"
        assert all(former != latter for former, latter in pairwise(rules))
        for condition in (condition for rule in rules for condition in rule.conditions):
            assert asked[condition.question].closed
            assert_names_choices(condition, asked[condition.question])
    for condition in kind.exposes_when:
        assert_names_choices(condition, asked[condition.question])


def assert_names_choices(condition: Condition, question: Question) -> None:
    assert condition.codes
    assert set(condition.codes) <= {choice.code for choice in question.choices}


@every_kind
def test_classifications_are_the_ones_that_others_use(kind: Kind) -> None:
    assert {rule.value for rule in kind.domains} == DOMAINS[kind.code]
    assert kind.domains[-1].value == ((Domain.UNCLASSIFIED,) if kind.code == "other" else (*DOMAINS[kind.code],)[0])
    assert {rule.value for rule in kind.cnil_origin} <= {"", *CnilOrigin}
    for tag in (rule.value for rule in kind.rsit):
        assert re.fullmatch(r"[a-z-]+:[a-z-]+", tag)
        predicate, _, value = tag.partition(":")
        assert value in RSIT[predicate]


@pytest.mark.parametrize("code", KINDS)
@given(data=st.data())
@settings(max_examples=150)
def test_i_do_not_know_never_makes_a_report_less_severe(code: str, data: st.DataObject) -> None:
    kind = KINDS[code]
    default = first_match(kind.severity, {"personal_data": kind.personal_data})
    answers = {"personal_data": str(kind.personal_data)} | data.draw(answers_to(kind))
    severity = first_match(kind.severity, answers)
    for question in (*kind.questions, *COMMON_IN_RULES.values()):
        given_too = answers.get(question.code, ())
        if question.closed and isinstance(given_too, tuple):  # left out, or several answers that bear one more
            less_sure = {**answers, question.code: (*given_too, UNKNOWN)}
            assert first_match(kind.severity, less_sure).rank <= severity.rank
    nothing_known: Answers = dict.fromkeys(answers, UNKNOWN)
    assert first_match(kind.severity, nothing_known).rank <= default.rank


@pytest.mark.parametrize("code", KINDS)
@given(data=st.data())
@settings(max_examples=60)
def test_without_personal_data_no_origin_of_a_breach_is_suggested(code: str, data: st.DataObject) -> None:
    answers = data.draw(answers_to(KINDS[code]))
    assert first_match(KINDS[code].cnil_origin, {**answers, "personal_data": "no"}) == ""
    assert first_match(KINDS[code].cnil_origin, {**answers, "personal_data": "yes"}) != ""


@every_kind
def test_french_is_typeset_as_french(kind: Kind) -> None:
    for text in (*texts_for_contractors(kind), *kind.checklist, *texts_of_the_common_questions()):
        assert not re.search(r"[^\N{NO-BREAK SPACE}][:;?!»]", text), text
        assert not re.search(r"«[^\N{NO-BREAK SPACE}]|  |\.\.\.|[\"\t\n]|\N{RIGHT SINGLE QUOTATION MARK}", text), text
        assert text[0].isupper() or text[0].isdigit(), text


@every_kind
def test_contractors_are_addressed_formally_and_without_technical_words(kind: Kind) -> None:
    spoken = " ".join((*texts_for_contractors(kind), *texts_of_the_common_questions()))
    assert not re.search(r"\b(tu|toi|ton|ta|tes)\b", spoken, re.IGNORECASE)
    assert not re.search(r"\b(MSSI|DPO|CNIL|RGPD|habilité|révoqu|authentifi|compromi|vulnérab|effraction)", spoken)


@every_kind
def test_nobody_is_asked_for_a_code_or_a_password(kind: Kind) -> None:
    for question in kind.questions:
        if not question.closed:
            assert not re.search(r"code|mot de passe", question.label, re.IGNORECASE)


def test_the_line_about_a_lost_access_says_not_to_write_the_code_down() -> None:
    marking = KINDS["lost_access"].question("marking")
    assert marking is not None
    assert "N'écrivez jamais le code ni le mot de passe." in marking.hint


def test_the_referent_hears_of_a_lost_access_at_once() -> None:
    assert "référent" in KINDS["lost_access"].act_now[0]


def test_a_computer_with_a_virus_is_unplugged_and_left_on() -> None:
    virus = KINDS["virus"]
    assert "Débranchez le câble réseau" in virus.act_now[0]
    assert "allumé" in virus.act_now[1]
    assert "N'éteignez pas" in virus.do_not[0]


TEXTS_IN_CALLS = {  # function: positions of its texts, keywords of its texts
    "Kind": ((), ("title", "summary", "act_now", "do_not", "ongoing_label")),
    "Question": ((), ("label", "hint")),
    "Choice": ((1,), ("label",)),
    "one": ((1, 2), ("label", "choices", "hint")),
    "several": ((1, 2), ("label", "choices", "hint")),
    "yes_no": ((1,), ("label", "hint")),
    "line": ((1,), ("label", "hint")),
}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_text_is_marked_for_translation(module: Path) -> None:
    for call in calls(ast.parse(module.read_text(encoding="utf-8"))):
        places, keywords = TEXTS_IN_CALLS.get(name_of(call), ((), ()))
        handed = [call.args[place] for place in places if place < len(call.args)]
        handed += [keyword.value for keyword in call.keywords if keyword.arg in keywords]
        assert [text for value in handed for text in unmarked(value)] == []


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def unmarked(value: ast.AST) -> Iterator[str]:
    """Literals outside N_(), and N_() around anything but one plain literal. Keys of choices are codes, not texts."""
    if isinstance(value, ast.Call) and name_of(value) == "N_":
        if [type(argument) for argument in value.args] != [ast.Constant]:
            yield ast.dump(value)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    else:
        inner = value.values if isinstance(value, ast.Dict) else ast.iter_child_nodes(value)
        for child in inner:
            yield from unmarked(child)
