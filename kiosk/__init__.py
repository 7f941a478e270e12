"""The fingerprint attendance kiosk: from a finger on the glass to Kemru."""

__version__ = "0.1.0"
