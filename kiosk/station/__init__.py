"""A station: one scanner, and what happens between a finger on its glass and a punch on disk."""

from kiosk.station.enrolment import Enrolment, EnrolmentError, EnrolRequest
from kiosk.station.errands import BusyError
from kiosk.station.finder import Finder
from kiosk.station.ports import Ports
from kiosk.station.punching import Punching
from kiosk.station.reader import Reader
from kiosk.station.vault import Vault

__all__ = ["BusyError", "EnrolRequest", "Enrolment", "EnrolmentError", "Finder", "Ports", "Punching", "Reader", "Vault"]
