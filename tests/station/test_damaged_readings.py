"""Readings of templates that were damaged, or failed: nobody's template is lost, and no scanner is called worn or silent for them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers import ProtocolError, Scanner, Template
from drivers.emulation.device import Answer
from drivers.zfm.commands import LOAD_CHAR, UP_CHAR
from kiosk.models import FingerName
from kiosk.sealing import TemplateKeys
from kiosk.views import ScanKind, ScannerHealth
from tests.support import people
from tests.support.station import AMINA, BARAKA, EVERY, KEYS, Station, kinds, replugged, station, two_enrolled
from tests.support.zfm import answering, device_of, guarded, quiet_about

# Bytes that come before a template's own: the acks of LoadChar and UpChar and the head of a data packet; the ack of GetTemplate and a head.
HEAD = {"zfm": 12 + 12 + 9, "gt521": 12 + 4}
SUMMED = [("r307", "zfm"), ("r503", "zfm"), ("zfm20", "zfm"), ("gt521f52", "gt521")]


def exporting(monkeypatch: pytest.MonkeyPatch, scanner: Scanner | type[Scanner], before: Callable[[int], None]) -> None:
    """Do something to the line before each template is asked for; `before` hears the slot."""
    export = scanner.export_template

    def otherwise(*asked: object) -> Template:
        before(int(str(asked[-1])))
        return export(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(scanner, "export_template", otherwise)


def unseen(desk: Station, slot: int) -> None:
    """Damage two bytes of the template that comes next, so that their sum stays what it was."""
    data = desk.emulator.device.templates()[slot]
    at = next(at for at in range(60) if (data[at] ^ data[at + 1]) & 0x40)
    family = desk.reader._scanner.info.family if desk.reader._scanner else ""
    desk.emulator.fault("garble", at=HEAD[family] + at, count=2, mask=0x40, towards="host")


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize(("model", "family"), SUMMED)
def test_T010_one_damaged_reading_costs_nobody_their_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, family: str, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, model, family=family, keys=keys) as desk:
        two_enrolled(desk)
        before, readings = desk.emulator.device.templates(), list[int]()

        def once(slot: int) -> None:
            readings.append(slot)
            if len(readings) == 1:
                unseen(desk, slot)

        exporting(monkeypatch, desk.scanner, once)
        desk.reader._rounds.disturb()
        desk.steps(12)
        desk.restored()
        assert len(readings) > 2
        assert desk.emulator.device.templates() == before
        assert desk.slots.keys() == before.keys()


@pytest.mark.parametrize("keys", [KEYS, None])
def test_T010_one_damaged_reading_is_no_tampering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, keys=keys) as desk:
        two_enrolled(desk)
        desk.restored()
        hit = iter([True, False, False, False])
        exporting(monkeypatch, desk.scanner, lambda slot: unseen(desk, slot) if next(hit) else None)
        desk.clock.advance(6)
        desk.steps(4)
        assert not any(next(hit) for _ in range(1)), "it was read, and read again"
        assert "behind the kiosk's back" not in caplog.text


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_a_copy_is_what_was_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    with station(tmp_path, model) as desk:
        readings: list[int] = []

        def once(slot: int) -> None:
            readings.append(slot)
            if len(readings) == 1:
                unseen(desk, slot)

        exporting(monkeypatch, desk.scanner, once)
        assert desk.enrol(AMINA).ok
        [template] = desk.emulator.device.templates().values()
        [finger] = desk.store.fingers.of_member("1")
        copy = desk.reader._vault.fetch(finger, desk.scanner.info.model)
        assert copy is not None
        assert copy.data == template
        for _ in range(3):
            desk.clock.advance(6)
            desk.steps(4)
        assert list(desk.emulator.device.templates().values()) == [template]


def test_an_enrolment_of_which_the_scanner_never_tells_the_same_twice_is_undone(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter(range(100))

    def other_each_time(_slot: int) -> Template:
        return Template("R307", bytes([next(readings)]) * 512)

    monkeypatch.setattr(desk.scanner, "export_template", other_each_time)
    ended = desk.enrol(AMINA)
    assert (ended.ok, ended.message) == (False, "The scanner did not tell the same of the finger twice. Start again.")
    assert desk.slots == {}
    assert desk.emulator.device.templates() == {}


@pytest.mark.parametrize(
    ("model", "family"), [*SUMMED, ("zw101", "zfm"), ("gt511c3", "gt521"), ("waveshare", "waveshare")]
)
def test_commands_that_arrive_damaged_say_nothing_of_a_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, family: str
) -> None:
    with station(tmp_path, model, family=family, keys=None) as desk:
        assert desk.enrol(AMINA).ok
        before, damaged = desk.emulator.device.templates(), list[int]()

        def noisy(slot: int) -> None:
            damaged.append(slot)
            if len(damaged) <= 2:
                desk.emulator.fault("garble", at=5 if family == "waveshare" else 10, mask=1, towards="sensor")

        exporting(monkeypatch, desk.scanner, noisy)
        for _ in range(4):
            desk.clock.advance(6)
            desk.steps(4)
        assert len(damaged) >= 2
        assert desk.emulator.device.templates() == before
        assert desk.slots.keys() == before.keys()


@pytest.mark.parametrize("code", [LOAD_CHAR.code, UP_CHAR.code])
@pytest.mark.parametrize("ack", [0x01, 0x21])
def test_what_a_module_says_of_the_line_costs_nobody_their_only_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ack: int
) -> None:
    with station(tmp_path, keys=None) as desk:
        assert desk.enrol(AMINA).ok
        desk.reader._rounds.disturb()
        answering(desk.emulator, monkeypatch, code, bytes((ack,)), times=2)
        desk.steps(10)
        assert len(desk.slots) == len(desk.emulator.device.templates()) == 1


def test_one_failed_reading_does_not_empty_a_slot_that_may_be_somebodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        device = desk.emulator.device
        device.put(5, device.templates()[1])
        device.put(1, None)
        left = [1]

        def once(slot: int) -> None:
            if slot == 5 and left[0]:
                left[0] -= 1
                raise ProtocolError("UpChar: the answer arrived damaged")

        exporting(monkeypatch, desk.scanner, once)
        desk.clock.advance(6)
        desk.steps(8)
        desk.restored()
        assert left == [0]
        assert desk.slots.keys() == device.templates().keys() == {0, 5}
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_a_slot_that_is_never_answered_for_keeps_nobody_else_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        quiet_about(desk.emulator, monkeypatch, 0)
        replugged(desk)
        desk.emulator.place("finger of AMINA")  # before its slot was given up
        desk.steps(2)
        desk.emulator.lift()
        desk.steps(6)
        caplog.clear()
        desk.restored()
        assert desk.health is ScannerHealth.READY
        for member in (BARAKA, AMINA):
            desk.clock.advance(61)
            [told] = desk.press(f"finger of {member.name}")
            assert told.name == member.name
        for _ in range(20):
            desk.clock.advance(6)
            desk.steps(3)
            assert desk.health is ScannerHealth.READY
        assert len(caplog.records) < 10


def test_noise_now_and_then_is_no_worn_scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with station(tmp_path) as desk:
        people.fill(desk.store, desk.reader._vault, desk.emulator.device, 100)
        imported, written = desk.scanner.import_template, list[int]()

        def noisy(slot: int, template: Template) -> None:
            written.append(slot)
            if len(written) % 10 == 5:
                desk.emulator.fault("garble", at=40 + len(template.data) + 60, mask=1, towards="host")
                desk.emulator.fault("garble", at=200, mask=1, towards="host")
            try:
                imported(slot, template)
            finally:
                desk.emulator.clear_faults()

        monkeypatch.setattr(desk.scanner, "import_template", noisy)
        desk.emulator.wipe()
        for _ in range(6):
            desk.clock.advance(6)
            desk.steps(4)
            desk.restored()
        assert len(written) > 100, "some were written twice"
        assert len(desk.emulator.device.templates()) == 100
        assert desk.reader.status.detail == ""
        assert desk.enrol(AMINA, name=FingerName.LEFT_THUMB).ok


def test_noise_and_one_damaged_refusal_are_not_the_scanners_own_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        before, left = desk.emulator.device.templates(), iter((1, 2))

        def noisy(slot: int) -> None:
            desk.emulator.clear_faults()
            which = next(left, 0) if slot == 1 else 0
            if which == 1:
                desk.emulator.fault("garble", at=40, mask=1, towards="host")
            elif which == 2:  # the ack of LoadChar: 00 to 0C, and its sum
                desk.emulator.fault("garble", at=9, mask=0x0C, towards="host")
                desk.emulator.fault("garble", at=11, mask=0x0A ^ 0x16, towards="host")

        exporting(monkeypatch, desk.scanner, noisy)
        desk.reader._rounds.disturb()
        desk.steps(12)
        assert next(left, None) is None
        assert desk.emulator.device.templates() == before
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("keys", [KEYS, None])
def test_a_scanner_of_which_nothing_can_be_read_is_no_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, "zfm20", keys=keys) as desk:
        assert desk.enrol(AMINA).ok
        before = desk.emulator.device.templates()
        with monkeypatch.context() as line:
            quiet_about(desk.emulator, line, 0)
            caplog.clear()
            replugged(desk)
            desk.steps(30)
            assert desk.health is ScannerHealth.LOCKED
            assert desk.reader.status.detail.startswith("Nothing of what lies in this scanner can be read")
            assert len(caplog.records) < 10
        desk.steps(8)
        assert desk.health is ScannerHealth.READY, "it looks again by itself"
        assert desk.emulator.device.templates() == before
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_a_scanner_of_which_nothing_can_ever_be_read_can_be_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, "zfm20") as desk:
        assert desk.enrol(AMINA).ok
        quiet_about(desk.emulator, monkeypatch, 0)
        replugged(desk)
        desk.steps(8)
        desk.reader.adopt()
        desk.steps(12)
        desk.restored()
        assert desk.health is ScannerHealth.READY


@pytest.mark.parametrize("keys", [KEYS, None])
def test_a_module_that_restarts_while_it_is_read_has_said_nothing_of_a_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, keys=keys) as desk:
        two_enrolled(desk)
        desk.reader.close()
        guarded(desk.emulator, 0x12345678)
        desk.reader._finder._own = {"zfm": {"password": 0x12345678}}
        desk.reader._finder.let_go()
        desk.steps(12)
        desk.restored()
        device, before, dips = device_of(desk.emulator), desk.emulator.device.templates(), [2]
        execute = device._execute

        def otherwise(asked: int, fields: bytes) -> Iterator[Answer]:
            if asked == UP_CHAR.code and dips[0]:
                dips[0] -= 1
                device._firmware.reset()
            else:
                yield from execute(asked, fields)

        monkeypatch.setattr(device, "_execute", otherwise)
        desk.reader._rounds.disturb()
        for _ in range(14):
            desk.clock.advance(6)
            desk.steps(4)
        assert dips == [0]
        assert device.templates() == before
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
