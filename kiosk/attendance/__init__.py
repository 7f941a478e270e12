"""The rules of attendance: which day a punch counts for, which way somebody went, and whose shift it is. Pure: all comes as arguments."""

from kiosk.attendance.rules import Policy, Record, Repeat, decide
from kiosk.attendance.shifts import Phase, Shift, running
from kiosk.attendance.workday import work_day

__all__ = ["Phase", "Policy", "Record", "Repeat", "Shift", "decide", "running", "work_day"]
