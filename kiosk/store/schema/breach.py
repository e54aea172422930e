"""Files on personal-data breaches (GDPR art. 33), one for each report that does not exclude personal data.

What is known stands in ``details``, sealed to the site's key like the report; here in clear is only by when the CNIL
must be told and how it was decided. ``nudged``: the hour of the last reminder.
"""

BREACH = """
CREATE TABLE breaches (
  report_id INTEGER PRIMARY KEY REFERENCES reports(id),
  opened_at TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  deadline_at TEXT NOT NULL,
  nudged INTEGER NOT NULL DEFAULT 0 CHECK (nudged IN (0, 24, 48, 66)),
  revision INTEGER NOT NULL DEFAULT 0,
  decision TEXT CHECK (decision IN ('notified', 'not_notifiable')),
  decided_at TEXT,
  decided_by TEXT,
  notified_at TEXT,
  site_key_id INTEGER REFERENCES site_keys(id),
  details BLOB,
  CHECK ((decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by IS NULL)),
  CHECK ((notified_at IS NOT NULL) = (decision IS NOT NULL AND decision = 'notified')),
  CHECK (details IS NULL OR site_key_id IS NOT NULL)
) STRICT;

CREATE INDEX breaches_undecided ON breaches (deadline_at) WHERE decision IS NULL;
CREATE INDEX breaches_to_nudge ON breaches (deadline_at) WHERE decision IS NULL AND nudged < 66;
CREATE INDEX breaches_decided ON breaches (decided_at) WHERE details IS NOT NULL;

CREATE TRIGGER breaches_are_never_deleted BEFORE DELETE ON breaches
BEGIN SELECT RAISE(ABORT, 'the register of breaches is never shortened'); END;

CREATE TRIGGER a_breach_stays_what_it_is BEFORE UPDATE OF report_id, opened_at, opened_by, deadline_at ON breaches
BEGIN SELECT RAISE(ABORT, 'when a breach was opened is never rewritten'); END;

CREATE TRIGGER an_undecided_breach_keeps_its_report BEFORE INSERT ON tombstones
WHEN (SELECT hidden_as FROM reports WHERE id = NEW.report_id) IS NULL
  AND EXISTS (SELECT 1 FROM breaches WHERE report_id = NEW.report_id AND decision IS NULL)
BEGIN SELECT RAISE(ABORT, 'a report is not purged before its breach is decided'); END;

INSERT INTO breaches (report_id, opened_at, opened_by, deadline_at)
SELECT id, received_at, 'kiosk', deadline_at FROM reports WHERE deadline_at IS NOT NULL;
"""
