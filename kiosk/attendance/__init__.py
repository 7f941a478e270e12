"""The rules of attendance: which day a punch counts for, and which way somebody went. Pure: all comes as arguments."""

from kiosk.attendance.rules import Policy, Record, Repeat, decide
from kiosk.attendance.workday import work_day

__all__ = ["Policy", "Record", "Repeat", "decide", "work_day"]
