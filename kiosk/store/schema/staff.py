"""Accounts of staff, their sessions, and what slows wrong passwords down. Random ids are kept as SHA-256 alone.

``sites`` is a JSON list, empty for all. A lane of the sign-in is one of a fixed number of buckets (see
kiosk.store.staff.sign_in_throttle): the table cannot grow, and holds neither a name somebody typed nor an address.
"""

STAFF = """
CREATE TABLE staff (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name = lower(name) AND length(name) BETWEEN 2 AND 40),
  display_name TEXT NOT NULL CHECK (display_name != ''),
  role TEXT NOT NULL CHECK (role IN ('manager', 'deputy', 'authorised', 'mssi', 'dpo')),
  sites TEXT NOT NULL,
  password_hash TEXT,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  created_at TEXT NOT NULL,
  signed_in_at TEXT
) STRICT;

CREATE TRIGGER staff_are_never_deleted BEFORE DELETE ON staff
BEGIN SELECT RAISE(ABORT, 'an account is disabled, never deleted'); END;

CREATE TRIGGER staff_keep_their_name BEFORE UPDATE OF id, name ON staff WHEN NEW.id != OLD.id OR NEW.name != OLD.name
BEGIN SELECT RAISE(ABORT, 'the trace names staff: a name never changes'); END;

CREATE TABLE staff_links (
  staff_id INTEGER PRIMARY KEY REFERENCES staff(id),
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE staff_sessions (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  created_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  address TEXT NOT NULL CHECK (length(address) <= 60),
  agent TEXT NOT NULL CHECK (length(agent) <= 60)
) STRICT;

CREATE INDEX staff_sessions_of_member ON staff_sessions (staff_id);

CREATE TRIGGER a_session_stays_whose_it_is BEFORE UPDATE OF id, digest, staff_id, created_at, ends_at ON staff_sessions
BEGIN SELECT RAISE(ABORT, 'of a session only the last use changes'); END;

CREATE TABLE staff_devices (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  used_at TEXT NOT NULL
) STRICT;

CREATE INDEX staff_devices_of_member ON staff_devices (staff_id, used_at);

CREATE TABLE sign_in_lanes (
  lane TEXT PRIMARY KEY CHECK (length(lane) <= 20),
  failures INTEGER NOT NULL CHECK (failures > 0),
  failed_at TEXT NOT NULL,
  free_at TEXT NOT NULL
) STRICT;

CREATE TABLE doors (
  name TEXT PRIMARY KEY CHECK (name IN ('public', 'staff')),
  address TEXT NOT NULL,
  opened_at TEXT NOT NULL
) STRICT;
"""
