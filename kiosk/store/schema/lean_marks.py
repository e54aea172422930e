"""Two indexes that every mark of a mail had to write to, and that a start alone read: it finds its few rows without."""

LEAN_MARKS = """
DROP INDEX attempts_of_delivery;
DROP INDEX deliveries_sending;
"""
