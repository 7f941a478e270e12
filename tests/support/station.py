"""A station on an emulated scanner in this process: the real driver over a real pty, stepped by hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import drivers
from drivers import Scanner
from drivers.emulation.host import Emulator
from kiosk.attendance import Policy, Shift
from kiosk.clock import FakeClock
from kiosk.models import FingerName, Member, NewDelivery, Punch
from kiosk.sealing import TemplateKeys
from kiosk.station import EnrolRequest, Finder, Ports, Punching, Reader, Vault
from kiosk.store import Store
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult

AMINA = Member(uid="1", name="AMINA", phone="+254711000101")
BARAKA = Member(uid="2", name="BARAKA")

TAGGED = ["r307", "r503"]
EVERY = [*TAGGED, "zfm20"]
NUMBERED = [("gt521f52", "gt521"), ("waveshare", "waveshare")]
FAMILIES = [*((model, "zfm") for model in EVERY), *NUMBERED]


@dataclass
class Station:
    """What a test needs in its hands."""

    emulator: Emulator
    store: Store
    clock: FakeClock
    reader: Reader
    events: list[ScanResult | EnrolProgress] = field(default_factory=list)

    def steps(self, count: int = 4) -> None:
        """Let the reader work, and the clock run on as it asks."""
        for _ in range(count):
            self.clock.advance(self.reader.step())

    def press(self, finger: str, quality: str | None = None) -> list[ScanResult]:
        """Press and lift; returns what the person was told."""
        before = len(self.events)
        self.emulator.place(finger, quality)
        self.steps(5)
        self.emulator.lift()
        self.steps(6)
        return [event for event in self.events[before:] if isinstance(event, ScanResult)]

    def enrol(
        self, member: Member, finger: str | None = None, name: FingerName = FingerName.RIGHT_INDEX, **request: str
    ) -> EnrolProgress:
        """Do as the steps say until the enrolment ends; returns its last word. `finger` is the emulated finger's name."""
        before = len(self.events)
        self.reader.enrol(
            EnrolRequest(
                member_uid=member.uid,
                finger=name,
                witness=request.get("witness", "the head teacher"),
                station=self.reader.status.name,
            )
        )
        handled = before
        for _ in range(400):
            self.clock.advance(self.reader.step())
            for event in self.events[handled:]:
                if isinstance(event, EnrolProgress):
                    if event.final:
                        self.emulator.lift()
                        self.steps(6)
                        return event
                    self._obey(event, finger or f"finger of {member.name}")
            handled = len(self.events)
        raise AssertionError(f"the enrolment did not end: {self.events[before:]}")

    def _obey(self, event: EnrolProgress, finger: str) -> None:
        if event.step in {"place", "verify"}:
            self.emulator.place(finger)
        elif event.step in {"captured", "lift"}:
            self.emulator.lift()

    def call(self, number: str, finger: str | None = None) -> list[ScanResult]:
        """Type a number, press the finger, lift it; returns what the person was told."""
        before = len(self.events)
        self.reader.call(number)
        self.steps(2)
        if finger is not None:
            self.emulator.place(finger)
        self.steps(12)
        self.emulator.lift()
        self.steps(6)
        return [event for event in self.events[before:] if isinstance(event, ScanResult)]

    def restored(self) -> float:
        """Let the library do all its work; returns the seconds of the kiosk's clock that it took."""
        began = self.clock.monotonic()
        while self.reader._library.busy:
            self.steps(1)
        return self.clock.monotonic() - began

    @property
    def scanner(self) -> Scanner:
        """The driver that the reader holds."""
        assert self.reader._scanner is not None
        return self.reader._scanner

    @property
    def slots(self) -> dict[int, str]:
        """Slot to finger's id, as the store has it for this station."""
        return {slot.slot: slot.finger_id for slot in self.store.slots.of_station(self.reader.status.name)}

    @property
    def health(self) -> ScannerHealth:
        """The scanner's, as the status line has it."""
        return self.reader.status.health


def no_consequences(_punch: Punch, _member: Member) -> Sequence[NewDelivery]:
    """Nothing is to be delivered."""
    return []


KEYS = TemplateKeys(bytes(range(32)))


@contextmanager
def station(
    folder: Path,
    model: str = "r307",
    *,
    policy: Policy | None = None,
    family: str = "zfm",
    keys: TemplateKeys | None = KEYS,
    state: Path | None = None,
    shifts: Sequence[Shift] = (),
) -> Iterator[Station]:
    """A ready station `main` with two members, nobody enrolled."""
    link = folder / "scanner"
    with drivers.start_emulator(model, link=link, instant=True, seed=1, state=state) as emulator:
        store = Store.open(folder / "kiosk.db")
        clock = FakeClock()
        for member in (AMINA, BARAKA):
            store.members.put(member)
        built = make(emulator, store, clock, policy, family=family, keys=keys, shifts=shifts)
        built.steps()
        yield built
        built.reader.close()
        store.close()


def make(
    emulator: Emulator,
    store: Store,
    clock: FakeClock,
    policy: Policy | None = None,
    *,
    name: str = "main",
    family: str = "zfm",
    keys: TemplateKeys | None = KEYS,
    ports: Ports | None = None,
    shifts: Sequence[Shift] = (),
) -> Station:
    """A reader on `emulator`; its deadlines are a quarter of the real ones. Without `keys` no templates are kept."""
    events: list[ScanResult | EnrolProgress] = []
    reader = Reader(
        name,
        Finder(name, emulator.link, family, {"deadline_scale": 0.25}, ports or Ports()),
        store,
        clock,
        Punching(name, store, clock, policy or Policy(), no_consequences),
        Vault(store, keys),
        publish=events.append,
        changed=lambda: None,
        shifts=shifts,
    )
    return Station(emulator, store, clock, reader, events)


@contextmanager
def another(
    desk: Station, folder: Path, model: str = "r307", keys: TemplateKeys | None = KEYS, family: str = "zfm"
) -> Iterator[Station]:
    """Another scanner in the place of the first."""
    desk.reader.close()
    with drivers.start_emulator(model, link=folder / "other", instant=True, seed=2) as emulator:
        swapped = make(emulator, desk.store, desk.clock, keys=keys, family=family)
        yield swapped
        swapped.reader.close()


def two_enrolled(desk: Station) -> None:
    """Both members have a finger in the scanner."""
    for member in (AMINA, BARAKA):
        assert desk.enrol(member).ok


def replugged(desk: Station) -> None:
    """The scanner was unplugged, missed, and plugged in again."""
    desk.emulator.unplug()
    desk.steps(2)
    desk.emulator.replug()
    desk.steps(8)


def kinds(desk: Station, member: Member) -> list[ScanKind]:
    """Press the member's finger and lift it; returns what came of it."""
    return [result.kind for result in desk.press(f"finger of {member.name}")]


def credited(desk: Station) -> set[str]:
    """Who has a punch."""
    return {punch.member_uid for punch in desk.store.punches.latest(1000)}
