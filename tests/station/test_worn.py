"""Slots that cannot be read, written or emptied any more: nobody is turned away because of them, and nobody is lost."""

from pathlib import Path

import pytest

import drivers
from drivers.zfm.commands import DELET_CHAR, STORE, Command
from kiosk.models import FingerName
from kiosk.sealing import TemplateKeys
from kiosk.station.setbacks import PATIENCE
from kiosk.views import ScanKind, ScannerHealth
from tests.support.raising import raiser
from tests.support.station import (
    AMINA,
    BARAKA,
    EVERY,
    KEYS,
    TAGGED,
    Station,
    credited,
    kinds,
    replugged,
    station,
    two_enrolled,
)
from tests.support.zfm import flash_of, silent_when, worn


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("import_template", drivers.ProtocolError("the slot does not hold what was sent")),
        ("import_template", drivers.UnsupportedError("not these")),
        ("delete", drivers.ProtocolError("it is still there")),
    ],
)
def test_a_scanner_that_refuses_to_be_written_goes_on_serving(
    desk: Station, monkeypatch: pytest.MonkeyPatch, operation: str, error: drivers.ScannerError
) -> None:
    two_enrolled(desk)
    amina, _ = desk.slots.values()
    desk.reader._library.shelf.take_out(amina)
    desk.emulator.plant(9, "a stranger")
    monkeypatch.setattr(desk.scanner, operation, raiser(error))
    desk.reader._rounds.disturb()
    desk.steps(60)
    assert desk.health is ScannerHealth.READY
    assert not desk.reader._library.busy, "it does not try for ever"
    assert kinds(desk, BARAKA) == [ScanKind.WELCOME]
    assert [result.kind for result in desk.call("1", "finger of AMINA")] == [ScanKind.WELCOME]
    assert [result.kind for result in desk.press("a stranger")] in ([ScanKind.DENIED], [ScanKind.NOT_RECOGNISED])
    assert credited(desk) == {"1", "2"}


def test_a_slot_that_cannot_be_read_credits_nobody_and_loses_nobody(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enrol(AMINA)
    replugged(desk)
    with monkeypatch.context() as worn:
        worn.setattr(desk.scanner, "export_template", lambda _: (_ for _ in ()).throw(drivers.ProtocolError("lost")))
        desk.reader._library.shelf._proven.clear()
        [result] = desk.press("finger of AMINA")
        assert (result.kind, result.advice) == (ScanKind.TRY_AGAIN, "type_number")
    desk.restored()
    assert kinds(desk, AMINA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_who_lies_in_a_slot_that_cannot_be_read_is_written_into_another_one(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        replugged(desk)
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys() == {1, 2}
        for member in (AMINA, BARAKA):
            assert kinds(desk, member) == [ScanKind.WELCOME]
        replugged(desk)
        desk.clock.advance(86_400)
        desk.steps(2)
        desk.reader._library.shelf.take_out(desk.slots[2])
        desk.reader._rounds.disturb()
        desk.steps(2)
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys() == {1, 2}, (
            "a slot that was forgotten to be bad costs one try, and not the finger"
        )


@pytest.mark.parametrize("model", TAGGED)
def test_a_slot_that_is_worn_while_somebody_presses_sends_them_to_the_keyboard_once(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        desk.reader._library.shelf._proven.clear()
        [result] = desk.press("finger of AMINA")
        assert (result.kind, result.advice) == (ScanKind.TRY_AGAIN, "type_number")
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_the_only_template_of_somebody_in_a_slot_that_cannot_be_read_is_to_be_enrolled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        replugged(desk)
        desk.restored()
        desk.steps(1)
        assert desk.reader.status.absent == 1
        assert desk.scanner.used() == desk.slots.keys() == {1}
        assert desk.enrol(AMINA).ok
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("keys", [KEYS, None])
def test_who_can_be_recognised_by_no_copy_is_not_sent_to_the_keyboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, keys=keys) as desk:
        desk.enrol(AMINA)
        desk.reader._library.shelf._proven.clear()
        monkeypatch.setattr(desk.scanner, "export_template", raiser(drivers.ProtocolError("lost")))
        [result] = desk.press("finger of AMINA")
        assert (result.kind, result.advice) == (ScanKind.TRY_AGAIN, "type_number" if keys else "see_office")


def test_a_line_that_loses_bytes_costs_nobody_their_only_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        with monkeypatch.context() as line:
            line.setattr(desk.scanner, "export_template", raiser(drivers.ProtocolError("lost")))
            desk.reader._rounds.disturb()
            desk.steps(20)
            assert not desk.reader._library.busy, "it does not try for ever"
        assert desk.scanner.used() == desk.slots.keys() == {0, 1}
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_where_slot_after_slot_cannot_be_read_it_is_not_the_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        for number in range(PATIENCE + 2):
            assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
        refused = drivers.DeviceError("no", command="LoadChar", code=12)
        monkeypatch.setattr(desk.scanner, "export_template", raiser(refused))
        desk.reader._rounds.disturb()
        desk.steps(40)
        assert not desk.reader._library.busy
        assert len(desk.scanner.used()) == 2, "it does not empty them all"


@pytest.mark.parametrize("keys", [KEYS, None])
def test_a_slot_that_can_no_longer_be_read_leaves_the_other_proofs_alone(
    tmp_path: Path, keys: TemplateKeys | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=keys) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        library = desk.reader._library
        monkeypatch.setattr(library, "settle", raiser(AssertionError("it is one slot, and not the scanner")))
        for _ in range(6):
            desk.clock.advance(6)
            desk.steps(3)
        assert library.shelf.oldest_proof() in {1, 2}
        assert not library.busy
        assert 0 not in desk.slots


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_a_slot_that_does_not_hold_what_is_written_costs_nobody_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        flash = flash_of(desk.emulator)
        write = flash.write

        def stuck(slot: int, template: bytes) -> None:
            write(slot, template if slot else template[:200] + bytes([template[200] ^ 1]) + template[201:])

        monkeypatch.setattr(flash, "write", stuck)
        desk.emulator.wipe()
        for _ in range(2):
            desk.reader._rounds.disturb()
            desk.steps(20)
            desk.restored()
            assert desk.emulator.device.templates().keys() == desk.slots.keys() == {1, 2}
            desk.clock.advance(86_400)
        for member in (AMINA, BARAKA):
            assert kinds(desk, member) == [ScanKind.WELCOME]


@pytest.mark.parametrize("command", [STORE, DELET_CHAR])
def test_silence_about_one_slot_takes_no_station_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: Command
) -> None:
    with station(tmp_path) as desk:
        two_enrolled(desk)
        slot = bytes(2) if command is STORE else (9).to_bytes(2)
        at = 1 if command is STORE else 0  # behind the buffer's number

        def about_it(asked: int, fields: bytes) -> bool:
            return asked == command.code and fields[at : at + 2] == slot

        silent_when(desk.emulator, monkeypatch, about_it)
        if command is STORE:
            desk.reader._library.shelf.take_out(desk.slots[0])
        else:
            desk.emulator.plant(9, "a stranger")
        desk.reader._rounds.disturb()
        for _ in range(30):
            desk.clock.advance(6)
            desk.steps(2)
            assert desk.health is ScannerHealth.READY
        assert len(caplog.records) < 10
        for member in (AMINA, BARAKA):
            assert kinds(desk, member) == [ScanKind.WELCOME]


def test_a_slot_that_is_silent_when_somebody_is_enrolled_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path) as desk:
        silent_when(desk.emulator, monkeypatch, lambda asked, fields: asked == STORE.code and fields[1:3] == bytes(2))
        assert not desk.enrol(AMINA).ok
        desk.steps(12)
        assert desk.enrol(AMINA).ok
        assert desk.slots.keys() == {1}
