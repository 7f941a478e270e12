"""Delivery: what is on disk reaches Kemru, exactly once in effect, at the pace Kemru allows, whatever happens on the way."""

from kiosk.delivery.attendance import AttendanceCourier
from kiosk.delivery.budget import Budget
from kiosk.delivery.lane import Courier, DeliveryLane, Outcome, lane_status
from kiosk.delivery.roster import Roster
from kiosk.delivery.sms import SmsCourier

__all__ = ["AttendanceCourier", "Budget", "Courier", "DeliveryLane", "Outcome", "Roster", "SmsCourier", "lane_status"]
