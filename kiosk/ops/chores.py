"""The chores of the background process, in the order in which they take their turns."""

from kiosk.delivery.chores import Chore
from kiosk.duty.alarm import watch
from kiosk.duty.breaches import nudge_undecided
from kiosk.duty.daily import write_daily
from kiosk.duty.retention import keep_no_longer
from kiosk.duty.steps import take_steps
from kiosk.ops.old_backups import drop_old_backups

CHORES: tuple[Chore, ...] = (
    take_steps,
    nudge_undecided,
    write_daily,
    watch,
    keep_no_longer,
    drop_old_backups,
)
