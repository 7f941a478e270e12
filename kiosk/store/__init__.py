"""Everything the kiosk must not forget, in one SQLite file, and the only SQL of the kiosk."""

from kiosk.store.chain import ChainReport
from kiosk.store.errors import NotSaved, SaveUnknown, StoreConflict, StoreDamaged, StoreError, StoreMissing, StoreTooNew
from kiosk.store.members import RosterChange
from kiosk.store.outbox import LaneCounts
from kiosk.store.pins import Pin
from kiosk.store.punches import LastPunch
from kiosk.store.store import Store
from kiosk.store.usage import FingerUsage

__all__ = [
    "ChainReport",
    "FingerUsage",
    "LaneCounts",
    "LastPunch",
    "NotSaved",
    "Pin",
    "RosterChange",
    "SaveUnknown",
    "Store",
    "StoreConflict",
    "StoreDamaged",
    "StoreError",
    "StoreMissing",
    "StoreTooNew",
]
