from pathlib import Path

import pytest

from drivers import (
    DeviceError,
    Hit,
    NoFinger,
    NoMatch,
    ProtocolError,
    Retry,
    RetryReason,
    Same,
    Scanner,
    Template,
    UnsupportedError,
)
from drivers.emulation.host import Emulator
from drivers.zfm.commands import vocabulary
from tests.support.scanners import emulated, enrol, opened
from tests.support.zfm import answering, codes, commands_heard, device_of, guarded, restarting_before

MODELS = ["zfm20", "r305", "r307", "r308", "r503", "as608", "zw101"]
SECRET = 0xC0FFEE


@pytest.mark.parametrize("model", MODELS)
def test_match_against_a_template_in_no_slot(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        template = Template(scanner.info.model, device_of(emulator).make("amina"))
        assert scanner.match(template) == NoFinger()
        emulator.place("amina")
        found = scanner.match(template)
        assert isinstance(found, Same)
        assert (found.score or 0) >= 80
        emulator.place("juma")
        assert scanner.match(template) == NoMatch()
        emulator.place("juma", "smudged")
        assert scanner.match(template) == Retry(RetryReason.SMUDGED)
        assert scanner.used() == frozenset()
        # The buffers are nobody's afterwards: identify takes its own features.
        emulator.place("amina")
        assert scanner.identify() == NoMatch()


def test_match_is_four_commands_and_the_template(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(r307) as scanner:
        template = Template("R307", device_of(r307).make("amina"))
        r307.place("amina")
        heard = commands_heard(r307, monkeypatch)
        scanner.match(template)
        assert codes(heard) == [0x01, 0x02, 0x09, 0x03]
        assert [packet.payload.hex() for packet in heard[:3]] == ["01", "0201", "0902"]
        assert b"".join(packet.payload for packet in heard[3:-1]) == template.data


def test_match_at_the_slowest_speed_waits_for_the_template_to_get_out(tmp_path: Path) -> None:
    with emulated("r307", tmp_path, instant=False) as emulator:
        device_of(emulator)._flash.registers.baud_n = 1
        emulator.power_cycle()
        with opened(emulator, baud=9600) as scanner:
            emulator.place("amina")
            # 768 bytes in six packets are 0.87 s on this line, besides 0.5 s for picture and features.
            assert isinstance(scanner.match(Template("R307", device_of(emulator).make("amina"))), Same)


def test_match_below_the_floor_is_none(r307: Emulator) -> None:
    with opened(r307, score_floor=1000) as scanner:
        r307.place("amina")
        assert scanner.match(Template("R307", device_of(r307).make("amina"))) == NoMatch()


def test_a_score_beside_a_refusal_is_not_read(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    r307.place("amina")
    answering(r307, monkeypatch, 0x03, bytes.fromhex("080060"))
    assert scanner.match(Template("R307", device_of(r307).make("amina"))) == NoMatch()
    # FPM#25: a page that is none beside "not found".
    answering(r307, monkeypatch, 0x04, bytes.fromhex("0901EE0060"))
    assert scanner.identify() == NoMatch()


def test_templates_that_cannot_be_matched(scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    data = device_of(r307).make("amina")
    enrol(scanner, r307, "juma", 1)
    scanner.export_template(1)
    heard = commands_heard(r307, monkeypatch)
    for template in (Template("R503", data), Template("R307", data[:-1]), Template("R307", b"")):
        with pytest.raises(UnsupportedError):
            scanner.match(template)
    assert heard == []


@pytest.mark.parametrize("answer", ["0003E80060", "00FFFF0060", "00000B0060"])
def test_F052_slots_out_of_range_in_a_hit(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    r307.place("amina")
    answering(r307, monkeypatch, 0x04, bytes.fromhex(answer))
    if answer != "00000B0060":
        with pytest.raises(ProtocolError, match="not among the 1000"):
            scanner.identify()
    # Slot 11 exists, but it was not asked about.
    with pytest.raises(ProtocolError, match="not among the 1 from 7 on"):
        scanner.verify(7)


def test_residual_print_found_by_the_search_is_advice(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    r307.place("amina")
    answering(r307, monkeypatch, 0x04, b"\x17")
    assert scanner.identify() == Retry(RetryReason.RESIDUAL)
    answering(r307, monkeypatch, 0x04, b"\x18")
    with pytest.raises(DeviceError, match="flash"):
        scanner.identify()


@pytest.mark.parametrize("code", [0x02, 0x04])
def test_a_restart_under_the_finger_asks_for_another_press(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    guarded(r307, SECRET)
    with opened(r307, password=SECRET) as scanner:
        enrol(scanner, r307, "amina", 7)
        r307.place("amina")
        restarting_before(r307, monkeypatch, code)
        heard = commands_heard(r307, monkeypatch)
        assert scanner.identify() == Retry(RetryReason.IMAGING)
        # Asked once: what it would answer now is about no finger at all.
        assert codes(heard).count(code) == 1
        assert codes(heard)[-1] == 0x13
        found = scanner.identify()
        assert isinstance(found, Hit)
        assert found.slot == 7


@pytest.mark.parametrize("code", [0x02, 0x09, 0x03])
def test_a_restart_in_the_middle_of_a_match(r307: Emulator, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    guarded(r307, SECRET)
    with opened(r307, password=SECRET) as scanner:
        template = Template("R307", device_of(r307).make("amina"))
        r307.place("amina")
        restarting_before(r307, monkeypatch, code)
        heard = commands_heard(r307, monkeypatch)
        assert scanner.match(template) == Retry(RetryReason.IMAGING)
        assert codes(heard).count(0x03) == (code == 0x03)
        assert isinstance(scanner.match(template), Same)


def test_a_restart_before_the_picture_costs_nothing(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded(r307, SECRET)
    with opened(r307, password=SECRET) as scanner:
        enrol(scanner, r307, "amina", 7)
        r307.place("amina")
        r307.power_cycle()
        heard = commands_heard(r307, monkeypatch)
        assert isinstance(scanner.identify(), Hit)
        assert codes(heard) == [0x01, 0x13, 0x01, 0x02, 0x04]


def test_no_command_on_lost_buffers_is_said_twice(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded(r307, SECRET)
    with opened(r307, password=SECRET) as scanner:
        session = scanner._session  # type: ignore[attr-defined]
        for command in vocabulary(scanner._opened.profile.dialect).values():  # type: ignore[attr-defined]
            if not command.volatile:
                continue
            r307.power_cycle()
            with monkeypatch.context() as patch:
                heard = commands_heard(r307, patch)
                with pytest.raises(DeviceError, match="restarted") as lost:
                    session.exchange(command, b"\x01\x00\x00\x00\x01"[: {4: 5, 6: 3, 2: 1, 8: 1}.get(command.code, 0)])
                assert codes(heard) == [command.code, 0x13]
            assert lost.value.code == 0x21


def test_a_password_that_changed_meanwhile_is_told(r307: Emulator) -> None:
    guarded(r307, SECRET)
    with opened(r307, password=SECRET) as scanner:
        guarded(r307, 0xBADBAD)
        with pytest.raises(DeviceError, match="wrong password"):
            scanner.identify()
