"""Retention rules: how long reports are kept, as moments."""

from datetime import datetime, timedelta

from kiosk.config import Settings
from kiosk.config.retention import ErasureDays
from kiosk.domain.handling import ReportState
from kiosk.store.keeping.purgeable import AT_ONCE, Limit, Limits, NoticeCondition, announced_before
from kiosk.store.reports.report_status import ReportStatus


def limits(settings: Settings, stage: str, now: datetime) -> Limits:
    rules = settings.retention

    def before(days: ErasureDays) -> datetime:
        return now - timedelta(days=getattr(days, stage))

    return {
        "closed": Limit(before(rules.closed), {each.kind: before(each) for each in rules.kinds}),
        "acknowledged": Limit(before(rules.acknowledged)),
        "hidden": Limit(before(rules.hidden)),
    }


def months_before(now: datetime, months: int) -> datetime:
    """Same day of an earlier month, or that month's last."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    for day in (now.day, 30, 29, 28):
        try:
            return now.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def announced_in_time(settings: Settings, now: datetime) -> NoticeCondition:
    notice = settings.retention.notice
    return announced_before(now - timedelta(days=notice)) if notice else AT_ONCE


def may_go_at(settings: Settings, report: ReportStatus) -> datetime | None:
    """Earliest erasure of the content if the report stays as it is; None while it is open."""
    rested = report.closed_at or report.acted_at or report.taken_at
    if report.state == ReportState.OPEN or rested is None:
        return None
    rule = "hidden" if report.hidden_as else report.state
    return rested + timedelta(days=days_of(settings, rule, report.kind).content)


def days_of(settings: Settings, rule: str, kind: str) -> ErasureDays:
    rules = settings.retention
    own = {each.kind: each for each in rules.kinds} if rule == "closed" else {}
    general: ErasureDays = getattr(rules, rule)
    return own.get(kind, general)
