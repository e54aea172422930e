"""What is said after a report: details its reporter adds, and replies to them. Sealed like the report itself.

A reply is kept twice: sealed to the key that only the reporter's follow-up code opens, and to the site's key.
"""

FOLLOW_UP = """
CREATE TABLE additions (
  id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES reports(id),
  submission_hash BLOB NOT NULL UNIQUE CHECK (length(submission_hash) = 32),
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  found INTEGER NOT NULL CHECK (found IN (0, 1)),
  received_at TEXT NOT NULL,
  terminal_id TEXT REFERENCES terminals(id),
  language TEXT NOT NULL,
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  content BLOB
) STRICT;

CREATE INDEX additions_of_report ON additions (report_id);

CREATE TRIGGER additions_are_never_deleted BEFORE DELETE ON additions
BEGIN SELECT RAISE(ABORT, 'an addition is never deleted'); END;

CREATE TRIGGER additions_are_never_rewritten BEFORE UPDATE OF
  id, report_id, submission_hash, fingerprint, found, received_at, terminal_id, language, site_key_id ON additions
BEGIN SELECT RAISE(ABORT, 'an addition is never rewritten'); END;

CREATE TRIGGER what_was_added_only_becomes_null BEFORE UPDATE OF content ON additions
WHEN NEW.content IS NOT NULL AND NEW.content IS NOT OLD.content
BEGIN SELECT RAISE(ABORT, 'the content of an addition may only become NULL'); END;

CREATE TABLE addition_deliveries (
  delivery_id INTEGER PRIMARY KEY REFERENCES deliveries(id),
  addition_id INTEGER NOT NULL REFERENCES additions(id)
) STRICT;

CREATE INDEX deliveries_of_addition ON addition_deliveries (addition_id);

CREATE TABLE replies (
  id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES reports(id),
  submission_hash BLOB NOT NULL UNIQUE CHECK (length(submission_hash) = 32),
  written_at TEXT NOT NULL,
  author TEXT NOT NULL,
  author_role TEXT NOT NULL,
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  for_reporter BLOB,
  for_staff BLOB
) STRICT;

CREATE INDEX replies_to_report ON replies (report_id);

CREATE TRIGGER replies_are_never_deleted BEFORE DELETE ON replies
BEGIN SELECT RAISE(ABORT, 'a reply is never deleted'); END;

CREATE TRIGGER replies_are_never_rewritten BEFORE UPDATE OF
  id, report_id, submission_hash, written_at, author, author_role, site_key_id ON replies
BEGIN SELECT RAISE(ABORT, 'a reply is never rewritten'); END;

CREATE TRIGGER what_was_replied_only_becomes_null BEFORE UPDATE OF for_reporter, for_staff ON replies
WHEN (NEW.for_reporter IS NOT NULL AND NEW.for_reporter IS NOT OLD.for_reporter)
  OR (NEW.for_staff IS NOT NULL AND NEW.for_staff IS NOT OLD.for_staff)
BEGIN SELECT RAISE(ABORT, 'the text of a reply may only become NULL'); END;
"""
