"""The tables, a module for each migration that makes or remakes some; applied by kiosk.store.base.migrations."""
