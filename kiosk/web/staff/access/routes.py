"""Routing of the staff door: view and form of a path."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from wtforms import Field, Form

FORM = "kiosk_form"
View = TypeVar("View", bound=Callable[..., Any])
FormOf = type[Form] | Callable[..., type[Form] | None]


class Route(NamedTuple):
    endpoint: str
    arguments: Mapping[str, Any]


def takes(form: FormOf) -> Callable[[View], View]:
    """Declare the form of a POST route. ``form``: a class, or a function of the path's arguments."""

    def declare(view: View) -> View:
        setattr(view, FORM, form)
        return view

    return declare


def route_to(path: str, method: str) -> Route | None:
    adapter = current_app.create_url_adapter(request)
    try:
        return Route(*adapter.match(path, method=method)) if adapter and path.startswith("/") else None
    except HTTPException:  # no such page, or a redirect by Werkzeug
        return None


def form_of(route: Route) -> type[Form] | None:
    declared: FormOf | None = getattr(current_app.view_functions[route.endpoint], FORM, None)
    return declared if declared is None or isinstance(declared, type) else declared(**route.arguments)


def fields_of(form: type[Form], typed: Any = None) -> list[Field]:  # noqa: ANN401 - a multi-dict
    return list(form(formdata=typed))
