-- Database schema. Moments are UTC text (see kiosk/clock.py), lists are JSON; STRICT tables and CHECKs refuse anything
-- else. Triggers enforce promises against any program that writes; a trigger's name is its promise.


-- Trace --------------------------------------------------------------------------------------------------------------

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  reference TEXT,
  detail TEXT NOT NULL,
  stored TEXT NOT NULL DEFAULT '', -- digests of the rows that this event stores: kiosk/store/trace/row_digests.py
  previous BLOB NOT NULL CHECK (length(previous) = 32),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

CREATE INDEX events_of_report ON events (reference) WHERE reference IS NOT NULL;

-- As in kiosk/store/trace/account_ledger.py.
CREATE INDEX events_about_accounts ON events (id) WHERE action IN ('account_added', 'account_disabled',
  'password_link_made', 'password_set', 'password_changed', 'password_rehashed', 'key_pair_made', 'key_pair_retired',
  'key_confirmed', 'key_granted', 'site_key_made', 'keys_initialised', 'recovery_key_renewed', 'second_factor_added',
  'second_factor_removed', 'second_factor_reset', 'recovery_codes_made', 'recovery_code_used', 'accounts_recorded',
  'accounts_told');

-- As in kiosk/store/trace/events.py: what is looked up by its action alone.
CREATE INDEX events_of_the_kiosk ON events (action, id)
WHERE action IN ('backup_written', 'follow_up_secret_replaced', 'trace_cut');

CREATE TRIGGER events_are_never_rewritten BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the trace is never rewritten'); END;

-- Where the trace was cut: only events up to the newest anchor may be deleted.
CREATE TABLE trace_anchors (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  cut_at TEXT NOT NULL,
  last_moment TEXT NOT NULL,
  who TEXT NOT NULL
) STRICT;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
WHEN OLD.id > coalesce((SELECT max(sequence) FROM trace_anchors), 0)
BEGIN SELECT RAISE(ABORT, 'the trace is never shortened'); END;

CREATE TRIGGER anchors_are_never_deleted BEFORE DELETE ON trace_anchors
BEGIN SELECT RAISE(ABORT, 'where the trace was cut is never forgotten'); END;

CREATE TRIGGER anchors_are_never_rewritten BEFORE UPDATE ON trace_anchors
BEGIN SELECT RAISE(ABORT, 'where the trace was cut is never rewritten'); END;

CREATE TRIGGER an_anchor_holds_an_event BEFORE INSERT ON trace_anchors
WHEN NOT EXISTS (SELECT 1 FROM events WHERE id = NEW.sequence AND digest = NEW.digest AND at = NEW.last_moment)
BEGIN SELECT RAISE(ABORT, 'the trace is cut at one of its events'); END;

-- How far the trace was checked: new events (tail) each minute, the whole trace (walk) once a day.
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


-- Directory: sites and audiences of the settings, for reports to refer to --------------------------------------------

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


-- Staff: accounts, sessions, sign-in throttling. Random ids are stored only as keyed digests -------------------------

-- ``sites``: empty for all.
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

-- Second factors. ``secret``: of an authenticator app, sealed to the key in secrets/; of a passkey, its id and public key.
-- ``host``: the name that a passkey is bound to. ``counter``: time step or signature counter of the last use.
CREATE TABLE staff_factors (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey')),
  secret BLOB NOT NULL UNIQUE,
  host TEXT NOT NULL CHECK ((host != '') = (kind = 'passkey')),
  counter INTEGER NOT NULL CHECK (counter >= 0),
  created_at TEXT NOT NULL,
  used_at TEXT
) STRICT;

CREATE INDEX staff_factors_of_member ON staff_factors (staff_id);

CREATE TRIGGER a_factor_stays_whose_it_is BEFORE UPDATE OF id, staff_id, kind, secret, host, created_at ON staff_factors
BEGIN SELECT RAISE(ABORT, 'of a second factor only the last use changes'); END;

CREATE TRIGGER a_factor_never_counts_back BEFORE UPDATE OF counter ON staff_factors WHEN NEW.counter < OLD.counter
BEGIN SELECT RAISE(ABORT, 'a code that was used is never good again'); END;

CREATE TABLE recovery_codes (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  staff_id INTEGER NOT NULL REFERENCES staff(id)
) STRICT;

CREATE INDEX recovery_codes_of_member ON recovery_codes (staff_id);

-- A right password whose second step is still to come. ``signs_in``: 0 for somebody who is signed in already.
CREATE TABLE password_proofs (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  signs_in INTEGER NOT NULL CHECK (signs_in IN (0, 1)),
  ends_at TEXT NOT NULL
) STRICT;

CREATE INDEX password_proofs_of_member ON password_proofs (staff_id);

-- One row for each of a fixed number of hash buckets (see kiosk/store/staff/sign_in_throttle.py): the table is bounded
-- and holds no typed name and no address.
CREATE TABLE sign_in_lanes (
  lane TEXT PRIMARY KEY CHECK (length(lane) <= 20),
  failures INTEGER NOT NULL CHECK (failures >= 0),
  failed_at TEXT NOT NULL,
  free_at TEXT NOT NULL
) STRICT;

-- ``seen``: newest report at the member's last look; ``before``: newest report at the end of the previous visit.
CREATE TABLE visits (
  staff_id INTEGER PRIMARY KEY REFERENCES staff(id),
  seen INTEGER NOT NULL,
  before INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT;

-- ``ended_by``: who ended it early. ``told_end``: its end when it was last told by mail.
CREATE TABLE absences (
  id INTEGER PRIMARY KEY,
  audience_id TEXT NOT NULL REFERENCES audiences(id),
  starts_at TEXT NOT NULL,
  ends_at TEXT NOT NULL CHECK (ends_at >= starts_at),
  entered_by TEXT NOT NULL,
  entered_at TEXT NOT NULL,
  ended_by TEXT,
  told_end TEXT
) STRICT;

CREATE INDEX absences_by_end ON absences (ends_at);

CREATE TRIGGER absences_are_never_deleted BEFORE DELETE ON absences
BEGIN SELECT RAISE(ABORT, 'an absence is ended, never deleted'); END;


-- Keys: who can open what --------------------------------------------------------------------------------------------

CREATE TABLE site_keys (
  id INTEGER PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES sites(id),
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  created_at TEXT NOT NULL,
  retired_at TEXT
) STRICT;

-- Public halves; the private half was printed once. Site keys and backups are sealed to the key that is not retired, so
-- that they survive the loss of all passwords.
-- ``signer``: public half of the signing key whose check letters stand on the same paper.
CREATE TABLE recovery_keys (
  id INTEGER PRIMARY KEY,
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  signer BLOB NOT NULL CHECK (length(signer) = 32),
  created_at TEXT NOT NULL,
  retired_at TEXT
) STRICT;

CREATE TRIGGER recovery_keys_are_never_deleted BEFORE DELETE ON recovery_keys
BEGIN SELECT RAISE(ABORT, 'a recovery key is retired, never deleted'); END;

-- ``wrapped``: the private half, encrypted by the reader's password; NULL once retired.
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

-- A site's private key, sealed to a reader's pair or to the recovery key. Grants of a retired pair are deleted.
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


-- Reports, additions, replies, notes. Content and contact are sealed to the site's key -------------------------------

-- ``told_at``, ``told_way``, ``entered_by``: of a report typed by staff for somebody; ``received_at`` is then the time
-- of typing. ``sent_from``: see SentFrom in kiosk/domain/report.py. ``attend_at``: next look of the background process
-- at the report, never too late; '' for at once.
-- ``anchor_at``: start of the present wait. ``first_step``, ``step``: the first and the last of the chain told in this
-- ``cycle``. ``revision`` counts changes, for compare-and-set.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE CHECK (length(reference) = 11),
  submission_hash BLOB NOT NULL UNIQUE CHECK (length(submission_hash) = 32),
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  follow_up_hash BLOB NOT NULL UNIQUE CHECK (length(follow_up_hash) = 32),
  follow_up_key BLOB NOT NULL CHECK (length(follow_up_key) = 32),
  kind TEXT NOT NULL,
  kind_title TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'normal')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'closed')),
  site_id TEXT NOT NULL REFERENCES sites(id),
  zone TEXT,
  terminal_id TEXT REFERENCES terminals(id),
  sent_from TEXT NOT NULL CHECK (sent_from IN ('terminal', 'visitor', 'staff')),
  language TEXT NOT NULL,
  observed_precision TEXT NOT NULL CHECK (observed_precision IN ('now', 'today', 'yesterday', 'at', 'unknown')),
  observed_earliest TEXT,
  observed_latest TEXT,
  ongoing TEXT NOT NULL CHECK (ongoing IN ('yes', 'no', 'unknown')),
  personal_data TEXT NOT NULL CHECK (personal_data IN ('yes', 'no', 'unknown')),
  aware_at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  line_id INTEGER NOT NULL REFERENCES reports(id), -- first report of its line, and when that came: kiosk/store/reports/lines.py
  line_at TEXT NOT NULL CHECK (received_at >= line_at AND (line_id != id OR received_at = line_at)),
  deadline_at TEXT CHECK ((deadline_at IS NULL) = (personal_data = 'no')),
  flags TEXT NOT NULL,
  told_at TEXT,
  told_way TEXT CHECK (told_way IN ('spoken', 'telephone', 'paper')),
  entered_by TEXT,
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  content BLOB,
  contact BLOB,
  revision INTEGER NOT NULL DEFAULT 0,
  cycle INTEGER NOT NULL DEFAULT 0,
  step INTEGER NOT NULL DEFAULT 0 CHECK (step BETWEEN 0 AND 2),
  first_step INTEGER NOT NULL DEFAULT 0 CHECK (first_step BETWEEN 0 AND 2),
  anchor_at TEXT,
  attend_at TEXT,
  acted_at TEXT,
  taken_by TEXT,
  taken_account TEXT,
  taken_role TEXT,
  taken_at TEXT,
  eta_at TEXT,
  closed_by TEXT,
  closed_at TEXT,
  outcome TEXT CHECK (outcome IN ('resolved', 'false_alarm', 'transferred', 'duplicate', 'found', 'other')),
  hidden_as TEXT CHECK (hidden_as IN ('test', 'spam')),
  repeats INTEGER REFERENCES reports(id) CHECK (repeats IS NULL OR (repeats != id AND outcome IS 'duplicate')),
  CHECK ((told_at IS NULL) = (entered_by IS NULL) AND (told_at IS NULL) = (told_way IS NULL)),
  CHECK ((sent_from = 'staff') = (entered_by IS NOT NULL)),
  CHECK (terminal_id IS NULL OR sent_from = 'terminal')
) STRICT;

CREATE TRIGGER reports_are_never_deleted BEFORE DELETE ON reports
BEGIN SELECT RAISE(ABORT, 'a report is never deleted'); END;

CREATE TRIGGER reports_are_never_rewritten BEFORE UPDATE OF
  id, reference, submission_hash, fingerprint, follow_up_hash, follow_up_key, kind, severity, site_id, zone,
  terminal_id, sent_from, language, observed_precision, observed_earliest, observed_latest, ongoing, personal_data,
  aware_at,
  received_at, line_id, line_at, deadline_at, flags, site_key_id ON reports
BEGIN SELECT RAISE(ABORT, 'what a report said is never rewritten'); END;

CREATE TRIGGER a_line_is_of_one_kind_and_place BEFORE INSERT ON reports
WHEN NEW.line_id != NEW.id AND NOT EXISTS (SELECT 1 FROM reports AS first WHERE first.id = NEW.line_id
  AND first.line_id = first.id AND first.line_at = NEW.line_at AND first.kind = NEW.kind
  AND first.site_id = NEW.site_id AND first.zone IS NEW.zone)
BEGIN SELECT RAISE(ABORT, 'a line holds reports of one kind, site and zone'); END;

CREATE TRIGGER a_kinds_title_is_never_rewritten BEFORE UPDATE OF kind_title ON reports
BEGIN SELECT RAISE(ABORT, 'the title under which a report came is never rewritten'); END;

CREATE TRIGGER how_a_report_was_told_is_never_rewritten BEFORE UPDATE OF told_at, told_way, entered_by ON reports
BEGIN SELECT RAISE(ABORT, 'how a report was told is never rewritten'); END;

CREATE TRIGGER content_only_becomes_null BEFORE UPDATE OF content, contact ON reports
WHEN (NEW.content IS NOT NULL AND NEW.content IS NOT OLD.content)
  OR (NEW.contact IS NOT NULL AND NEW.contact IS NOT OLD.contact)
BEGIN SELECT RAISE(ABORT, 'content and contact may only become NULL'); END;

-- For the chain.
CREATE INDEX reports_to_attend ON reports (attend_at) WHERE attend_at IS NOT NULL;
CREATE INDEX reports_anchored ON reports (anchor_at) WHERE attend_at IS NOT NULL;

-- One for each console list, in its order; the columns after ``line_id`` let filters and counts read the index alone.
CREATE INDEX reports_to_do ON reports (site_id, state, severity, line_at, line_id, received_at, id, kind, hidden_as)
  WHERE state != 'closed' AND hidden_as IS NULL;
CREATE INDEX reports_closed ON reports (site_id, line_at, line_id, received_at, id, kind, state, hidden_as)
  WHERE state = 'closed' AND hidden_as IS NULL;
CREATE INDEX reports_in_lines ON reports (site_id, line_at, line_id, state, severity, received_at, id, kind, hidden_as)
  WHERE hidden_as IS NULL;
CREATE INDEX reports_hidden ON reports (site_id, line_at, line_id, state, severity, received_at, id, kind, hidden_as)
  WHERE hidden_as IS NOT NULL;

-- In the order of receipt, for search and day sheet; the newest that waits; the first of each line, for the next report
-- of its kind and place; what was closed as a repetition.
CREATE INDEX reports_shown ON reports (site_id, received_at, id, kind) WHERE hidden_as IS NULL;
CREATE INDEX reports_waiting ON reports (site_id, severity, id) WHERE state = 'open' AND hidden_as IS NULL;
CREATE INDEX reports_that_begin_a_line ON reports (site_id, kind, zone, received_at) WHERE line_id = id;
CREATE INDEX reports_that_repeat ON reports (repeats) WHERE repeats IS NOT NULL;

-- For retention. The expressions must equal those in kiosk/store/keeping/purgeable.py: SQLite uses an index on an
-- expression only for the same expression.
CREATE INDEX reports_with_contact ON reports (
  iif(hidden_as IS NULL, state, 'hidden'), coalesce(closed_at, acted_at, taken_at), kind, id
) WHERE contact IS NOT NULL AND state != 'open';
CREATE INDEX reports_with_content ON reports (
  iif(hidden_as IS NULL, state, 'hidden'), coalesce(closed_at, acted_at, taken_at), kind, id
) WHERE content IS NOT NULL AND state != 'open';

-- Pages that answer a POST of a browser without scripts, shown once at an address with a token. ``digest``: SHA-256 of
-- the token, which is also the key of ``sealed`` and stored nowhere. Erased when shown and after two minutes.
CREATE TABLE one_time_pages (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  sealed BLOB NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Details added by the reporter under the follow-up code.
CREATE TABLE additions (
  id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES reports(id),
  submission_hash BLOB NOT NULL UNIQUE CHECK (length(submission_hash) = 32),
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  found INTEGER NOT NULL CHECK (found IN (0, 1)),
  received_at TEXT NOT NULL,
  terminal_id TEXT REFERENCES terminals(id),
  sent_from TEXT NOT NULL CHECK (sent_from IN ('terminal', 'visitor')),
  language TEXT NOT NULL,
  site_key_id INTEGER NOT NULL REFERENCES site_keys(id),
  content BLOB
) STRICT;

CREATE INDEX additions_of_report ON additions (report_id);

CREATE TRIGGER additions_are_never_deleted BEFORE DELETE ON additions
BEGIN SELECT RAISE(ABORT, 'an addition is never deleted'); END;

CREATE TRIGGER additions_are_never_rewritten BEFORE UPDATE OF
  id, report_id, submission_hash, fingerprint, found, received_at, terminal_id, sent_from,
  language, site_key_id ON additions
BEGIN SELECT RAISE(ABORT, 'an addition is never rewritten'); END;

CREATE TRIGGER what_was_added_only_becomes_null BEFORE UPDATE OF content ON additions
WHEN NEW.content IS NOT NULL AND NEW.content IS NOT OLD.content
BEGIN SELECT RAISE(ABORT, 'the content of an addition may only become NULL'); END;

-- A reply is stored twice: sealed to the follow-up code's key and to the site's key.
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

-- Digest of the settings from which ``attend_at`` was computed.
CREATE TABLE duty_settings (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  digest BLOB NOT NULL
) STRICT;

INSERT INTO duty_settings VALUES (1, x'');


-- Personal-data breaches (GDPR art. 33): a file for each report that does not exclude personal data ------------------

-- ``details`` is sealed like the report; deadline and decision are in clear. ``nudged``: hour of the last reminder.
CREATE TABLE breaches (
  report_id INTEGER PRIMARY KEY REFERENCES reports(id),
  site_id TEXT NOT NULL REFERENCES sites(id), -- the report's, for the indexes
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

-- The register, site by site: what waits for a decision, then the rest.
CREATE INDEX breaches_undecided ON breaches (site_id, deadline_at, report_id) WHERE decision IS NULL;
CREATE INDEX breaches_settled ON breaches (site_id, opened_at, report_id) WHERE decision IS NOT NULL;
CREATE INDEX breaches_to_nudge ON breaches (deadline_at) WHERE decision IS NULL AND nudged < 66;
CREATE INDEX breaches_decided ON breaches (decided_at) WHERE details IS NOT NULL;

CREATE TRIGGER breaches_are_never_deleted BEFORE DELETE ON breaches
BEGIN SELECT RAISE(ABORT, 'the register of breaches is never shortened'); END;

CREATE TRIGGER a_breach_stays_what_it_is BEFORE UPDATE OF report_id, site_id, opened_at, opened_by, deadline_at ON breaches
BEGIN SELECT RAISE(ABORT, 'when a breach was opened is never rewritten'); END;


-- Outbox -------------------------------------------------------------------------------------------------------------

-- Purposes, scopes and conditions: see kiosk/domain/purposes.py. ``only_while``: condition for sending. Only a delivery
-- with a condition can be cancelled: a report's own mails leave the outbox only by a recorded 2xx. ``last_reply``: the
-- relay's code and status; ``last_words``: its own words, which may quote the mail, kept only while the mail waits.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  report_id INTEGER REFERENCES reports(id),
  site_id TEXT NOT NULL REFERENCES sites(id),
  audience_id TEXT NOT NULL REFERENCES audiences(id),
  purpose TEXT NOT NULL CHECK (purpose IN ('report', 'addition', 'escalation', 'reminder', 'taken',
    'taken_together', 'breach', 'test', 'daily', 'alarm', 'retention', 'restore', 'absence', 'accounts', 'digest')),
  message_id TEXT NOT NULL UNIQUE,
  head BLOB NOT NULL, -- header lines for this audience alone; empty once ended
  body_id INTEGER REFERENCES bodies(id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'in_digest', 'sending', 'sent', 'held', 'cancelled')),
  way TEXT NOT NULL DEFAULT 'alone' CHECK (way IN ('alone', 'digest', 'listed')),
  digest_id INTEGER REFERENCES deliveries(id),
  digest_place INTEGER,
  only_while TEXT CHECK (only_while IN ('open', 'acknowledged', 'handled', 'undecided')),
  not_after TEXT CHECK (not_after IS NULL OR only_while IS NOT NULL),
  created_at TEXT NOT NULL,
  next_attempt_at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  ambiguous INTEGER NOT NULL DEFAULT 0,
  held_for TEXT CHECK (held_for IN ('relay', 'address', 'mail')), -- whose reason the last refusal was
  claim TEXT CHECK ((claim IS NOT NULL) = (state = 'sending')),
  sent_at TEXT CHECK ((sent_at IS NOT NULL) = (state = 'sent')),
  last_reply TEXT NOT NULL DEFAULT '',
  last_words TEXT NOT NULL DEFAULT '' CHECK (last_words = '' OR state NOT IN ('sent', 'cancelled')),
  CHECK ((report_id IS NULL) = (purpose IN
    ('test', 'daily', 'alarm', 'retention', 'restore', 'absence', 'accounts', 'digest'))),
  CHECK (body_id IS NOT NULL OR state IN ('sent', 'cancelled')),
  CHECK (way = 'alone' OR report_id IS NOT NULL),
  CHECK (state != 'in_digest' OR digest_id IS NOT NULL),
  CHECK (digest_id IS NULL OR (way != 'alone' AND state IN ('in_digest', 'sent'))),
  CHECK (CASE purpose
    WHEN 'escalation' THEN coalesce(only_while, '') = 'open'
    WHEN 'reminder' THEN coalesce(only_while, '') IN ('open', 'acknowledged')
    WHEN 'taken' THEN coalesce(only_while, '') = 'handled'
    WHEN 'breach' THEN coalesce(only_while, '') = 'undecided'
    ELSE only_while IS NULL END),
  CHECK (state != 'cancelled' OR only_while IS NOT NULL OR purpose = 'digest')
) STRICT;

CREATE INDEX deliveries_of_report ON deliveries (report_id);
CREATE INDEX deliveries_with_body ON deliveries (body_id) WHERE body_id IS NOT NULL;
CREATE INDEX deliveries_fresh ON deliveries (site_id, id) WHERE state = 'queued' AND way = 'alone' AND attempts = 0;
CREATE INDEX deliveries_again ON deliveries (next_attempt_at) WHERE state = 'queued' AND way = 'alone' AND attempts > 0;
CREATE INDEX deliveries_to_audience ON deliveries (audience_id, created_at) WHERE report_id IS NOT NULL;
CREATE INDEX deliveries_for_digest ON deliveries (audience_id, id) WHERE state = 'queued' AND way != 'alone';
CREATE INDEX deliveries_of_digest ON deliveries (digest_id) WHERE digest_id IS NOT NULL;
CREATE INDEX digests_under_way ON deliveries (audience_id) WHERE purpose = 'digest' AND state NOT IN ('sent', 'cancelled');
CREATE INDEX deliveries_undelivered ON deliveries (created_at) WHERE state NOT IN ('sent', 'cancelled');
CREATE INDEX deliveries_held ON deliveries (id) WHERE state = 'held';
CREATE INDEX deliveries_ending ON deliveries (not_after) WHERE state IN ('queued', 'held') AND not_after IS NOT NULL;

CREATE TRIGGER deliveries_are_never_deleted BEFORE DELETE ON deliveries
BEGIN SELECT RAISE(ABORT, 'a delivery is never deleted'); END;

CREATE TRIGGER a_delivery_that_ended_stays_so BEFORE UPDATE ON deliveries WHEN OLD.state IN ('sent', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'a delivery that was sent or cancelled stays so'); END;

CREATE TRIGGER the_head_of_a_delivery_is_final BEFORE UPDATE OF head, body_id, message_id ON deliveries
WHEN NEW.message_id != OLD.message_id
  OR (NEW.state NOT IN ('sent', 'cancelled') AND (NEW.head != OLD.head OR NEW.body_id IS NOT OLD.body_id))
BEGIN SELECT RAISE(ABORT, 'the bytes of a delivery are final'); END;

-- One for all audiences of a mail.
CREATE TABLE bodies (
  id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

CREATE TRIGGER bodies_are_final BEFORE UPDATE ON bodies
BEGIN SELECT RAISE(ABORT, 'the bytes of a delivery are final'); END;

CREATE TRIGGER an_undelivered_body_stays BEFORE DELETE ON bodies
WHEN EXISTS (SELECT 1 FROM deliveries WHERE body_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the body of an undelivered delivery stays'); END;

CREATE TRIGGER a_mail_waits_in_a_digest_that_waits_too BEFORE UPDATE OF state, digest_id ON deliveries
WHEN NEW.state = 'in_digest' AND NOT EXISTS (
  SELECT 1 FROM deliveries AS digest WHERE digest.id = NEW.digest_id AND purpose = 'digest' AND state = 'queued')
BEGIN SELECT RAISE(ABORT, 'a mail waits in a digest that waits too'); END;

-- ``next_at``: from when an audience may get its next digest. ``halved``: how often the relay has put one off that it
-- had begun to take: the next one has half the room each time.
CREATE TABLE digest_turns (
  audience_id TEXT PRIMARY KEY REFERENCES audiences(id),
  next_at TEXT NOT NULL,
  halved INTEGER NOT NULL DEFAULT 0 CHECK (halved BETWEEN 0 AND 20)
) STRICT, WITHOUT ROWID;

-- No index on ``delivery_id``: each attempt would write it, and only a start reads it.
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

CREATE TRIGGER attempts_are_never_deleted BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'an attempt is never deleted'); END;

CREATE TRIGGER attempts_end_once BEFORE UPDATE ON attempts WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an attempt ends once'); END;

CREATE TABLE addition_deliveries (
  delivery_id INTEGER PRIMARY KEY REFERENCES deliveries(id),
  addition_id INTEGER NOT NULL REFERENCES additions(id)
) STRICT;

CREATE INDEX deliveries_of_addition ON addition_deliveries (addition_id);

CREATE TABLE relay (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL CHECK (state IN ('untried', 'up', 'down', 'refused')),
  since TEXT NOT NULL,
  failures INTEGER NOT NULL,
  next_try_at TEXT NOT NULL,
  last_reply TEXT NOT NULL,
  certificate_until TEXT,
  credentials TEXT NOT NULL,
  silent_since TEXT
) STRICT;

INSERT INTO relay VALUES (1, 'untried', '1970-01-01T00:00:00.000Z', 0, '1970-01-01T00:00:00.000Z', '', NULL, '', NULL);


-- Retention ----------------------------------------------------------------------------------------------------------

-- A row for each erased stage of a report: no content becomes NULL without one.
CREATE TABLE tombstones (
  report_id INTEGER NOT NULL REFERENCES reports(id),
  stage TEXT NOT NULL CHECK (stage IN ('contact', 'content')),
  reference TEXT NOT NULL,
  kind TEXT NOT NULL,
  received_at TEXT NOT NULL,
  purged_at TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('closed', 'acknowledged', 'hidden')),
  who TEXT NOT NULL,
  PRIMARY KEY (report_id, stage)
) STRICT, WITHOUT ROWID;

-- Orders to keep a report beyond its retention period.
CREATE TABLE holds (
  id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES reports(id),
  reason TEXT NOT NULL CHECK (reason IN ('litigation', 'inquiry', 'authority', 'other')),
  placed_at TEXT NOT NULL,
  placed_by TEXT NOT NULL,
  released_at TEXT,
  released_by TEXT,
  CHECK ((released_at IS NULL) = (released_by IS NULL))
) STRICT;

CREATE INDEX holds_of_report ON holds (report_id);
CREATE UNIQUE INDEX one_hold_at_a_time ON holds (report_id) WHERE released_at IS NULL;

CREATE TRIGGER holds_are_never_deleted BEFORE DELETE ON holds
BEGIN SELECT RAISE(ABORT, 'a hold is released, never deleted'); END;

CREATE TRIGGER a_hold_is_only_released BEFORE UPDATE ON holds
WHEN OLD.released_at IS NOT NULL OR NEW.id != OLD.id OR NEW.report_id != OLD.report_id OR NEW.reason != OLD.reason
  OR NEW.placed_at != OLD.placed_at OR NEW.placed_by != OLD.placed_by
BEGIN SELECT RAISE(ABORT, 'a hold can only be released, once'); END;

CREATE TRIGGER tombstones_are_never_deleted BEFORE DELETE ON tombstones
BEGIN SELECT RAISE(ABORT, 'a tombstone is never deleted'); END;

CREATE TRIGGER tombstones_are_never_rewritten BEFORE UPDATE ON tombstones
BEGIN SELECT RAISE(ABORT, 'a tombstone is never rewritten'); END;

CREATE TRIGGER nothing_that_is_needed_gets_a_tombstone BEFORE INSERT ON tombstones
WHEN (SELECT state FROM reports WHERE id = NEW.report_id) = 'open'
  OR EXISTS (SELECT 1 FROM deliveries WHERE report_id = NEW.report_id AND state NOT IN ('sent', 'cancelled'))
  OR EXISTS (SELECT 1 FROM holds WHERE report_id = NEW.report_id AND released_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a report that is open, undelivered or held is not purged'); END;

CREATE TRIGGER an_undecided_breach_keeps_its_report BEFORE INSERT ON tombstones
WHEN (SELECT hidden_as FROM reports WHERE id = NEW.report_id) IS NULL
  AND EXISTS (SELECT 1 FROM breaches WHERE report_id = NEW.report_id AND decision IS NULL)
BEGIN SELECT RAISE(ABORT, 'a report is not purged before its breach is decided'); END;

CREATE TRIGGER a_contact_goes_with_its_tombstone BEFORE UPDATE OF contact ON reports
WHEN NEW.contact IS NULL AND OLD.contact IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'a contact is erased with its tombstone'); END;

CREATE TRIGGER content_goes_with_its_tombstone BEFORE UPDATE OF content ON reports
WHEN NEW.content IS NULL AND OLD.content IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'content is erased with its tombstone'); END;

CREATE TRIGGER a_note_goes_with_its_reports_tombstone BEFORE UPDATE OF text ON notes
WHEN NEW.text IS NULL AND OLD.text IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.report_id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'a note is erased with the tombstone of its report'); END;

CREATE TRIGGER an_addition_goes_with_its_reports_tombstone BEFORE UPDATE OF content ON additions
WHEN NEW.content IS NULL AND OLD.content IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.report_id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'an addition is erased with the tombstone of its report'); END;

CREATE TRIGGER a_reply_goes_with_its_reports_tombstone BEFORE UPDATE OF for_reporter, for_staff ON replies
WHEN ((NEW.for_reporter IS NULL AND OLD.for_reporter IS NOT NULL)
    OR (NEW.for_staff IS NULL AND OLD.for_staff IS NOT NULL))
  AND NOT EXISTS (SELECT 1 FROM tombstones WHERE report_id = OLD.report_id AND stage = 'content')
BEGIN SELECT RAISE(ABORT, 'a reply is erased with the tombstone of its report'); END;

-- Last look of the background process, days with a look since the clock last jumped, last mail to the MSSI. `erased`
-- counts what was erased, `overwritten` is how much of it has left the write-ahead log as well.
CREATE TABLE retention (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  looked_at TEXT,
  days INTEGER NOT NULL DEFAULT 0,
  announced_at TEXT,
  erased INTEGER NOT NULL DEFAULT 0,
  overwritten INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO retention (id) VALUES (1);

-- Whatever erases text or a key: the write-ahead log holds it until it is overwritten.
CREATE TRIGGER an_erased_event_is_counted AFTER DELETE ON events
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_mail_is_counted AFTER DELETE ON bodies
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER a_page_that_was_shown_is_counted AFTER DELETE ON one_time_pages
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER erased_words_are_counted AFTER UPDATE OF content, contact ON reports
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_note_is_counted AFTER UPDATE OF text ON notes
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_addition_is_counted AFTER UPDATE OF content ON additions
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_reply_is_counted AFTER UPDATE OF for_reporter, for_staff ON replies
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_breach_file_is_counted AFTER UPDATE OF details ON breaches
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_grant_is_counted AFTER DELETE ON key_grants
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_pair_is_counted AFTER UPDATE OF wrapped ON staff_keys
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_factor_is_counted AFTER DELETE ON staff_factors
BEGIN UPDATE retention SET erased = erased + 1; END;

CREATE TRIGGER an_erased_password_is_counted AFTER UPDATE OF password_hash ON staff
BEGIN UPDATE retention SET erased = erased + 1; END;

-- Reports whose coming erasure was announced to the MSSI.
CREATE TABLE announced (
  report_id INTEGER PRIMARY KEY REFERENCES reports(id),
  at TEXT NOT NULL,
  delivery_id INTEGER REFERENCES deliveries(id)
) STRICT;


-- Monitoring of the kiosk --------------------------------------------------------------------------------------------

CREATE TABLE heartbeats (
  name TEXT PRIMARY KEY,
  beat_at TEXT NOT NULL,
  process INTEGER NOT NULL
) STRICT;

-- A row for each start of the machine. ``trusted``: seconds from its steady clock to Unix time; ``began``: the steady
-- clock at the first look, after the event ``began_after``; ``seen_at``: last moment that was trusted. ``off_by``:
-- seconds by which the wall clock is wrong.
CREATE TABLE clock_marks (
  boot TEXT PRIMARY KEY,
  trusted REAL NOT NULL,
  began REAL NOT NULL,
  began_after INTEGER NOT NULL,
  seen_at TEXT NOT NULL,
  off_by INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The moments of the events between these two, which ``event_after`` corrected, are wrong by so many seconds.
CREATE TABLE clock_corrections (
  event_after INTEGER PRIMARY KEY,
  event_before INTEGER NOT NULL,
  seconds INTEGER NOT NULL
) STRICT;

CREATE TABLE doors (
  name TEXT PRIMARY KEY CHECK (name IN ('public', 'staff')),
  address TEXT NOT NULL,
  opened_at TEXT NOT NULL
) STRICT;

-- A row for each condition ever seen red: its state now, since when, and what the last mail said.
CREATE TABLE alarms (
  condition TEXT PRIMARY KEY,
  red INTEGER NOT NULL CHECK (red IN (0, 1)),
  since TEXT NOT NULL,
  told_red INTEGER NOT NULL CHECK (told_red IN (0, 1)),
  told_at TEXT,
  red_since TEXT
) STRICT, WITHOUT ROWID;

-- What was written past the kiosk, as far as the background process has compared rows with the trace.
CREATE TABLE alterations (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  compared_to INTEGER,
  followed_to INTEGER,
  report TEXT NOT NULL,
  lost TEXT NOT NULL,
  accounts TEXT NOT NULL,
  structure TEXT NOT NULL
) STRICT;

-- One row a day, so that no day has two mails.
CREATE TABLE daily_mails (
  day TEXT PRIMARY KEY,
  written_at TEXT NOT NULL,
  last_report INTEGER NOT NULL,
  last_event INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER daily_mails_are_never_deleted BEFORE DELETE ON daily_mails
BEGIN SELECT RAISE(ABORT, 'a day that had its mail is never forgotten'); END;
