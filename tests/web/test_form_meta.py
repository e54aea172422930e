"""Memory of forms: what was typed is gone as soon as its request is."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from kiosk.config import Settings
from kiosk.domain.catalogue import kind_of
from kiosk.web.shared.report_form import form_for
from kiosk.web.staff.shared.forms import Secret, StaffForm


class PasswordForm(StaffForm):
    password = Secret()


@pytest.fixture(autouse=True)
def _no_search_for_circles() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_a_report_is_gone_with_its_form(app: Flask, settings: Settings) -> None:
    with app.test_request_context("/fr/report/theft"):
        form = form_for(kind_of("theft"), settings.local_site, MultiDict({"description": "La porte est ouverte."}))
        assert form["description"].data == "La porte est ouverte."
        watched = ref(form)
        del form
    assert watched() is None


def test_a_password_is_gone_with_its_form() -> None:
    form = PasswordForm(MultiDict({"password": "correct horse"}))
    assert form.validate()
    watched = ref(form)
    del form
    assert watched() is None
