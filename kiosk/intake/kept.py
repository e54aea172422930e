"""From what is kept of a report back to the report, so that the console says the same as its first mail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kiosk.intake.catalogue import Answers, Tristate
from kiosk.intake.moment import Moment, Precision
from kiosk.intake.report import Contact, Report, Telling, TellingWay
from kiosk.store.kept import Kept, Opened

NOBODY_KNOWS = UUID(int=0)  # the submission id is kept as a hash alone; nothing that follows from it can be asked here


def report_of(kept: Kept, opened: Opened, names: Mapping[str, str] = {}) -> Report:
    """Without its submission id; of a purged report only what the clear columns say. ``names`` of staff by account."""
    content = opened.content or {}
    left_out = content.get("left_out", ())
    return Report(
        submission_id=NOBODY_KNOWS,
        kind_code=kept.kind,
        site=kept.site,
        terminal=kept.terminal,
        language=kept.language,
        received_at=kept.received_at,
        zone=kept.zone,
        place=content.get("place", ""),
        observed=_observed(kept, content),
        ongoing=_answered("ongoing", kept.ongoing, left_out),
        personal_data_answer=_answered("personal_data", kept.personal_data, left_out),
        called=content.get("called"),
        already_done=content.get("already_done", ""),
        answers=_answers(content.get("answers", {})),
        description=content.get("description", ""),
        contact=Contact(**(opened.contact or {})),
        told=_told(kept, names),
        flags=kept.flags,
        demo=kept.demo,
    )


def _observed(kept: Kept, content: dict[str, Any]) -> Moment:
    precision = Precision(kept.observed_precision)
    return Moment(precision, kept.observed_earliest, kept.observed_latest, content.get("observed_typed", ""))


def _answered(code: str, kept: str, left_out: list[str]) -> Tristate | None:
    """A question that was left out counts as its default in the clear column."""
    return None if code in left_out else Tristate(kept)


def _answers(answers: dict[str, Any]) -> Answers:
    return {code: tuple(answer) if isinstance(answer, list) else answer for code, answer in answers.items()}


def _told(kept: Kept, names: Mapping[str, str]) -> Telling | None:
    if kept.told_at is None:
        return None
    account = kept.entered_by or ""
    return Telling(kept.told_at, TellingWay(kept.told_way or ""), names.get(account, account), account)
