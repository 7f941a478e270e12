import time
from pathlib import Path

import pytest

from drivers import Capability, DeviceError, EnrolState, Hit, NoFinger, ProtocolError
from drivers.emulation.host import Emulator
from drivers.zfm.commands import Product
from drivers.zfm.scanner import ZfmScanner
from tests.support.scanners import QUICK, emulated, enrol, opened
from tests.support.zfm import answering, codes, commands_heard, flash_of

# What a busy machine may add, in seconds.
SLACK = 1.0
# Codes that mean something in both dialects, and not the same.
COLLIDING = {0x31, 0x32, 0x35, 0x3C}
PLAIN = Capability.PRESENCE | Capability.SCORE | Capability.TEMPLATES | Capability.VERIFY | Capability.MATCH
MODELS = {
    "zfm20": ("ZFM-20", 162, "plain", PLAIN | Capability.IMAGE),
    "r305": ("R305", 256, "plain", PLAIN | Capability.IMAGE | Capability.TAG),
    "r307": ("R307", 1000, "plain", PLAIN | Capability.IMAGE | Capability.TAG),
    "r308": ("R308", 500, "plain", PLAIN),
    "as608": ("AS608", 300, "plain", PLAIN | Capability.IMAGE | Capability.TAG),
    "r503": (
        "R503",
        200,
        "grow",
        PLAIN | Capability.IMAGE | Capability.TAG | Capability.LIGHT | Capability.RESET,
    ),
    "zw101": ("ZW101", 50, "syno", PLAIN | Capability.TAG | Capability.LIGHT),
}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_recognised_without_harm(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        info = scanner.info
        assert (info.model, info.capacity, info.dialect, info.capabilities) == MODELS[model]
        assert emulator.state()["harmed"] == 0
        assert emulator.device.glass.looks == 0
        assert (info.serial is not None) == (model in {"r503", "zw101"})


@pytest.mark.parametrize("model", MODELS)
def test_no_code_that_another_dialect_would_execute_before_it_is_known(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulated(model, tmp_path) as emulator:
        heard = commands_heard(emulator, monkeypatch)
        with opened(emulator):
            pass
    known = {"r503": 0x40, "zw101": 0x34}.get(model)
    asked = codes(heard)
    before = asked if known is None else asked[: asked.index(known) + 1]
    assert not COLLIDING & set(before)
    # Reading, and switching the light off, is all that an opening does.
    assert set(asked) <= {0x13, 0x0F, 0x40, 0x34, 0x19, 0x35, 0x3C}


@pytest.mark.parametrize("refusal", ["01", "13", "FC", "FE", None])
def test_any_refusal_and_silence_mean_that_the_command_is_not_known(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch, refusal: str | None
) -> None:
    acks = [] if refusal is None else [bytes.fromhex(refusal)]
    for code in (0x40, 0x34):
        answering(r307, monkeypatch, code, *acks)
    with opened(r307, deadline_scale=QUICK) as scanner:
        assert (scanner.info.model, scanner.info.dialect) == ("R307", "plain")


def test_a_handshake_that_got_lost_or_damaged_once_is_asked_again(
    r503: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(r503, monkeypatch, 0x40, times=1)
    with opened(r503, deadline_scale=QUICK) as scanner:
        assert scanner.info.dialect == "grow"
    answering(r503, monkeypatch, 0x40, b"\x01", times=1)
    with opened(r503, deadline_scale=QUICK) as scanner:
        assert scanner.info.dialect == "grow"


def test_answers_that_come_after_the_questions_are_put_back_into_line(r307: Emulator) -> None:
    # VfyPwd's ack has 12 bytes, ReadSysPara's 28: HandShake's refusal comes when it is not awaited any more.
    r307.fault("pause", at=40, delay_s=0.04)
    with opened(r307, deadline_scale=QUICK) as scanner:
        assert (scanner.info.model, scanner.info.dialect) == ("R307", "plain")
        assert Capability.TAG in scanner.info.capabilities
        assert scanner.identify() == NoFinger()


def test_parameters_that_never_agree_are_an_error(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    r503s = bytes.fromhex("000004000000C80003FFFFFFFF00020006")
    answering(r307, monkeypatch, 0x34, b"\x01", b"\x00" + bytes(4))
    answering(r307, monkeypatch, 0x0F, r503s, times=1)
    with pytest.raises(ProtocolError, match="do not agree"), opened(r307, deadline_scale=QUICK):
        pass


def test_r308_is_believed_only_when_it_refuses_its_parameters_twice(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(r307, monkeypatch, 0x0F, b"\x01", times=1)
    with opened(r307) as scanner:
        assert scanner.info.model == "R307"
    answering(r307, monkeypatch, 0x0F, b"\x01")
    with opened(r307) as scanner:
        assert (scanner.info.model, scanner.info.security_level) == ("R308", None)


def test_another_refusal_of_the_parameters_is_an_error(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r307, monkeypatch, 0x0F, b"\x18")
    with pytest.raises(DeviceError, match="ReadSysPara refused with 18"), opened(r307):
        pass


def test_r308_works_without_parameters(tmp_path: Path) -> None:
    with emulated("r308", tmp_path) as emulator, opened(emulator) as scanner:
        assert enrol(scanner, emulator, "amina", 499)[-1].state is EnrolState.STORED
        emulator.place("amina")
        found = scanner.identify()
        assert isinstance(found, Hit)
        assert found.slot == 499
        template = scanner.export_template(499)
        scanner.import_template(7, template)
        assert scanner.used() == {7, 499}
        scanner.delete(499)
        scanner.check()
        assert isinstance(scanner, ZfmScanner)
        # pyfingerprint's own calls that begin with the parameters.
        session = scanner._session
        assert (session.getStorageCapacity(), session.getMaxPacketSize(), session.getBaudRate()) == (500, 128, 57600)
        assert session.getSecurityLevel() == 0
        assert session.storeTemplate() == 0
        assert session.searchTemplate()[0] in {-1, 0, 7}


def test_an_unknown_relative_of_grows_says_its_own_name_and_sizes(
    r503: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Published log of Adafruit's PID4750: status 0, system id 0, 80 slots, N = 12.
    answering(r503, monkeypatch, 0x0F, bytes.fromhex("000000000000500003FFFFFFFF0002000C"))
    product = Product("R502-A", "00" * 8, (160, 176), 1024, 80)
    answering(r503, monkeypatch, 0x3C, b"\x00" + product.to_bytes())
    with opened(r503) as scanner:
        info = scanner.info
        assert isinstance(scanner, ZfmScanner)
        assert scanner._opened.profile.image == (160, 176)
        assert scanner._opened.profile.blind_merge
    assert (info.model, info.capacity, info.template_size) == ("R502-A", 80, 1024)
    # A number that nobody ever gave it tells nothing.
    assert info.serial is None
    assert Capability.IMAGE in info.capabilities


@pytest.mark.parametrize("reply", ["", "00", "FFFF", "0011223344"])
def test_a_synochip_serial_number_of_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: str) -> None:
    with emulated("zw101", tmp_path) as emulator:
        answering(emulator, monkeypatch, 0x34, b"\x00" + bytes.fromhex(reply))
        with opened(emulator) as scanner:
            assert scanner.info.dialect == "syno"
            assert scanner.info.serial == (reply if reply == "0011223344" else None)


@pytest.mark.parametrize("model", ["r503", "zw101"])
def test_the_serial_number_is_asked_anew(tmp_path: Path, model: str) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        flash_of(emulator).registers.serial = b"another1"
        emulator.power_cycle()
        assert (scanner.read_serial() or "").startswith(b"another1".hex())


@pytest.mark.parametrize("refusal", ["1C", "FC", "01", None])
def test_a_notepad_that_is_not_there_is_no_capability(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch, refusal: str | None
) -> None:
    answering(r307, monkeypatch, 0x19, *([] if refusal is None else [bytes.fromhex(refusal)]))
    with opened(r307, deadline_scale=QUICK) as scanner:
        assert Capability.TAG not in scanner.info.capabilities
        assert scanner.identify() == NoFinger()


def test_a_light_that_is_not_there_is_no_capability(r503: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r503, monkeypatch, 0x35, b"\xfc")
    with opened(r503) as scanner:
        assert Capability.LIGHT not in scanner.info.capabilities
        assert Capability.RESET in scanner.info.capabilities


def test_a_module_that_is_silent_where_it_does_not_know_opens_in_time(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in (0x40, 0x34, 0x19):
        answering(r307, monkeypatch, code)
    started = time.monotonic()
    with opened(r307, deadline_scale=QUICK):
        # Six quarters of a second, a tenth of each.
        assert 0.14 < time.monotonic() - started < 0.15 + SLACK


def test_a_second_opening_forgets_the_first_dialect(tmp_path: Path) -> None:
    with emulated("r503", tmp_path) as first, opened(first) as scanner:
        assert scanner.info.dialect == "grow"
        scanner.close()
        first.close()
        with emulated("zw101", tmp_path) as second:
            info = scanner.open()
            assert (info.dialect, info.model, second.state()["harmed"]) == ("syno", "ZW101", 0)
