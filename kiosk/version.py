"""Installed version, for mails and the command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("ssi-kiosk")
except PackageNotFoundError:  # a checkout that was never installed
    VERSION = "unpackaged"
