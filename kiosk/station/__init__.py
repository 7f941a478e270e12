"""A station: one scanner, and what happens between a finger on its glass and a punch on disk."""

from kiosk.station.enrolment import Enrolment, EnrolmentError, EnrolRequest
from kiosk.station.punching import Punching
from kiosk.station.reader import Reader

__all__ = ["EnrolRequest", "Enrolment", "EnrolmentError", "Punching", "Reader"]
