"""Alerts: who is told what by SMS because of a punch."""

from kiosk.alerts.rules import sms_on_punch

__all__ = ["sms_on_punch"]
