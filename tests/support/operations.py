"""What a station does with its scanner, to be interrupted anywhere, and what must be true afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers import Template
from kiosk.models import Consent, Finger, FingerName, FingerState, Member, SlotState
from kiosk.views import ScanKind, ScannerHealth, ScanResult
from tests.support.station import AMINA, BARAKA, Station, station

MODELS = ["r307", "r503"]
GREEN = {ScanKind.WELCOME, ScanKind.GOODBYE}


def finger_of(member: Member) -> str:
    return f"finger of {member.name}"


def known(desk: Station, member: Member) -> None:
    """Let the store know a member's finger, as if it had been enrolled at another station."""
    consent = Consent(text_version="1", witness="the head teacher", given_us=0)
    finger = Finger(member.uid, member.uid, FingerName.RIGHT_INDEX, FingerState.PENDING, consent, int(member.uid))
    device = desk.emulator.device
    with desk.store.atomic():
        desk.store.fingers.begin(finger)
        desk.store.fingers.confirm(finger.id)
        desk.reader._vault.keep(finger, Template(device.model, device.make(finger_of(member))))


def refreshed(desk: Station) -> None:
    """Let the library notice what changed in the store, and follow."""
    desk.clock.advance(6)
    desk.steps(1)
    desk.restored()


def back(desk: Station) -> None:
    """Plug the scanner in again if it is out, and wait until the library is as it should be."""
    desk.emulator.clear_faults()
    desk.emulator.lift()
    if not desk.emulator.state()["plugged"]:
        desk.steps(1)
        desk.emulator.replug()
    for _ in range(20):
        desk.steps(1)
        if desk.health is ScannerHealth.READY:
            break
    assert desk.health is ScannerHealth.READY, desk.reader.status
    desk.steps(8)
    desk.restored()


def agreed(desk: Station) -> None:
    """Store and scanner say the same of every slot; nothing is left half done."""
    slots = desk.store.slots.of_station("main")
    assert {slot.state for slot in slots} <= {SlotState.HELD}
    assert desk.store.fingers.all(FingerState.PENDING) == []
    assert desk.scanner.used() == {slot.slot for slot in slots}
    held = desk.emulator.device.templates()
    assert held.keys() == {slot.slot for slot in slots}
    for slot in slots:
        finger = desk.store.fingers.get(slot.finger_id)
        assert finger is not None
        template = desk.reader._vault.fetch(finger, desk.scanner.info.model)
        assert template is not None
        assert held[slot.slot] == template.data


def credited_rightly(desk: Station, *members: Member) -> None:
    """Everything that was shown green is a punch, there are no others, and they are all these members'."""
    green = [event.punch_id for event in desk.events if isinstance(event, ScanResult) and event.kind in GREEN]
    punches = desk.store.punches.latest(100_000)
    assert len(green) == len(set(green))
    assert {punch.id for punch in punches} == set(green)
    assert {punch.member_uid for punch in punches} <= {member.uid for member in members}


def punches(desk: Station, member: Member) -> None:
    desk.clock.advance(61)
    desk.steps(2)
    [result] = desk.press(finger_of(member))
    assert (result.kind in GREEN, result.name) == (True, member.name), result


@dataclass
class Operation:
    """`prepare` and then `run`, whose bytes are counted and cut; `after` tells whether all is well, and tidies up for the next time."""

    prepare: Callable[[Station], None]
    run: Callable[[Station], None]
    after: Callable[[Station], None]


def nothing(_desk: Station) -> None:
    pass


def identify(desk: Station) -> None:
    desk.emulator.place(finger_of(AMINA))
    desk.steps(3)


def identified(desk: Station) -> None:
    punches(desk, AMINA)
    desk.clock.advance(61)
    desk.steps(2)


def enrol(desk: Station) -> None:
    desk.enrol(AMINA)


def enrolled(desk: Station) -> None:
    if not desk.store.fingers.of_member(AMINA.uid):
        assert desk.enrol(AMINA).ok
    punches(desk, AMINA)
    [finger] = desk.store.fingers.of_member(AMINA.uid)
    desk.store.fingers.forget(finger.id)
    refreshed(desk)


def wiped(desk: Station) -> None:
    desk.emulator.unplug()
    desk.emulator.wipe()
    desk.steps(2)
    desk.emulator.replug()


def connect(desk: Station) -> None:
    """Open it, compare, and write everything back."""
    desk.steps(4)


def forget(desk: Station) -> None:
    if desk.store.fingers.get(AMINA.uid) is not None:
        desk.store.fingers.forget(AMINA.uid)
    desk.clock.advance(6)


def follow(desk: Station) -> None:
    desk.steps(4)


def forgotten(desk: Station) -> None:
    assert AMINA.uid not in desk.slots.values()
    known(desk, AMINA)
    refreshed(desk)
    punches(desk, AMINA)


OPERATIONS = {
    "identify": Operation(nothing, identify, identified),
    "enrol": Operation(nothing, enrol, enrolled),
    "import": Operation(wiped, connect, identified),
    "delete": Operation(forget, follow, forgotten),
}


@contextmanager
def desk_for(operation: str, folder: Path, model: str) -> Iterator[Station]:
    """A station that knows BARAKA, and AMINA unless she is to be enrolled."""
    with station(folder, model) as desk:
        known(desk, BARAKA)
        if operation != "enrol":
            known(desk, AMINA)
        refreshed(desk)
        agreed(desk)
        yield desk


def settled(desk: Station, operation: Operation) -> None:
    back(desk)
    agreed(desk)
    operation.after(desk)
    credited_rightly(desk, AMINA)
    agreed(desk)
    desk.reader._setbacks.forget()  # as every night: what fails twice is left alone until then
