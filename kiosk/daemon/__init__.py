"""The daemon: `kiosk run`."""

from kiosk.daemon.service import run

__all__ = ["run"]
