"""Every mail tells the head of the trace, and whoever saved one can have it read back."""

import json
from email.message import EmailMessage

import pytest

from kiosk.domain.trace_head import TraceHead
from kiosk.mail import render
from kiosk.mail.trace_header import heads_in, parse_head
from tests.unit.mails import TRACE, mail
from tests.unit.system_mails import trial_mail


def test_a_reports_mail_tells_the_head_to_people_to_programs_and_in_a_header() -> None:
    told = mail()
    assert f"{TRACE.sequence}" in told.text
    assert TRACE.hex in told.text
    assert TRACE.hex in told.html
    assert told.payload["trace"] == {"sequence": 42, "head": TRACE.hex}
    assert heads_in(told.raw) == (TRACE,)


def test_a_test_mail_tells_it() -> None:
    composed = trial_mail()
    assert TRACE.hex in composed.text
    assert TRACE.hex in composed.html
    assert heads_in(composed.raw) == (TRACE,)


def test_the_plain_mail_that_goes_out_when_composing_fails_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "templates_folder", lambda: "nowhere")
    told = mail()
    assert told.fallback
    assert TRACE.hex in told.text
    assert heads_in(told.raw) == (TRACE,)


def test_the_attachment_saved_alone_is_enough() -> None:
    content = json.dumps(mail().payload).encode()
    assert heads_in(content) == (TRACE,)
    assert heads_in(b"\xef\xbb\xbf" + content) == (TRACE,)


def test_a_mail_that_was_forwarded_as_an_attachment_is_enough() -> None:
    forwarded = EmailMessage()
    forwarded["Subject"] = "Tr: signalement"
    forwarded.set_content("Voir la pièce jointe.")
    forwarded.add_attachment(mail().parsed)
    assert heads_in(forwarded.as_bytes()) == (TRACE,)


def test_a_mail_with_two_different_heads_tells_both() -> None:
    altered = mail().raw.replace(b"X-Kiosk-Trace: 42", b"X-Kiosk-Trace: 41")
    assert heads_in(altered) == (TraceHead(41, TRACE.digest), TRACE)


@pytest.mark.parametrize(
    "saved",
    [b"", b"\xff\xfe\x00", b"{}", b"[]", b'{"trace": 1}', b'{"trace": {"sequence": -1, "head": "00"}}', b"{" * 99_999],
)
def test_what_is_no_mail_of_ours_tells_no_head(saved: bytes) -> None:
    assert heads_in(saved) == ()


def test_a_head_is_noted_with_a_colon_or_a_blank_in_either_case() -> None:
    for noted in (f"42:{'ab' * 32}", f" 42  {'AB' * 32}\n"):
        assert parse_head(noted) == TRACE
    for wrong in ("42", "ab" * 32, f"x:{'ab' * 32}", f"42:{'ab' * 31}"):
        assert parse_head(wrong) is None
