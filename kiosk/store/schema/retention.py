"""What is erased when its time has come, and what stays of it.

``tombstones``: a row for each stage at which something of a report was erased: nothing that a report says becomes NULL
without one, and none is made for a report that may not be erased. ``holds``: reports that are kept on, by somebody's
order. ``retention``: when the background process looked last, on how many days since the clock last jumped, and whether
the log must still be cut. ``announced``: reports of which the MSSI was told that their content will go.
``trace_anchors``: up to where the trace was cut; only events at or below the newest may go.
"""

TOMBSTONES = """
CREATE TABLE tombstones (
  report_id INTEGER NOT NULL REFERENCES reports(id),
  stage TEXT NOT NULL CHECK (stage IN ('contact', 'content')),
  reference TEXT NOT NULL,
  kind TEXT NOT NULL,
  received_at TEXT NOT NULL,
  purged_at TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('closed', 'acknowledged', 'hidden')),
  who TEXT NOT NULL,
  PRIMARY KEY (report_id, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
  id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES reports(id),
  reason TEXT NOT NULL CHECK (reason IN ('litigation', 'inquiry', 'authority', 'other')),
  placed_at TEXT NOT NULL,
  placed_by TEXT NOT NULL,
  released_at TEXT,
  released_by TEXT,
  CHECK ((released_at IS NULL) = (released_by IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_hold_at_a_time ON holds (report_id) WHERE released_at IS NULL;

CREATE TRIGGER tombstones_are_never_deleted BEFORE DELETE ON tombstones
BEGIN SELECT RAISE(ABORT, 'a tombstone is never deleted'); END;

CREATE TRIGGER tombstones_are_never_rewritten BEFORE UPDATE ON tombstones
BEGIN SELECT RAISE(ABORT, 'a tombstone is never rewritten'); END;

CREATE TRIGGER nothing_that_is_needed_gets_a_tombstone BEFORE INSERT ON tombstones
WHEN (SELECT state FROM reports WHERE id = NEW.report_id) = 'open'
  OR EXISTS (SELECT 1 FROM deliveries WHERE report_id = NEW.report_id AND state NOT IN ('sent', 'cancelled'))
  OR EXISTS (SELECT 1 FROM holds WHERE report_id = NEW.report_id AND released_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a report that is open, undelivered or held is not purged'); END;

CREATE TRIGGER holds_are_never_deleted BEFORE DELETE ON holds
BEGIN SELECT RAISE(ABORT, 'a hold is released, never deleted'); END;

CREATE TRIGGER a_hold_is_only_released BEFORE UPDATE ON holds
WHEN OLD.released_at IS NOT NULL OR NEW.id != OLD.id OR NEW.report_id != OLD.report_id OR NEW.reason != OLD.reason
  OR NEW.placed_at != OLD.placed_at OR NEW.placed_by != OLD.placed_by
BEGIN SELECT RAISE(ABORT, 'a hold can only be released, once'); END;
"""

ERASING = """
CREATE TRIGGER a_contact_goes_with_its_tombstone BEFORE UPDATE OF contact ON reports
WHEN NEW.contact IS NULL AND OLD.contact IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'a contact is erased with its tombstone'); END;

CREATE TRIGGER content_goes_with_its_tombstone BEFORE UPDATE OF content ON reports
WHEN NEW.content IS NULL AND OLD.content IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'content is erased with its tombstone'); END;

CREATE TRIGGER a_note_goes_with_its_reports_tombstone BEFORE UPDATE OF text ON notes
WHEN NEW.text IS NULL AND OLD.text IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.report_id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'a note is erased with the tombstone of its report'); END;

CREATE TRIGGER an_addition_goes_with_its_reports_tombstone BEFORE UPDATE OF content ON additions
WHEN NEW.content IS NULL AND OLD.content IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.report_id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'an addition is erased with the tombstone of its report'); END;

CREATE TRIGGER a_reply_goes_with_its_reports_tombstone BEFORE UPDATE OF for_reporter, for_staff ON replies
WHEN ((NEW.for_reporter IS NULL AND OLD.for_reporter IS NOT NULL)
    OR (NEW.for_staff IS NULL AND OLD.for_staff IS NOT NULL))
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.report_id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'a reply is erased with the tombstone of its report'); END;
"""

# The expressions are those of kiosk.store.keeping.purgeable: an index on an expression serves only queries with the
# very same one.
DUE = """
CREATE INDEX reports_with_contact ON reports (
  demo, iif(hidden_as IS NULL, state, 'hidden'), coalesce(closed_at, acted_at, taken_at), kind, id
) WHERE contact IS NOT NULL AND state != 'open';

CREATE INDEX reports_with_content ON reports (
  demo, iif(hidden_as IS NULL, state, 'hidden'), coalesce(closed_at, acted_at, taken_at), kind, id
) WHERE content IS NOT NULL AND state != 'open';

CREATE TABLE retention (
  demo INTEGER PRIMARY KEY CHECK (demo IN (0, 1)),
  looked_at TEXT,
  days INTEGER NOT NULL DEFAULT 0,
  announced_at TEXT,
  to_cut INTEGER NOT NULL DEFAULT 0 CHECK (to_cut IN (0, 1))
) STRICT;

INSERT INTO retention (demo) VALUES (0), (1);

CREATE TABLE announced (
  report_id INTEGER PRIMARY KEY REFERENCES reports(id),
  at TEXT NOT NULL,
  delivery_id INTEGER REFERENCES deliveries(id)
) STRICT;
"""

ANCHORS = """
CREATE TABLE trace_anchors (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  cut_at TEXT NOT NULL,
  last_moment TEXT NOT NULL,
  who TEXT NOT NULL
) STRICT;

CREATE TRIGGER anchors_are_never_deleted BEFORE DELETE ON trace_anchors
BEGIN SELECT RAISE(ABORT, 'where the trace was cut is never forgotten'); END;

CREATE TRIGGER anchors_are_never_rewritten BEFORE UPDATE ON trace_anchors
BEGIN SELECT RAISE(ABORT, 'where the trace was cut is never rewritten'); END;

CREATE TRIGGER an_anchor_holds_an_event BEFORE INSERT ON trace_anchors
WHEN NOT EXISTS (SELECT 1 FROM events WHERE id = NEW.sequence AND digest = NEW.digest AND at = NEW.last_moment)
BEGIN SELECT RAISE(ABORT, 'the trace is cut at one of its events'); END;

DROP TRIGGER events_are_never_deleted;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
WHEN OLD.id > coalesce((SELECT max(sequence) FROM trace_anchors), 0)
BEGIN SELECT RAISE(ABORT, 'the trace is never shortened'); END;
"""

RETENTION = TOMBSTONES + ERASING + DUE + ANCHORS
