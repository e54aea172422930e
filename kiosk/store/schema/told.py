"""A report that staff typed for somebody: when and how it was told them, and by whom it was typed.

``received_at`` stays the moment of typing.
"""

TOLD = """
ALTER TABLE reports ADD COLUMN told_at TEXT;
ALTER TABLE reports ADD COLUMN told_way TEXT CHECK (told_way IN ('spoken', 'telephone', 'paper'));
ALTER TABLE reports ADD COLUMN entered_by TEXT
  CHECK ((told_at IS NULL) = (entered_by IS NULL) AND (told_at IS NULL) = (told_way IS NULL));

CREATE TRIGGER how_a_report_was_told_is_never_rewritten BEFORE UPDATE OF told_at, told_way, entered_by ON reports
BEGIN SELECT RAISE(ABORT, 'how a report was told is never rewritten'); END;
"""
