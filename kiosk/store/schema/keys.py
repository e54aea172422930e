"""Who can open what: a pair of keys for each reader, and the sites' private keys sealed to them.

``wrapped`` is the private half under the reader's password; it is NULL once the pair is retired. A grant seals one
site's private key to one pair or to the recovery key; those of a retired pair are deleted.
"""

KEYS = """
CREATE TABLE staff_keys (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  wrapped BLOB,
  created_at TEXT NOT NULL,
  retired_at TEXT,
  CHECK ((wrapped IS NULL) = (retired_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX one_pair_for_each_reader ON staff_keys (staff_id) WHERE retired_at IS NULL;

CREATE TRIGGER staff_keys_are_never_deleted BEFORE DELETE ON staff_keys
BEGIN SELECT RAISE(ABORT, 'a pair is retired, never deleted'); END;

CREATE TRIGGER a_pair_stays_whose_it_is BEFORE UPDATE OF id, staff_id, public_key, created_at ON staff_keys
BEGIN SELECT RAISE(ABORT, 'of a pair only the wrapping changes'); END;

CREATE TABLE key_grants (
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  staff_key_id INTEGER REFERENCES staff_keys(id),
  recovery_key_id INTEGER REFERENCES recovery_keys(id),
  sealed BLOB NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at TEXT NOT NULL,
  CHECK ((staff_key_id IS NULL) != (recovery_key_id IS NULL)),
  UNIQUE (site_key_id, staff_key_id),
  UNIQUE (site_key_id, recovery_key_id)
) STRICT;

CREATE INDEX grants_of_a_pair ON key_grants (staff_key_id);

CREATE TRIGGER grants_are_never_rewritten BEFORE UPDATE ON key_grants
BEGIN SELECT RAISE(ABORT, 'a grant is never rewritten'); END;
"""
