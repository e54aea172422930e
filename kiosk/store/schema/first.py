"""The first schema. Moments are UTC text (see kiosk.clock); lists are JSON; STRICT tables and CHECKs refuse the rest.

Reports, attempts and events can never be deleted here, and an undelivered delivery cannot either, whichever program
tries: triggers say no. Content and contact may only become NULL.
"""

DIRECTORY = """
CREATE TABLE sites (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE zones (
  site_id TEXT NOT NULL REFERENCES sites(id),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  PRIMARY KEY (site_id, code)
) STRICT;

CREATE TABLE terminals (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES sites(id),
  name TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE audiences (
  id TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('mssi', 'manager', 'deputy', 'dpo', 'referent', 'service')),
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  telephone TEXT NOT NULL,
  sites TEXT NOT NULL,
  kinds TEXT NOT NULL,
  told_when TEXT NOT NULL CHECK (told_when IN ('always', 'personal_data', 'escalation', 'never')),
  active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE site_keys (
  id INTEGER PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES sites(id),
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  created_at TEXT NOT NULL,
  retired_at TEXT
) STRICT;
"""

REPORTS = """
CREATE TABLE reports (
  id INTEGER PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE CHECK (length(reference) = 11),
  submission_hash BLOB NOT NULL UNIQUE CHECK (length(submission_hash) = 32),
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  follow_up_hash BLOB NOT NULL UNIQUE CHECK (length(follow_up_hash) = 32),
  follow_up_key BLOB NOT NULL CHECK (length(follow_up_key) = 32),
  kind TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'normal')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'closed')),
  site_id TEXT NOT NULL REFERENCES sites(id),
  zone TEXT,
  terminal_id TEXT REFERENCES terminals(id),
  language TEXT NOT NULL,
  observed_precision TEXT NOT NULL CHECK (observed_precision IN ('now', 'today', 'yesterday', 'at', 'unknown')),
  observed_earliest TEXT,
  observed_latest TEXT,
  ongoing TEXT NOT NULL CHECK (ongoing IN ('yes', 'no', 'unknown')),
  personal_data TEXT NOT NULL CHECK (personal_data IN ('yes', 'no', 'unknown')),
  aware_at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  deadline_at TEXT CHECK ((deadline_at IS NULL) = (personal_data = 'no')),
  flags TEXT NOT NULL,
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  content BLOB,
  contact BLOB
) STRICT;

CREATE TRIGGER reports_are_never_deleted BEFORE DELETE ON reports
BEGIN SELECT RAISE(ABORT, 'a report is never deleted'); END;

CREATE TRIGGER reports_are_never_rewritten BEFORE UPDATE OF
  id, reference, submission_hash, fingerprint, follow_up_hash, follow_up_key, kind, severity, site_id, zone,
  terminal_id, language, observed_precision, observed_earliest, observed_latest, ongoing, personal_data, aware_at,
  received_at, deadline_at, flags, demo, site_key_id ON reports
BEGIN SELECT RAISE(ABORT, 'what a report said is never rewritten'); END;

CREATE TRIGGER content_only_becomes_null BEFORE UPDATE OF content, contact ON reports
WHEN (NEW.content IS NOT NULL AND NEW.content IS NOT OLD.content)
  OR (NEW.contact IS NOT NULL AND NEW.contact IS NOT OLD.contact)
BEGIN SELECT RAISE(ABORT, 'content and contact may only become NULL'); END;
"""

OUTBOX = """
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  report_id INTEGER REFERENCES reports(id),
  site_id TEXT NOT NULL REFERENCES sites(id),
  audience_id TEXT NOT NULL REFERENCES audiences(id),
  purpose TEXT NOT NULL CHECK (purpose IN ('report', 'test')),
  message_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'held')),
  created_at TEXT NOT NULL,
  next_attempt_at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  ambiguous INTEGER NOT NULL DEFAULT 0,
  claim TEXT CHECK ((claim IS NOT NULL) = (state = 'sending')),
  lease_until TEXT CHECK ((lease_until IS NOT NULL) = (state = 'sending')),
  sent_at TEXT CHECK ((sent_at IS NOT NULL) = (state = 'sent')),
  last_reply TEXT NOT NULL DEFAULT '',
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  CHECK ((report_id IS NULL) = (purpose = 'test'))
) STRICT;

CREATE INDEX deliveries_of_report ON deliveries (report_id);
CREATE INDEX deliveries_fresh ON deliveries (demo, site_id, id) WHERE state = 'queued' AND attempts = 0;
CREATE INDEX deliveries_again ON deliveries (demo, next_attempt_at) WHERE state = 'queued' AND attempts > 0;
CREATE INDEX deliveries_sending ON deliveries (lease_until) WHERE state = 'sending';
CREATE INDEX deliveries_undelivered ON deliveries (demo, created_at) WHERE state != 'sent';
CREATE INDEX deliveries_held ON deliveries (demo, id) WHERE state = 'held';

CREATE TRIGGER deliveries_are_never_deleted BEFORE DELETE ON deliveries
BEGIN SELECT RAISE(ABORT, 'a delivery is never deleted'); END;

CREATE TRIGGER a_sent_delivery_stays_sent BEFORE UPDATE ON deliveries WHEN OLD.state = 'sent'
BEGIN SELECT RAISE(ABORT, 'a sent delivery stays sent'); END;

CREATE TABLE bodies (
  delivery_id INTEGER PRIMARY KEY REFERENCES deliveries(id),
  bytes BLOB NOT NULL
) STRICT;

CREATE TRIGGER bodies_are_final BEFORE UPDATE ON bodies
BEGIN SELECT RAISE(ABORT, 'the bytes of a delivery are final'); END;

CREATE TRIGGER an_undelivered_body_stays BEFORE DELETE ON bodies
WHEN (SELECT state FROM deliveries WHERE id = OLD.delivery_id) != 'sent'
BEGIN SELECT RAISE(ABORT, 'the body of an undelivered delivery stays'); END;

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  delivery_id INTEGER NOT NULL REFERENCES deliveries(id),
  started_at TEXT NOT NULL,
  ended_at TEXT,
  outcome TEXT CHECK (outcome IN ('sent', 'relay', 'authentication', 'deferred', 'refused', 'ambiguous', 'crashed')),
  phase TEXT,
  reply TEXT,
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX attempts_of_delivery ON attempts (delivery_id);

CREATE TRIGGER attempts_are_never_deleted BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'an attempt is never deleted'); END;

CREATE TRIGGER attempts_end_once BEFORE UPDATE ON attempts WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an attempt ends once'); END;

CREATE TABLE relay (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL CHECK (state IN ('untried', 'up', 'down', 'refused')),
  since TEXT NOT NULL,
  failures INTEGER NOT NULL,
  next_try_at TEXT NOT NULL,
  last_reply TEXT NOT NULL
) STRICT;

INSERT INTO relay VALUES (1, 'untried', '1970-01-01T00:00:00.000Z', 0, '1970-01-01T00:00:00.000Z', '');

CREATE TABLE heartbeats (
  name TEXT PRIMARY KEY,
  beat_at TEXT NOT NULL,
  process INTEGER NOT NULL
) STRICT;
"""

EVENTS = """
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  reference TEXT,
  detail TEXT NOT NULL,
  previous BLOB NOT NULL CHECK (length(previous) = 32),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

CREATE INDEX events_of_report ON events (reference) WHERE reference IS NOT NULL;

CREATE TRIGGER events_are_never_rewritten BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the trace is never rewritten'); END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the trace is never shortened'); END;
"""

FIRST_SCHEMA = DIRECTORY + REPORTS + OUTBOX + EVENTS
