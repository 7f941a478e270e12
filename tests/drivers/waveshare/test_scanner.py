import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from drivers import (
    Capability,
    DeviceError,
    EnrolState,
    Hit,
    LinkLost,
    LinkTimeout,
    NoFinger,
    NoMatch,
    ProtocolError,
    Retry,
    RetryReason,
    Same,
    Template,
    UnsupportedError,
)
from drivers.emulation.device import Answer
from drivers.emulation.host import Emulator
from drivers.waveshare import enrolment
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import ADD_2, ADD_3, LEVEL, READER, SENSOR_C, SUCCESS, Command
from drivers.waveshare.emulator import WaveshareDevice
from drivers.waveshare.scanner import WaveshareScanner
from tests.support.scanners import QUICK, emulated, enrol, opened
from tests.support.waveshare import heard, profiled

MODEL = "UART Fingerprint Sensor (C)"
SLACK = 1.0


def tell(emulator: Emulator, code: int, fields: bytes) -> None:
    """Let another program have sent a command."""
    list(emulator.device.receive(Packet(code, fields).to_bytes()))


def test_open_learns_what_it_is(scanner: WaveshareScanner) -> None:
    info = scanner.info
    assert (info.family, info.model, info.capacity, info.slot_base) == ("waveshare", MODEL, 500, 1)
    assert (info.template_size, info.security_level, info.baud, info.remarks) == (193, 3, 19200, ())
    assert len(bytes.fromhex(info.serial or "")) == 3
    assert info.capabilities == Capability.TEMPLATES | Capability.VERIFY | Capability.MATCH


def test_the_optical_reader_has_a_version_and_no_serial_number(tmp_path: Path) -> None:
    with profiled(READER, tmp_path) as emulator, opened(emulator) as scanner:
        assert (scanner.info.model, scanner.info.capacity, scanner.info.serial) == (READER.model, 1000, None)


@pytest.mark.parametrize("number", ["000000", "000001", "ffffff"])
def test_a_serial_number_that_is_none(emulator: Emulator, number: str) -> None:
    tell(emulator, 0x08, bytes.fromhex(number))
    with opened(emulator) as scanner:
        assert scanner.info.serial is None


def test_open_writes_only_what_differs(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(emulator, 0x2D, b"\0\0\0")
    seen = heard(emulator, monkeypatch)
    writes = []
    for _ in range(2):
        with opened(emulator):
            writes.append([packet for packet in seen if packet.code in {0x28, 0x2D, 0x2E} and packet.fields[2] == 0])
            seen.clear()
    assert writes == [[Packet(0x2E, b"\0\1\0"), Packet(0x2D, b"\0\1\0")], []]


@pytest.mark.parametrize(("level", "own"), [(1, 1), (2, 3), (3, 5), (4, 7), (5, 9)])
def test_level_is_set_and_read_back(emulator: Emulator, level: int, own: int) -> None:
    with opened(emulator, level=level) as scanner:
        assert scanner.info.security_level == level
        assert scanner._session.value(LEVEL) == own
    emulator.power_cycle()
    with opened(emulator) as scanner:
        assert scanner.info.security_level == level


def test_level_that_is_not_taken_over_is_a_remark(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.waveshare.firmware._MAX_LEVEL", 5)
    with pytest.raises(DeviceError, match="Comparison level"), opened(emulator, level=5):
        pass
    with pytest.raises(ValueError, match="1 to 5"):
        WaveshareScanner("nowhere", level=6)


@pytest.mark.parametrize("speed", WaveshareScanner.usual_speeds)
def test_finds_the_usual_speeds(emulator: Emulator, speed: int) -> None:
    tell(emulator, 0x21, bytes((0, 0, {9600: 1, 19200: 2, 57600: 4, 115200: 5}[speed])))
    with opened(emulator, deadline_scale=QUICK) as scanner:
        assert scanner.info.baud == speed
        assert scanner.identify() == NoFinger()


def test_other_speeds_are_tried_when_asked_for(emulator: Emulator) -> None:
    tell(emulator, 0x21, b"\0\0\3")
    with pytest.raises(LinkTimeout), opened(emulator, deadline_scale=QUICK):
        pass
    with opened(emulator, speeds=WaveshareScanner.all_speeds, deadline_scale=QUICK) as scanner:
        assert scanner.info.baud == 38400
    with opened(emulator, baud=38400, deadline_scale=QUICK) as scanner:
        assert scanner.info.baud == 38400


def test_identify_through_all_answers(emulator: Emulator, scanner: WaveshareScanner) -> None:
    assert scanner.identify() == NoFinger()
    emulator.place("amina")
    assert scanner.identify() == NoMatch()
    enrol(scanner, emulator, "amina", 500)
    emulator.place("amina")
    assert scanner.identify() == Hit(500, None)
    emulator.place("juma")
    assert scanner.identify() == NoMatch()
    emulator.place("amina", "dry")
    assert scanner.identify() == NoMatch()


def test_identify_is_one_command_and_a_hit_is_confirmed_by_another(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.device.put(7, emulator.device.make("amina"))
    seen = heard(emulator, monkeypatch)
    scanner.identify()
    scanner.check()
    assert seen == [Packet(0x0C), Packet(0x09)]
    emulator.place("amina")
    scanner.identify()
    assert seen[2:] == [Packet(0x0C), Packet(0x0A, b"\0\7\0")]


def test_a_user_beyond_all_numbers_is_no_hit(emulator: Emulator, scanner: WaveshareScanner) -> None:
    for fields, outcome in ((b"\x10\0\1", None), (b"\0\0\1", NoMatch())):
        emulator.fault("drop", at=0, count=8)
        emulator.fault("insert", at=0, data=Packet(0x0C, fields).to_bytes())
        if outcome is None:
            with pytest.raises(ProtocolError, match="user 4096"):
                scanner.identify()
        else:
            assert scanner.identify() == outcome
        emulator.clear_faults()


def test_enrol_steps_and_proof(emulator: Emulator, scanner: WaveshareScanner) -> None:
    steps = enrol(scanner, emulator, "amina", 1)
    assert [(step.state, step.sample) for step in steps] == [
        ("place", 1),
        ("captured", 1),
        ("lift", 2),
        ("place", 2),
        ("stored", 2),
    ]
    assert scanner.used() == {1}


def test_enrol_sends_nothing_between_the_pictures_that_are_merged(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = heard(emulator, monkeypatch)
    enrol(scanner, emulator, "amina", 1)
    codes = [packet.code for packet in seen]
    # A picture for the host right before the module's first, and the proof right behind the last.
    assert codes[codes.index(0x23) :] == [0x23, 0x09, 0x01, 0x02, 0x02, 0x03, 0x44, 0x09, 0x0A]


def test_enrol_finds_the_duplicate_on_the_first_press(emulator: Emulator, scanner: WaveshareScanner) -> None:
    enrol(scanner, emulator, "amina", 3)
    last = enrol(scanner, emulator, "amina", 4)[-1]
    assert (last.state, last.sample, last.hit) == (EnrolState.DUPLICATE, 1, Hit(3, None))
    assert scanner.used() == {3}


def by_turns(scanner: WaveshareScanner, emulator: Emulator, *names: str) -> list[EnrolState]:
    """Enrol slot 4 with one of `names` for each press."""
    fingers, states = iter(names), []
    for step in scanner.enrol(4):
        states.append(step.state)
        if step.state is EnrolState.PLACE:
            emulator.place(next(fingers))
        elif step.state is EnrolState.LIFT:
            emulator.lift()
        assert len(states) < 50
    return states


def test_enrol_is_refused_by_the_module_itself(emulator: Emulator, scanner: WaveshareScanner) -> None:
    enrol(scanner, emulator, "juma", 3)
    assert by_turns(scanner, emulator, "amina", "juma")[-1] is EnrolState.DUPLICATE
    assert scanner.used() == {3}


def test_a_different_finger_is_a_mismatch_and_neither_is_recognised(
    emulator: Emulator, scanner: WaveshareScanner
) -> None:
    assert by_turns(scanner, emulator, "amina", "juma")[-1] is EnrolState.MISMATCH
    assert scanner.used() == frozenset()
    for name in ("amina", "juma"):
        emulator.place(name)
        assert scanner.identify() == NoMatch()


def behind(scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch, step: Command, act: Callable[[], None]) -> None:
    """Let `act` happen once, as soon as the module has the picture of `step`."""
    add, acts = scanner._session.add, [act]

    def adding(asked: Command, user: int) -> int:
        code = add(asked, user)
        if (asked, code) == (step, SUCCESS) and acts:
            acts.pop()()
        return code

    monkeypatch.setattr(scanner._session, "add", adding)


@pytest.mark.parametrize("step", [ADD_2, ADD_3])
def test_a_press_too_short_to_be_proved_does_not_count(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch, step: Command
) -> None:
    behind(scanner, monkeypatch, step, emulator.lift)
    # The finger that comes next is not the one that was lifted.
    states = by_turns(scanner, emulator, "amina", "juma", "amina", "juma")
    assert states.count(EnrolState.PLACE) == 4
    assert states[-1] is EnrolState.MISMATCH
    assert scanner.used() == frozenset()
    emulator.lift()
    assert enrol(scanner, emulator, "amina", 4)[-1].state is EnrolState.STORED


def test_a_bad_picture_in_the_proof_is_taken_again(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = scanner._session.compare_with

    def once_dry(eigenvalue: bytes) -> int:
        code = compare(eigenvalue)
        emulator.place("amina")
        return code

    behind(scanner, monkeypatch, ADD_3, lambda: emulator.place("amina", "dry"))
    monkeypatch.setattr(scanner._session, "compare_with", once_dry)
    assert by_turns(scanner, emulator, "amina", "amina")[-1] is EnrolState.STORED


def test_a_proof_that_fails_leaves_the_slot_empty(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed() -> None:
        emulator.place("juma")
        emulator.fault("insert", at=0, data=Packet(0x44).to_bytes())

    behind(scanner, monkeypatch, ADD_3, changed)
    with pytest.raises(ProtocolError, match="nobody was recognised"):
        by_turns(scanner, emulator, "amina", "amina")
    emulator.clear_faults()
    assert scanner.used() == frozenset()


def test_a_picture_of_another_size_is_none(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.waveshare.biometrics.EIGENVALUE", 192)
    emulator.place("amina")
    with pytest.raises(ProtocolError, match="195 bytes"):
        next(scanner.enrol(4))


def test_enrol_asks_again_after_a_bad_picture(emulator: Emulator, scanner: WaveshareScanner) -> None:
    emulator.place("amina", "dry")
    steps = scanner.enrol(4)
    step = next(steps)
    assert (step.state, step.sample, step.reason) == (EnrolState.RETRY, 1, RetryReason.PARTIAL)
    emulator.place("amina")
    assert [next(steps).state for _ in range(2)] == [EnrolState.CAPTURED, EnrolState.LIFT]
    emulator.place("amina", "dry")
    assert next(steps).state is EnrolState.RETRY
    emulator.place("amina")
    assert next(steps).state is EnrolState.STORED


def test_enrol_begins_again_once_and_then_gives_up(emulator: Emulator, scanner: WaveshareScanner) -> None:
    said = []
    for step in scanner.enrol(4):
        said.append(f"{step.state} {step.sample}")
        emulator.place("amina", "good" if step.sample == 1 else "dry")
        assert len(said) < 50
    # The third failure of the second press is told as one of the first press.
    once = ["captured 1", "lift 2", "retry 2", "retry 2"]
    assert said == ["place 1", *once, "retry 1", *once, "mismatch 2"]
    assert scanner.used() == frozenset()


@pytest.mark.parametrize("presses", [0, 1])
def test_enrol_given_up_stores_nothing(emulator: Emulator, scanner: WaveshareScanner, presses: int) -> None:
    steps = scanner.enrol(4)
    states = [next(steps).state]
    emulator.place("amina")
    while states.count(EnrolState.CAPTURED) < presses:
        states.append(next(steps).state)
    steps.close()  # type: ignore[attr-defined]
    assert scanner.used() == frozenset()
    assert enrol(scanner, emulator, "amina", 4)[-1].state is EnrolState.STORED


def test_enrol_leaves_time_to_lift(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "LIFT", 0.8)
    with opened(emulator, deadline_scale=0.2) as scanner:
        emulator.place("amina")
        steps = scanner.enrol(4)
        assert [next(steps).state for _ in range(2)] == [EnrolState.CAPTURED, EnrolState.LIFT]
        started = time.monotonic()
        next(steps)
        assert 0.16 <= time.monotonic() - started < 0.16 + SLACK


def test_enrol_into_a_slot_that_is_taken(emulator: Emulator, scanner: WaveshareScanner) -> None:
    emulator.device.put(9, emulator.device.make("amina"))
    with pytest.raises(DeviceError, match="the user exists") as refused:
        scanner.enrol(9)
    assert refused.value.code == 6
    assert "free" in refused.value.cure


@pytest.mark.parametrize("samples", [0, 3])
def test_enrol_with_more_samples_than_two(scanner: WaveshareScanner, samples: int) -> None:
    with pytest.raises(DeviceError, match="merges 2 presses"):
        scanner.enrol(1, samples)


def test_enrol_in_a_full_library(emulator: Emulator, scanner: WaveshareScanner) -> None:
    for slot in range(2, 502):
        emulator.device.put(slot, emulator.device.make(str(slot)))
    emulator.place("amina")
    with pytest.raises(DeviceError, match="library is full") as full:
        next(scanner.enrol(1))
    assert "Delete" in full.value.cure
    assert scanner.used() == frozenset(range(2, 502))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Emulator]:
    """Answers as the sensor (C) does, and takes two fingers."""
    with profiled(replace(SENSOR_C, capacity=2), tmp_path) as emulator:
        yield emulator


def test_a_library_that_takes_no_more_holds_what_it_can(small: Emulator) -> None:
    with opened(small) as scanner:
        for slot, name in ((1, "amina"), (2, "juma")):
            assert enrol(scanner, small, name, slot)[-1].state is EnrolState.STORED
        assert scanner.info.capacity == 500
        with pytest.raises(DeviceError, match="library is full"):
            enrol(scanner, small, "otieno", 3)
        assert scanner.info.capacity == 2
        with pytest.raises(DeviceError, match="1 to 2"):
            scanner.enrol(3)
        scanner.delete(1)
        small.lift()
        assert enrol(scanner, small, "otieno", 1)[-1].state is EnrolState.STORED


def test_a_full_library_takes_no_template_and_is_known_for_it(small: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(small) as scanner:
        small.device.put(1, small.device.make("amina"))
        template = scanner.export_template(1)
        with monkeypatch.context() as patch:
            patch.setattr("drivers.waveshare.firmware.EIGENVALUE", 194)
            with pytest.raises(DeviceError, match="refused with 01"):
                scanner.import_template(3, template)
        assert scanner.info.capacity == 500, "there is room, and something else was wrong"
        small.device.put(2, small.device.make("juma"))
        with pytest.raises(DeviceError, match="refused with 01"):
            scanner.import_template(3, template)
        assert (scanner.info.capacity, scanner.used()) == (2, {1, 2})


def test_open_sees_that_a_library_is_full(small: Emulator) -> None:
    small.place("otieno")
    for slot, name, capacity in ((1, "amina", 500), (2, "juma", 2)):
        small.device.put(slot, small.device.make(name))
        with opened(small) as scanner:
            assert scanner.info.capacity == capacity
    # Asking began to add somebody, and added nobody.
    assert small.state()["used"] == [1, 2]


def test_confirm_takes_another_picture(emulator: Emulator, scanner: WaveshareScanner) -> None:
    for slot, finger in ((1, "amina"), (2, "juma")):
        emulator.device.put(slot, emulator.device.make(finger))
    emulator.place("amina")
    assert scanner.identify() == Hit(1, None)
    assert scanner.confirm(Hit(1, None))
    assert not scanner.confirm(Hit(2, None))
    emulator.lift()
    assert scanner.confirm(Hit(1, None)), "it contradicts nothing"


@pytest.mark.parametrize("then", [None, "juma"])
def test_a_comparison_with_one_finger_has_to_come_out_twice(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch, then: str | None
) -> None:
    emulator.device.put(1, emulator.device.make("amina"))
    template = scanner.export_template(1)

    def swapped(compare: Callable[..., int]) -> Callable[..., int]:
        def compared(*asked: object) -> int:
            code = compare(*asked)
            emulator.lift() if then is None else emulator.place(then)
            return code

        return compared

    for method in ("compare_one", "compare_with"):
        monkeypatch.setattr(scanner._session, method, swapped(getattr(scanner._session, method)))
    for ask in (lambda: scanner.verify(1), lambda: scanner.match(template)):
        emulator.place("amina")
        assert ask() == Retry(RetryReason.UNCLEAR)


@pytest.mark.parametrize("slot", [-1, 0, 4096, 65536])
def test_slots_that_nobody_has(scanner: WaveshareScanner, slot: int) -> None:
    calls: tuple[Callable[[int], object], ...] = (
        scanner.enrol,
        scanner.delete,
        scanner.verify,
        scanner.export_template,
        lambda slot: scanner.import_template(slot, Template(MODEL, bytes(193))),
    )
    for call in calls:
        with pytest.raises(DeviceError, match="out of range") as refused:
            call(slot)
        assert "slot" in refused.value.cure


def test_users_beyond_the_models_slots_are_seen_and_can_be_removed(
    emulator: Emulator, scanner: WaveshareScanner
) -> None:
    emulator.device.put(4095, emulator.device.make("amina"))
    assert scanner.used() == {4095}
    emulator.place("amina")
    assert scanner.identify() == Hit(4095, None)
    with pytest.raises(DeviceError, match="1 to 500"):
        scanner.enrol(4095)
    scanner.delete(4095)
    assert scanner.used() == frozenset()


def test_delete_and_clear_are_proved(emulator: Emulator, scanner: WaveshareScanner) -> None:
    for slot, name in ((1, "amina"), (256, "juma"), (500, "otieno")):
        emulator.device.put(slot, emulator.device.make(name))
    scanner.delete(256)
    scanner.delete(256)
    assert scanner.used() == {1, 500}
    emulator.place("juma")
    assert scanner.identify() == NoMatch()
    scanner.clear()
    assert scanner.used() == frozenset()


def test_a_lying_sensor_is_found_out(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(emulator.device, WaveshareDevice)
    emulator.device.put(5, emulator.device.make("amina"))
    library = emulator.device._firmware.library
    template = scanner.export_template(5)
    monkeypatch.setattr(library, "remove", lambda _user: None)
    with pytest.raises(ProtocolError, match="still there"):
        scanner.delete(5)
    with pytest.raises(ProtocolError, match="users left"):
        scanner.clear()
    monkeypatch.setattr(library, "put", lambda *_: None)
    with pytest.raises(ProtocolError, match="acknowledged, but is empty"):
        enrol(scanner, emulator, "juma", 6)
    with pytest.raises(DeviceError, match="no such user"):
        scanner.import_template(8, template)
    monkeypatch.undo()
    emulator.device.put(7, emulator.device.make("juma"))
    monkeypatch.setattr(library, "put", lambda *_: emulator.device._flash.write(8, bytes(194)))
    with pytest.raises(ProtocolError, match="does not hold"):
        scanner.import_template(8, template)


def test_a_list_that_does_not_agree_with_the_count(
    emulator: Emulator, scanner: WaveshareScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.device.put(5, emulator.device.make("amina"))
    for data in ("0000", "0001000501000601", "000100050100", "0001000001", "000110000001", "0002000501000501"):
        emulator.fault("drop", at=8, count=16)
        emulator.fault("insert", at=8, data=Packet(0x2B, data=bytes.fromhex(data)).to_bytes())
        with pytest.raises(ProtocolError, match="does not agree"):
            scanner.used()
        emulator.clear_faults()
    assert scanner.used() == {5}
    # What an empty library says is not in the manual: FAIL is believed, if the count is zero.
    failing = Packet(0x2B, b"\0\0\1").to_bytes()
    emulator.fault("drop", at=8, count=16)
    emulator.fault("insert", at=8, data=failing)
    with pytest.raises(ProtocolError, match="count of 1"):
        scanner.used()
    emulator.clear_faults()
    scanner.clear()
    emulator.fault("drop", at=8, count=13)
    emulator.fault("insert", at=8, data=failing)
    assert scanner.used() == frozenset()


def test_verify_and_match_look_at_one_finger_only(emulator: Emulator, scanner: WaveshareScanner) -> None:
    emulator.device.put(7, emulator.device.make("amina"))
    emulator.device.put(8, emulator.device.make("juma"))
    template = scanner.export_template(7)
    assert (scanner.verify(7), scanner.match(template)) == (NoFinger(), NoFinger())
    emulator.place("amina")
    assert (scanner.verify(7), scanner.match(template)) == (Hit(7, None), Same(None))
    assert scanner.verify(8) == NoMatch()
    assert scanner.verify(9) == NoMatch()
    scanner.clear()
    assert scanner.match(template) == Same(None)
    emulator.place("juma")
    assert scanner.match(template) == NoMatch()
    assert scanner.used() == frozenset()


def test_template_moves_to_another_scanner(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with emulated("waveshare", tmp_path / "a") as first, opened(first) as source:
        enrol(source, first, "amina", 7)
        template = source.export_template(7)
    with emulated("waveshare", tmp_path / "b") as second, opened(second) as target:
        second.device.put(3, second.device.make("juma"))
        target.import_template(3, template)
        assert target.used() == {3}
        assert target.export_template(3) == template
        second.place("amina")
        assert target.identify() == Hit(3, None)


def test_templates_that_do_not_fit_and_slots_without(scanner: WaveshareScanner) -> None:
    for template in (Template("R503", bytes(193)), Template(MODEL, bytes(192)), Template(MODEL, b"")):
        for call in (scanner.match, lambda template: scanner.import_template(2, template)):
            with pytest.raises(UnsupportedError, match="template of"):
                call(template)
    with pytest.raises(DeviceError) as refused:
        scanner.export_template(1)
    assert (refused.value.command, refused.value.code) == ("Upload eigenvalues", 5)


def test_what_the_family_cannot_do(scanner: WaveshareScanner) -> None:
    for call in (scanner.present, scanner.image, scanner.read_tag, scanner.reset):
        with pytest.raises(UnsupportedError):
            call()


def test_closed_scanner_says_so(emulator: Emulator) -> None:
    with opened(emulator) as scanner:
        pass
    scanner.close()
    calls: tuple[Callable[[], object], ...] = (
        scanner.identify,
        scanner.used,
        scanner.check,
        scanner.clear,
        lambda: scanner.info,
        lambda: scanner.delete(1),
        lambda: scanner.enrol(1),
        lambda: scanner.match(Template(MODEL, bytes(193))),
    )
    for call in calls:
        with pytest.raises(LinkLost, match="not open"):
            call()
    scanner.open()
    assert scanner.identify() == NoFinger()
    scanner.close()


def test_a_finger_that_comes_while_the_sensor_waits(tmp_path: Path) -> None:
    with emulated("waveshare", tmp_path, instant=False) as emulator, opened(emulator) as scanner:
        emulator.device.put(7, emulator.device.make("amina"))
        started = time.monotonic()
        assert scanner.identify() == NoFinger()
        # 250 ms at the glass, 8 on the wire.
        assert 0.25 < time.monotonic() - started < 0.26 + SLACK
        tell(emulator, 0x2E, b"\0\xff\0")
        waits = told_of_waits(emulator)
        with ThreadPoolExecutor() as other:
            found = other.submit(scanner.identify)
            assert waits.wait(5)
            emulator.place("amina")
            assert found.result(5) == Hit(7, None)


def test_a_wait_for_ever_ends_with_a_finger(emulator: Emulator, scanner: WaveshareScanner) -> None:
    emulator.device.put(7, emulator.device.make("amina"))
    tell(emulator, 0x2E, b"\0\0\0")
    waits = told_of_waits(emulator)
    with ThreadPoolExecutor() as other:
        found = other.submit(scanner.identify)
        assert waits.wait(5)
        emulator.place("amina")
        assert found.result(5) == Hit(7, None)
    # Whoever set that: opening puts it right.
    scanner.open()
    emulator.lift()
    assert scanner.identify() == NoFinger()


def test_a_sensor_that_waits_for_ever_keeps_nobody_waiting(emulator: Emulator) -> None:
    with opened(emulator, deadline_scale=QUICK) as scanner:
        tell(emulator, 0x2E, b"\0\0\0")
        started = time.monotonic()
        with pytest.raises(LinkTimeout, match="Comparison 1:N"):
            scanner.identify()
        assert time.monotonic() - started < 2.0 * QUICK + SLACK


def told_of_waits(emulator: Emulator) -> threading.Event:
    """Set once the sensor waits for a finger."""
    waits = threading.Event()
    receive = emulator.device.receive

    def receiving(data: bytes) -> Iterator[Answer]:
        for answer in receive(data):
            yield answer
            if answer.waits:
                waits.set()

    emulator.device.receive = receiving  # type: ignore[method-assign]
    return waits
