"""The scanner's library against the store's: it must be the scanner that we know, with the fingers that we know.

The store decides. A scanner that carries another tag than the one we wrote is another scanner, and credits nobody.
"""

import secrets

from drivers import Capability, Scanner
from kiosk.models import FingerState
from kiosk.store import Store

TAG_BYTES = 32


class LibraryError(Exception):
    """The scanner answers, but its slots cannot be trusted; the text says so in plain words."""


def settle(scanner: Scanner, store: Store, station: str) -> str:
    """Bring scanner and store to agreement after each connection. Returns a remark for the status page, or "".

    Finishes what a power cut interrupted: slots of enrolments that never were confirmed are emptied on both sides.
    Raises LibraryError when nobody may be credited, and ScannerError when the scanner fails meanwhile.
    """
    _recognise(scanner, store, station)
    used = scanner.used()
    for finger in store.fingers.pending(station):
        if finger.slot in used:
            scanner.delete(finger.slot)
        store.fingers.forget(finger.id)
    enrolled = {finger.slot for finger in store.fingers.of_station(station) if finger.state is FingerState.ENROLLED}
    used = scanner.used()
    missing, foreign = enrolled - used, used - enrolled
    if missing and Capability.TAG not in scanner.info.capabilities:
        raise LibraryError(
            f"{len(missing)} enrolled fingers are not in this scanner: it was swapped or wiped. Enrol again."
        )
    remarks = [f"{len(missing)} fingers are missing from the scanner: enrol them again"] if missing else []
    if foreign:
        remarks.append(f"{len(foreign)} slots of the scanner belong to nobody here")
    return "; ".join(remarks)


def free_slot(scanner: Scanner, store: Store, station: str) -> int | None:
    """The lowest slot that both the scanner and the store call empty, or None when the library is full."""
    taken = scanner.used() | {finger.slot for finger in store.fingers.of_station(station)}
    base = scanner.info.slot_base
    return next((slot for slot in range(base, base + scanner.info.capacity) if slot not in taken), None)


def _recognise(scanner: Scanner, store: Store, station: str) -> None:
    """Compare the scanner's tag with the one the store knows; adopt a scanner when nothing can be lost by it."""
    if Capability.TAG not in scanner.info.capabilities:
        return
    note = f"scanner-tag:{station}"
    known, present = store.notes.get(note), scanner.read_tag().hex()
    if present == known:
        return
    if known is not None and _has_fingers(store, station):
        raise LibraryError(
            "This is not the scanner that the fingers were enrolled on. Plug the old one in, or enrol again."
        )
    owner = store.notes.get(f"scanner-of:{present}")
    if owner is not None and owner != station and _has_fingers(store, owner):
        raise LibraryError(
            f'This scanner holds the fingers of station "{owner}". Call this station so again, or plug in its own scanner.'
        )
    tag = secrets.token_bytes(TAG_BYTES)
    # The store first: a crash in between leaves a scanner with a foreign tag and no fingers, which is adopted next time.
    with store.atomic():
        store.notes.put(note, tag.hex())
        store.notes.put(f"scanner-of:{tag.hex()}", station)
    scanner.write_tag(tag)


def _has_fingers(store: Store, station: str) -> bool:
    return any(finger.state is FingerState.ENROLLED for finger in store.fingers.of_station(station))
