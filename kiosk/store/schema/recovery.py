"""The recovery key: its public half. The private half was printed once and lies with the MSSI.

What must survive every password is sealed to the one that is not retired: site keys, and backups.
"""

RECOVERY = """
CREATE TABLE recovery_keys (
  id INTEGER PRIMARY KEY,
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  created_at TEXT NOT NULL,
  retired_at TEXT
) STRICT;

CREATE TRIGGER recovery_keys_are_never_deleted BEFORE DELETE ON recovery_keys
BEGIN SELECT RAISE(ABORT, 'a recovery key is retired, never deleted'); END;
"""
