"""What the console's lists are read from: an index for each, in its order, and what each member of staff has seen.

The columns behind ``id`` let a filter be judged without opening the row. ``visits.seen`` is the newest report that was
there at the member's last look, ``before`` the newest one at the end of their visit before this one.
"""

LISTS = """
CREATE INDEX reports_to_do ON reports (site_id, state, severity, received_at, id, kind, demo)
  WHERE state != 'closed' AND hidden_as IS NULL;
CREATE INDEX reports_closed ON reports (site_id, received_at, id, kind, demo)
  WHERE state = 'closed' AND hidden_as IS NULL;
CREATE INDEX reports_shown ON reports (site_id, received_at, id, kind, demo) WHERE hidden_as IS NULL;
CREATE INDEX reports_hidden ON reports (site_id, received_at, id, kind, demo) WHERE hidden_as IS NOT NULL;

CREATE TABLE visits (
  staff_id INTEGER PRIMARY KEY REFERENCES staff(id),
  seen INTEGER NOT NULL,
  before INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT;
"""
