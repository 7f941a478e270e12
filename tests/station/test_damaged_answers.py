"""Answers that were damaged so that their sums do not show it: nobody is credited wrongly, and no scanner is taken for another."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import drivers
from drivers import DeviceError, ProtocolError, Scanner
from drivers.emulation.device import Answer
from drivers.gt521.scanner import Gt521Scanner
from drivers.waveshare.commands import Command
from drivers.waveshare.scanner import WaveshareScanner
from drivers.zfm.commands import READ_INDEX_TABLE, READ_NOTEPAD
from drivers.zfm.scanner import ZfmScanner
from kiosk.views import ScanKind, ScannerHealth
from tests.support.raising import raiser
from tests.support.station import AMINA, BARAKA, Station, another, kinds, replugged, station, two_enrolled
from tests.support.zfm import device_of


@pytest.mark.parametrize(
    ("model", "family", "driver", "places"),
    [
        ("r307", "zfm", ZfmScanner, [24 + 11, 24 + 12]),  # page and score of Search's ack
        ("gt521f52", "gt521", Gt521Scanner, [36 + 4, 36 + 10]),  # parameter and sum of Identify's
        ("waveshare", "waveshare", WaveshareScanner, [3, 6]),  # user and check of 1:N's
    ],
)
def test_F045_an_answer_that_was_damaged_into_another_slot_credits_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, family: str, driver: type[Scanner], places: list[int]
) -> None:
    mask = 3 if family == "waveshare" else 1  # of slots 2 and 1, or 1 and 0
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        desk.clock.advance(100)
        desk.steps(20)
        identify = driver.identify

        def noisy(scanner: Scanner) -> drivers.Identification:
            for at in places:
                desk.emulator.fault("garble", at=at, mask=mask, towards="host")
            try:
                return identify(scanner)
            finally:
                desk.emulator.clear_faults()

        with monkeypatch.context() as line:
            line.setattr(driver, "identify", noisy)
            told = desk.press("finger of BARAKA")
        assert [(each.kind, each.name) for each in told] == [(ScanKind.TRY_AGAIN, None)]
        assert desk.store.punches.latest(10) == []
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("error", [DeviceError("no", command="Search", code=1), ProtocolError("damaged")])
def test_whoever_was_recognised_is_told_to_press_again_if_the_line_fails_then(
    desk: Station, monkeypatch: pytest.MonkeyPatch, error: drivers.ScannerError
) -> None:
    two_enrolled(desk)
    with monkeypatch.context() as line:
        line.setattr(desk.scanner, "confirm", raiser(error))
        [told] = desk.press("finger of BARAKA")
    assert (told.kind, told.advice) == (ScanKind.TRY_AGAIN, "press_again")
    assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize(
    ("model", "family", "asks", "places"),
    [
        ("gt521f52", "gt521", "Verify", [5, 8]),  # NACK with 1007, and ACK with 1107
        ("waveshare", "waveshare", "Comparison 1:1", [4, 6]),  # 'failed', and 'done'
    ],
)
def test_F045_an_answer_that_was_damaged_into_a_yes_credits_no_typed_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, family: str, asks: str, places: list[int]
) -> None:
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        desk.clock.advance(100)
        desk.steps(20)
        wire = desk.scanner._session.wire if family == "gt521" else desk.scanner._wire  # type: ignore[attr-defined]
        ask, damaged = wire.ask, list[object]()

        def noisy(command: Command, *fields: object, **more: object) -> object:
            answer = lambda: ask(command, *fields, **more)  # noqa: E731
            if command.name != asks or not desk.emulator.state()["finger"] or damaged:
                return answer()
            damaged.append(command)
            for at in places:
                desk.emulator.fault("garble", at=at, mask=1, towards="host")
            try:
                return answer()
            finally:
                desk.emulator.clear_faults()

        monkeypatch.setattr(wire, "ask", noisy)
        told = desk.call("2", "finger of AMINA")
        assert damaged
        assert [each.kind for each in told] == [ScanKind.NOT_RECOGNISED]
        assert desk.store.punches.latest(10) == []


def damaging(
    desk: Station, monkeypatch: pytest.MonkeyPatch, code: int, change: Callable[[bytearray], None], times: int = 1
) -> None:
    """Change the answers to command `code` of an EF01 module, the first `times` times, so that their sum stays what it was."""
    device = device_of(desk.emulator)
    execute = device._execute
    left = [times]

    def otherwise(asked: int, fields: bytes) -> Iterator[Answer]:
        for answer in execute(asked, fields):
            data = bytearray(answer.data)
            if asked == code and left[0]:
                left[0] -= 1
                change(data)
            yield replace(answer, data=bytes(data))

    monkeypatch.setattr(device, "_execute", otherwise)


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_one_damaged_tag_makes_no_stranger_of_our_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    def change(data: bytearray) -> None:
        at = next(at for at in range(25, 41) if (data[at] ^ data[at + 1]) & 0x40)
        data[at] ^= 0x40
        data[at + 1] ^= 0x40

    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        monkeypatch.setattr(desk.scanner, "clear", raiser(AssertionError("it is ours")))
        damaging(desk, monkeypatch, READ_NOTEPAD.code, change)
        desk.reader._rounds.disturb()
        desk.steps(8)
        assert desk.health is ScannerHealth.READY
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_one_damaged_list_of_slots_costs_nobody_their_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(data: bytearray) -> None:
        data[10] ^= 2  # slot 1 vanishes
        data[11] ^= 2  # slot 9 appears

    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        before = desk.emulator.device.templates()
        damaging(desk, monkeypatch, READ_INDEX_TABLE.code, change)
        desk.reader._rounds.disturb()
        desk.steps(1)
        replugged(desk)
        desk.steps(20)
        desk.restored()
        assert desk.emulator.device.templates() == before
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", ["r307", "zfm20"])
def test_a_strangers_scanner_is_not_erased_because_it_was_once_heard_to_be_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    def change(data: bytearray) -> None:
        data[10] ^= 8  # the stranger's slot 3
        total = int.from_bytes(data[-2:]) - 8
        data[-2:] = total.to_bytes(2)

    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        with another(desk, tmp_path, model) as swapped:
            swapped.emulator.plant(3, "a stranger")
            damaging(swapped, monkeypatch, READ_INDEX_TABLE.code, change)
            swapped.steps(30)
            assert swapped.health is ScannerHealth.LOCKED
            assert swapped.emulator.device.templates().keys() == {3}


def test_a_short_press_is_one_on_a_module_that_confirms_by_another_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, "waveshare", family="waveshare") as desk:
        two_enrolled(desk)
        identify = desk.scanner.identify

        def briefly() -> drivers.Identification:
            found = identify()
            desk.emulator.lift()
            return found

        monkeypatch.setattr(desk.scanner, "identify", briefly)
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
