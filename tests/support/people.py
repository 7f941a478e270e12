"""People by the thousand, enrolled as if at other kiosks: their templates lie in the store, their slots are still to be given."""

from collections.abc import Iterator

import msgspec

from drivers import Template
from drivers.emulation.device import Device
from kiosk.models import Consent, Finger, FingerName, FingerState, Member
from kiosk.station import Vault
from kiosk.store import Store

FIRST = 1000
"""The uid of the first of them; the next ones follow."""


def people(count: int) -> Iterator[tuple[Member, Finger]]:
    """Members and their one finger each, pending."""
    for number in range(FIRST, FIRST + count):
        uid = str(number)
        consent = Consent(text_version="1", witness="the head teacher", given_us=0)
        yield (
            Member(uid=uid, name=f"MEMBER {uid}"),
            Finger(uid, uid, FingerName.RIGHT_INDEX, FingerState.PENDING, consent, number),
        )


def finger_of(uid: str) -> str:
    """The name of the emulated finger that belongs to the member `uid`."""
    return f"finger of MEMBER {uid}"


def fill(store: Store, vault: Vault, device: Device, count: int) -> None:
    """Enrol `count` people for scanners like `device`; again, for scanners of another model."""
    with store.atomic():
        for member, finger in people(count):
            store.members.put(member)
            _enrol(store, vault, device, finger, finger_of(member.uid))


def fill_second(store: Store, vault: Vault, device: Device, count: int) -> None:
    """Enrol a second finger of each of `count` people, named after the uid with an "x" behind it."""
    with store.atomic():
        for member, finger in people(count):
            name = f"{member.uid}x"
            second = msgspec.structs.replace(finger, id=name, name=FingerName.LEFT_INDEX, created_us=10**9)
            _enrol(store, vault, device, second, finger_of(name))


def _enrol(store: Store, vault: Vault, device: Device, finger: Finger, pressed: str) -> None:
    if store.fingers.get(finger.id) is None:
        store.fingers.begin(finger)
        store.fingers.confirm(finger.id)
    # Not `keep`, which asks for all copies first: that is too much for thousands.
    vault._put(vault._keys, finger, Template(device.model, device.make(pressed)))
