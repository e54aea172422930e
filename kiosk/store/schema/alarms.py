"""What the kiosk remembers about watching itself: how far the trace was checked, what was told, which daily mail left.

``alarms`` has a row for each condition that was ever seen red: what is seen now and since when, and what the last mail
said. ``daily_mails`` has one row a day, so that no day can have two mails.
"""

ALARMS = """
CREATE TABLE trace_checks (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  tail_number INTEGER NOT NULL,
  tail_digest BLOB NOT NULL CHECK (length(tail_digest) = 32),
  walk_number INTEGER NOT NULL,
  walk_digest BLOB NOT NULL CHECK (length(walk_digest) = 32),
  walked_at TEXT,
  broken_at INTEGER
) STRICT;

INSERT INTO trace_checks VALUES (1, 0, zeroblob(32), 0, zeroblob(32), NULL, NULL);

CREATE TABLE alarms (
  condition TEXT NOT NULL,
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  red INTEGER NOT NULL CHECK (red IN (0, 1)),
  since TEXT NOT NULL,
  told_red INTEGER NOT NULL CHECK (told_red IN (0, 1)),
  told_at TEXT,
  red_since TEXT,
  PRIMARY KEY (condition, demo)
) STRICT, WITHOUT ROWID;

CREATE TABLE daily_mails (
  day TEXT NOT NULL,
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  written_at TEXT NOT NULL,
  last_report INTEGER NOT NULL,
  last_event INTEGER NOT NULL,
  PRIMARY KEY (day, demo)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER daily_mails_are_never_deleted BEFORE DELETE ON daily_mails
BEGIN SELECT RAISE(ABORT, 'a day that had its mail is never forgotten'); END;
"""

CERTIFICATE = "ALTER TABLE relay ADD COLUMN certificate_until TEXT;"
