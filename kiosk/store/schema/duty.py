"""Who took a report and how far the chain has come; absences; notes.

``attend_at``: not later than the moment at which the background process must look at the report; '' is at once. Reports
from before this migration stay out of the chain (NULL): nobody could have acknowledged them.
``anchor_at``: when the present wait began. ``first_step``, ``step``: the first and the last in line who was told in
this ``cycle``. ``revision`` counts every change, for compare-and-set.
"""

COLUMNS = """
ALTER TABLE reports ADD COLUMN kind_title TEXT;
ALTER TABLE reports ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reports ADD COLUMN cycle INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reports ADD COLUMN step INTEGER NOT NULL DEFAULT 0 CHECK (step BETWEEN 0 AND 2);
ALTER TABLE reports ADD COLUMN first_step INTEGER NOT NULL DEFAULT 0 CHECK (first_step BETWEEN 0 AND 2);
ALTER TABLE reports ADD COLUMN anchor_at TEXT;
ALTER TABLE reports ADD COLUMN attend_at TEXT;
ALTER TABLE reports ADD COLUMN acted_at TEXT;
ALTER TABLE reports ADD COLUMN taken_by TEXT;
ALTER TABLE reports ADD COLUMN taken_account TEXT;
ALTER TABLE reports ADD COLUMN taken_role TEXT;
ALTER TABLE reports ADD COLUMN taken_at TEXT;
ALTER TABLE reports ADD COLUMN eta_at TEXT;
ALTER TABLE reports ADD COLUMN closed_by TEXT;
ALTER TABLE reports ADD COLUMN closed_at TEXT;
ALTER TABLE reports ADD COLUMN outcome TEXT
  CHECK (outcome IN ('resolved', 'false_alarm', 'transferred', 'duplicate', 'found', 'other'));
ALTER TABLE reports ADD COLUMN hidden_as TEXT CHECK (hidden_as IN ('test', 'spam'));

CREATE TRIGGER a_kinds_title_is_never_rewritten BEFORE UPDATE OF kind_title ON reports
BEGIN SELECT RAISE(ABORT, 'the title under which a report came is never rewritten'); END;

CREATE INDEX reports_to_attend ON reports (demo, attend_at) WHERE attend_at IS NOT NULL;
CREATE INDEX reports_anchored ON reports (demo, anchor_at) WHERE attend_at IS NOT NULL;
"""

TABLES = """
CREATE TABLE absences (
  id INTEGER PRIMARY KEY,
  audience_id TEXT NOT NULL REFERENCES audiences(id),
  starts_at TEXT NOT NULL,
  ends_at TEXT NOT NULL CHECK (ends_at >= starts_at),
  entered_by TEXT NOT NULL,
  entered_at TEXT NOT NULL
) STRICT;

CREATE INDEX absences_by_end ON absences (ends_at);

CREATE TRIGGER absences_are_never_deleted BEFORE DELETE ON absences
BEGIN SELECT RAISE(ABORT, 'an absence is ended, never deleted'); END;

CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES reports(id),
  at TEXT NOT NULL,
  author TEXT NOT NULL,
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  text BLOB
) STRICT;

CREATE INDEX notes_of_report ON notes (report_id);

CREATE TRIGGER notes_are_never_deleted BEFORE DELETE ON notes
BEGIN SELECT RAISE(ABORT, 'a note is never deleted'); END;

CREATE TRIGGER a_note_is_never_rewritten BEFORE UPDATE ON notes
WHEN NEW.text IS NOT NULL OR NEW.id != OLD.id OR NEW.report_id != OLD.report_id OR NEW.at != OLD.at
  OR NEW.author != OLD.author OR NEW.site_key_id != OLD.site_key_id
BEGIN SELECT RAISE(ABORT, 'a note may only become NULL'); END;

CREATE TABLE duty_settings (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  digest BLOB NOT NULL
) STRICT;

INSERT INTO duty_settings VALUES (1, x'');
"""

DUTY = COLUMNS + TABLES
