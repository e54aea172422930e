"""The kiosk in this very process, so that a test knows which templates and which routes a visit reached.

Both doors are served by the real servers on loopback, over one real database; mails leave, when told to, by the real
step of delivery into the demonstration's mailbox.
"""

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import Blueprint, Flask, Response, request
from jinja2 import Template

from kiosk import clock, public_app, staff_app
from kiosk.commands.demo_sink import Sink, sink_settings
from kiosk.config import Settings, Staff
from kiosk.config.demonstration import dressed
from kiosk.config.look import Printer, Terminal
from kiosk.config.sites import Site, Zone
from kiosk.delivery.loop import forward_once
from kiosk.domain.roles import StaffRole
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import Database
from kiosk.store.instance import start
from kiosk.store.watch import health
from kiosk.web.public import page
from kiosk.web.shared.serve import Door, listen
from kiosk.web.staff.access.permissions import open_to_all
from tests.web.contractor import Answer

FORM = "application/x-www-form-urlencoded"
BOOM = "/boom"  # a fault of ours, at the door `faulty` alone


class Reached:
    """What has been rendered and asked for, at any door."""

    def __init__(self) -> None:
        self.templates: set[str] = set()
        self.routes: set[tuple[str, str]] = set()

    def watch(self, app: Flask) -> Flask:
        """Every template comes through one function of the environment: pages, what they extend, include and import."""
        given = app.jinja_env.get_template

        def get_template(name: Any, *arguments: Any, **options: Any) -> Template:
            found = given(name, *arguments, **options)
            self.templates.add(str(found.name))
            return found

        app.jinja_env.get_template = get_template  # type: ignore[method-assign]
        app.after_request(self._note)
        return app

    def _note(self, response: Response) -> Response:
        if request.url_rule:
            self.routes.add((request.url_rule.rule, request.method))
        return response


class World:
    """``origins``: by name of the door, the addresses of its pages. ``public`` and ``staff`` are the usual ones;
    ``staff by name`` offers passkeys; ``printing`` has paper; ``broken…`` cannot read its database; ``faulty…`` has a
    page that raises.
    """

    def __init__(self, folder: Path) -> None:
        self.reached, self.origins = Reached(), dict[str, str]()
        self.visited: set[str] = set()
        self._ended, self._serving = threading.Event(), list[Door]()
        strict = Staff(second_factor=(StaffRole.DPO,))
        self.settings = dressed(Settings(instance=folder / "instance", demo=True, sites=two_sites(), staff=strict))
        self._sink = Sink(self.settings.demo_mailbox)
        self._sink.start()
        self.settings = dataclasses.replace(self.settings, smtp=sink_settings(self._sink.port))
        self.db: Database = start.prepare(self.settings, clock.now())
        broken = self._without_database(folder)
        self.doors = {
            "public": public_app(self.settings),
            "printing": public_app(self._with_paper()),
            "broken": public_app(broken),
            "faulty": with_a_fault(public_app(self.settings)),
            "staff": staff_app(self.settings),
            "broken console": staff_app(broken),
            "faulty console": with_a_fault(staff_app(self.settings)),
        }
        self._client = public_app(self.settings).test_client()
        for name, app in self.doors.items():
            self._open(name, self.reached.watch(app))
        self.origins["staff by name"] = self.origins["staff"].replace("127.0.0.1", "localhost")

    def _open(self, name: str, app: Flask) -> None:
        listener = listen("127.0.0.1:0")
        door = Door(app, listener, name, ended=self._ended)
        door.start()
        self._serving.append(door)
        self.origins[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def _with_paper(self) -> Settings:
        terminal = Terminal(id="hall", name="Borne du hall", printer=Printer.A4)
        first, *others = self.settings.sites
        return dataclasses.replace(
            self.settings, sites=(dataclasses.replace(first, terminals=(terminal,)), *others), terminal="hall"
        )

    def _without_database(self, folder: Path) -> Settings:
        instance = folder / "broken"
        instance.mkdir()
        (instance / "kiosk.db").write_bytes(b"no database" * 1000)
        return dataclasses.replace(self.settings, instance=instance)

    def close(self) -> None:
        for door in self._serving:
            door.stop()
        for door in self._serving:
            door.join()
        self.db.close()
        self._sink.stop()

    # What happens meanwhile

    def forwarder_is_there(self) -> None:
        heartbeat.beat(self.db, health.FORWARDER, 1, clock.now())

    def forwarder_is_silent(self) -> None:
        heartbeat.beat(self.db, health.FORWARDER, 1, clock.now() - timedelta(hours=1))

    def all_is_well(self) -> None:
        """No mail of earlier visits waits any more."""
        waiting = "UPDATE deliveries SET state = 'sent', sent_at = ? WHERE state IN ('queued', 'held')"
        self.db.execute(waiting, (clock.to_text(clock.now()),))
        self.db.conn.commit()
        self.forwarder_is_there()

    def end_sessions(self) -> None:
        self.db.execute("DELETE FROM staff_sessions")
        self.db.conn.commit()

    def report(self, kind: str = "theft", **said: str) -> Answer:
        """What somebody else reported in French; its receipt."""
        fields = {"description": "Un portable a disparu", "zone": "zone-2", "submission_id": str(uuid4()), **said}
        answer = self._client.post(
            f"/fr/report/{kind}", data=urlencode(fields), content_type=FORM, follow_redirects=True
        )
        return Answer(answer.status_code, answer.text)

    def deliver(self) -> None:
        """Everything that waits."""
        forward_once(self.settings, self.db)

    def sent_to(self, audience: str, reference: str) -> None:
        """To nobody else yet."""
        now = clock.to_text(clock.now())
        self._deliveries(reference, "state = 'sent', sent_at = ?", "audience_id = ?", now, audience)

    def held(self, reference: str) -> None:
        reply = "550 5.7.1 " + "Policy-Rejection-" * 20
        self._deliveries(reference, "state = 'held', attempts = 1, last_reply = ?", "1", reply)

    def _deliveries(self, reference: str, values: str, which: str, *given: str) -> None:
        report = "report_id = (SELECT id FROM reports WHERE reference = ?)"
        self.db.execute(f"UPDATE deliveries SET {values} WHERE {which} AND {report}", (*given, reference))
        self.db.conn.commit()


def with_a_fault(app: Flask) -> Flask:
    public = "home" in app.blueprints
    made = page.blueprint("faulty") if public else Blueprint("faulty", __name__)
    made.get(f"/<language:lang>{BOOM}" if public else BOOM, endpoint="raise")(open_to_all(lambda: 1 / 0))
    app.register_blueprint(made)
    return app


def two_sites() -> tuple[Site, ...]:
    """With names as long as life has them."""
    zones = ("Hall d'accueil", "Bureaux", "Local technique", "Archives", "Parking", "Extérieur")
    return (
        Site(
            id="siege",
            name="Siège",
            address="56 chemin Joseph-Aiguier, 13009 Marseille",
            zones=tuple(Zone(code=f"zone-{number}", name=name) for number, name in enumerate(zones, 1)),
            terminals=(Terminal(id="hall", name="Borne du hall"),),
        ),
        Site(id="annexe", name="Agence de La Ciotat", zones=(Zone(code="accueil", name="Accueil"),)),
    )


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    world = World(folder)
    try:
        yield world
    finally:
        world.close()
