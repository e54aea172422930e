"""Deliveries remade once more, for mails about personal data, retention and a restored backup.

``only_while`` = 'undecided': a reminder that somebody has to decide about a breach is void once they have.
"""

DROP_TRIGGERS = """
DROP TRIGGER deliveries_are_never_deleted;
DROP TRIGGER a_delivery_that_ended_stays_so;
DROP TRIGGER an_undelivered_body_stays;
"""

DELIVERIES = """
CREATE TABLE deliveries_new (
  id INTEGER PRIMARY KEY,
  report_id INTEGER REFERENCES reports(id),
  site_id TEXT NOT NULL REFERENCES sites(id),
  audience_id TEXT NOT NULL REFERENCES audiences(id),
  purpose TEXT NOT NULL CHECK (purpose IN ('report', 'addition', 'escalation', 'reminder', 'taken', 'breach',
    'test', 'daily', 'alarm', 'retention', 'restore')),
  message_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'held', 'cancelled')),
  only_while TEXT CHECK (only_while IN ('open', 'acknowledged', 'undecided')),
  created_at TEXT NOT NULL,
  next_attempt_at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  ambiguous INTEGER NOT NULL DEFAULT 0,
  claim TEXT CHECK ((claim IS NOT NULL) = (state = 'sending')),
  lease_until TEXT CHECK ((lease_until IS NOT NULL) = (state = 'sending')),
  sent_at TEXT CHECK ((sent_at IS NOT NULL) = (state = 'sent')),
  last_reply TEXT NOT NULL DEFAULT '',
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  CHECK ((report_id IS NULL) = (purpose IN ('test', 'daily', 'alarm', 'retention', 'restore'))),
  CHECK (only_while IS NULL OR purpose IN ('escalation', 'reminder', 'breach')),
  CHECK ((only_while IS NOT NULL AND only_while = 'undecided') = (only_while IS NOT NULL AND purpose = 'breach')),
  CHECK (state != 'cancelled' OR only_while IS NOT NULL)
) STRICT;

INSERT INTO deliveries_new
SELECT id, report_id, site_id, audience_id, purpose, message_id, state, only_while, created_at, next_attempt_at,
  attempts, ambiguous, claim, lease_until, sent_at, last_reply, demo
FROM deliveries;

DROP TABLE deliveries;
ALTER TABLE deliveries_new RENAME TO deliveries;

CREATE INDEX deliveries_of_report ON deliveries (report_id);
CREATE INDEX deliveries_fresh ON deliveries (demo, site_id, id) WHERE state = 'queued' AND attempts = 0;
CREATE INDEX deliveries_again ON deliveries (demo, next_attempt_at) WHERE state = 'queued' AND attempts > 0;
CREATE INDEX deliveries_undelivered ON deliveries (demo, created_at) WHERE state NOT IN ('sent', 'cancelled');
CREATE INDEX deliveries_held ON deliveries (demo, id) WHERE state = 'held';
"""

TRIGGERS = """
CREATE TRIGGER deliveries_are_never_deleted BEFORE DELETE ON deliveries
BEGIN SELECT RAISE(ABORT, 'a delivery is never deleted'); END;

CREATE TRIGGER a_delivery_that_ended_stays_so BEFORE UPDATE ON deliveries WHEN OLD.state IN ('sent', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'a delivery that was sent or cancelled stays so'); END;

CREATE TRIGGER an_undelivered_body_stays BEFORE DELETE ON bodies
WHEN (SELECT state FROM deliveries WHERE id = OLD.delivery_id) NOT IN ('sent', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'the body of an undelivered delivery stays'); END;
"""

MORE_OCCASIONS = DROP_TRIGGERS + DELIVERIES + TRIGGERS
