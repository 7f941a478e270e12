"""Every finding, shown by a line that really is so: an emulator, a peer, another process."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers import Diagnosis, Finding, UnknownModelError, diagnose
from drivers.diagnosis.findings import CURES
from drivers.emulation.host import Emulator
from drivers.zfm import trial
from drivers.zfm.codec import Decoder, Packet, Pid
from drivers.zfm.commands import CHECK_SENSOR, GEN_IMG, VFY_PWD
from drivers.zfm.emulator import r307 as r307_device
from tests.support.peers import held, peer
from tests.support.scanners import emulated

HASTE = 0.1
OK = Packet(Pid.ACK, b"\x00").to_bytes()


def diagnosed(port: str, *, scale: float = HASTE, **options: object) -> Diagnosis:
    found = diagnose(port, deadline_scale=scale, **options)  # type: ignore[arg-type]
    assert found.cure
    assert found.evidence
    return found


def answering(*codes: int, to: int | None = None, instead: bytes | None = None) -> Callable[[bytes], bytes]:
    """A sound R307 in everything, but that it answers `codes` (or `instead`) to the instruction `to`."""
    device, decoder = r307_device(seed=1), Decoder()

    def reply(data: bytes) -> bytes:
        said = b""
        for packet in decoder.feed(data):
            if packet.payload[0] == to:
                said += (
                    b"".join(Packet(Pid.ACK, bytes((code,))).to_bytes() for code in codes)
                    if instead is None
                    else instead
                )
            else:
                said += b"".join(answer.data for answer in device.receive(packet.to_bytes()))
        return said

    return reply


def test_a_sound_scanner_is_ok_and_every_step_is_said(r307: Emulator) -> None:
    steps: list[str] = []
    found = diagnosed(r307.link, on_step=steps.append, scale=1.0)
    assert found.finding is Finding.OK
    assert found.info is not None
    assert found.info.model == "R307"
    assert steps[0] == f"Opening {r307.link}"
    assert any("keep the glass empty" in step for step in steps)
    assert r307.state()["used"] == []


@pytest.mark.parametrize("model", ["r503", "zw101", "r308"])
def test_other_dialects_are_ok_too(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator:
        assert diagnosed(emulator.link, scale=1.0).finding is Finding.OK


@pytest.mark.parametrize(("family", "model"), [("gt521", "gt521f52"), ("waveshare", "waveshare")])
def test_other_families_are_ok_and_named_when_another_one_is_asked_for(family: str, model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator:
        assert diagnosed(emulator.link, family=family, scale=0.5).finding is Finding.OK
        found = diagnosed(emulator.link, family="zfm", scale=0.3)
        assert diagnosed(emulator.link, scale=0.5).finding is Finding.OK
    assert found.finding is Finding.OTHER_FAMILY
    assert f'family = "{family}"' in found.cure


def test_F057_no_port(tmp_path: Path) -> None:
    found = diagnosed(str(tmp_path / "ttyUSB0"))
    assert found.finding is Finding.NO_PORT
    assert "kiosk scanner probe" in found.cure
    (tmp_path / "file").write_text("no terminal")
    assert diagnosed(str(tmp_path / "file")).finding is Finding.NO_PORT


@contextmanager
def nobody() -> Iterator[None]:
    """Lose root's power over files, if this is root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_F057_no_permission(r307: Emulator) -> None:
    mode = stat.S_IMODE(Path(r307.port).stat().st_mode)
    Path(r307.port).chmod(0)
    with nobody():
        found = diagnosed(r307.port)
    Path(r307.port).chmod(mode)
    assert found.finding is Finding.NO_PERMISSION
    assert "usermod" in found.cure


def test_F057_port_held_names_the_holder(r307: Emulator) -> None:
    with held(r307.link) as pid:
        found = diagnosed(r307.link)
    assert found.finding is Finding.PORT_HELD
    assert f"process {pid}" in found.cure
    assert any(f"process {pid}" in sight for sight in found.evidence)


def test_a_rival_that_takes_the_answers_away_is_found_without_any_lock(tmp_path: Path) -> None:
    with peer(tmp_path, lambda _: b"") as emulator, held(emulator.link, locked=False) as pid:
        found = diagnosed(emulator.link, scale=0.02)
    assert found.finding is Finding.PORT_HELD
    assert f"process {pid}" in found.cure


def test_a_rival_that_reads_the_answers_of_a_sound_scanner_is_found(r307: Emulator) -> None:
    with held(r307.link, locked=False, takes=True) as pid:
        found = diagnosed(r307.link)
    assert found.finding is Finding.PORT_HELD
    assert f"process {pid}" in found.cure


def test_no_bytes(tmp_path: Path) -> None:
    steps: list[str] = []
    with peer(tmp_path, lambda _: b"") as emulator:
        found = diagnosed(emulator.link, scale=0.02, on_step=steps.append)
    assert found.finding is Finding.NO_BYTES
    order = [found.cure.index(word) for word in ("power", "TX and RX", "supply", "adapter")]
    assert order == sorted(order)
    assert any("Asking at every speed" in step for step in steps)


def test_F042_deaf_after_it_had_answered(r307: Emulator) -> None:
    def deafen(step: str) -> None:
        if "pictures" in step:
            r307.fault("deaf")

    found = diagnosed(r307.link, on_step=deafen)
    assert found.finding is Finding.DEAF
    assert "two seconds" in found.cure
    assert found.info is not None


def test_deaf_while_it_is_being_opened(r307: Emulator) -> None:
    r307.fault("silent", at=len(OK))
    found = diagnosed(r307.link)
    assert found.finding is Finding.DEAF
    assert "it answered at first, and fell silent" in found.evidence


def test_deaf_says_that_it_got_power_and_hears_nothing(r307: Emulator) -> None:
    r307.fault("silent", at=0)

    def switch(step: str) -> None:
        if "Listening for a start" in step:
            r307.clear_faults()
            r307.fault("silent", at=3)

    # It starts while somebody listens: after the port was opened, which drops what lay in it.
    opened = trial.overhear

    def overhear(*arguments: object, **options: object) -> trial.Heard:
        r307.power_cycle()
        return opened(*arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "overhear", overhear)
        found = diagnosed(r307.link, scale=0.02, on_step=switch)
    assert found.finding is Finding.DEAF
    assert any("got power" in sight for sight in found.evidence)


def test_another_address_than_the_factory_s_is_named(r307: Emulator) -> None:
    r307.device._flash.registers.address = 0x1234ABCD  # type: ignore[attr-defined]
    r307.power_cycle()
    found = diagnosed(r307.link, scale=0.1)
    assert found.finding is Finding.OTHER_ADDRESS
    assert "at 57600 bit/s it answers under the address 1234ABCD" in found.evidence
    assert 'address = "1234ABCD"' in found.cure
    own = {"zfm": {"address": 0x1234ABCD}}
    assert diagnosed(r307.link, own=own).finding is Finding.OK


def test_an_address_that_is_not_the_modules_is_corrected(r307: Emulator) -> None:
    found = diagnosed(r307.link, own={"zfm": {"address": 0x11111111}})
    assert found.finding is Finding.OTHER_ADDRESS
    assert 'address = "FFFFFFFF"' in found.cure


def test_F056_wrong_speed_says_which(r307: Emulator) -> None:
    r307.device._flash.registers.baud_n = 8  # type: ignore[attr-defined]
    r307.power_cycle()
    found = diagnosed(r307.link, scale=0.3)
    assert found.finding is Finding.WRONG_SPEED
    assert "baud = 76800" in found.cure
    # Where it is expected there, all is well.
    assert diagnosed(r307.link, baud=76800, scale=0.3).finding is Finding.OK


@pytest.mark.parametrize(("model", "speed"), [("waveshare", 38400), ("gt511c3", 57600)])
def test_F056_a_speed_that_is_rare_in_another_family_is_found_without_naming_it(
    model: str, speed: int, tmp_path: Path
) -> None:
    with emulated(model, tmp_path) as emulator:
        if model == "waveshare":
            emulator.device._flash.registers.baud_n = speed // 9600  # type: ignore[attr-defined]
            emulator.power_cycle()
        else:
            emulator.device._baud = emulator.device._next_baud = speed  # type: ignore[attr-defined]
        found = diagnosed(emulator.link)
        assert found.finding is Finding.WRONG_SPEED
        assert f"baud = {speed}" in found.cure
        assert diagnosed(emulator.link, baud=speed).finding is Finding.OK


def every(emulator: Emulator, step: int, kind: str, **parameters: Any) -> None:
    """Let each `step`-th byte of a direction be hit from the start, whatever is being done then."""
    for at in range(step, 6000, step):
        emulator.fault(kind, at=at, **parameters)


@pytest.mark.parametrize(
    ("model", "towards", "step", "mask"),
    [
        ("r307", "host", 15, 1),
        ("r307", "host", 40, 1),
        ("r307", "sensor", 40, 1),
        # A damaged length makes the module swallow what comes next.
        ("r307", "sensor", 31, 0x55),
        ("r307", "sensor", 60, 0x55),
        ("r307", "sensor", 23, 1),
        ("r503", "sensor", 40, 1),
        ("r503", "sensor", 55, 0xFF),
        ("zw101", "sensor", 60, 0x55),
        ("gt511c3", "host", 15, 1),
        ("gt511c3", "host", 40, 1),
        ("gt511c3", "sensor", 40, 1),
        ("waveshare", "host", 8, 1),
        ("waveshare", "host", 15, 1),
    ],
)
def test_F045_damage_from_the_start_is_damage(model: str, towards: str, step: int, mask: int, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator:
        every(emulator, step, "garble", mask=mask, towards=towards)
        found = diagnosed(emulator.link)
    assert found.finding is Finding.CHECKSUM


def test_F045_answers_that_come_twice_are_no_silence(tmp_path: Path) -> None:
    with emulated("gt511c3", tmp_path) as emulator:
        emulator.fault("twice")
        assert diagnosed(emulator.link).finding is Finding.CHECKSUM


@pytest.mark.parametrize("model", ["gt511c3", "waveshare"])
def test_noise_between_the_packets_of_another_family_is_no_silence(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator:
        every(emulator, 5, "insert", data=b"\x81\x93\xa7")
        found = diagnosed(emulator.link)
    assert found.finding in {Finding.NOISE, Finding.CHECKSUM}


def test_commands_that_never_arrive_are_no_restarts(r307: Emulator) -> None:
    every(r307, 50, "drop", towards="sensor")
    found = diagnosed(r307.link)
    assert found.finding is Finding.CHECKSUM
    assert any("lost, 0 restarts" in sight for sight in found.evidence)


@pytest.mark.parametrize(
    ("model", "towards", "step"),
    [
        *((model, "sensor", 100) for model in ("r307", "r308", "r503", "zw101", "zfm20", "gt511c3", "waveshare")),
        *((model, "host", 60) for model in ("r307", "r503", "zw101", "gt511c3", "waveshare")),
        *((model, "host", 200) for model in ("r307", "r503", "zw101", "gt511c3")),
    ],
)
def test_F042_a_supply_that_breaks_down_from_the_start_is_weak(
    model: str, towards: str, step: int, tmp_path: Path
) -> None:
    with emulated(model, tmp_path) as emulator:
        every(emulator, step, "brownout", towards=towards)
        found = diagnosed(emulator.link)
    assert found.finding is Finding.WEAK_SUPPLY
    assert any("started anew" in sight or "got power" in sight for sight in found.evidence)


def test_F042_a_scanner_that_says_nothing_on_power_gives_itself_away_by_its_speed(tmp_path: Path) -> None:
    def sag(step: str) -> None:
        if "Shaking hands" in step or "pictures" in step:
            emulator.power_cycle()

    with emulated("gt521f52", tmp_path) as emulator:
        found = diagnosed(emulator.link, family="gt521", on_step=sag)
    assert found.finding is Finding.WEAK_SUPPLY


def test_noise(tmp_path: Path) -> None:
    with peer(tmp_path, lambda data: bytes(byte ^ 0xA5 | 0x80 for byte in data)) as emulator:
        found = diagnosed(emulator.link, scale=0.02)
    assert found.finding is Finding.NOISE
    assert any("bytes came" in sight for sight in found.evidence)


def test_F045_checksums_wrong_in_every_packet(tmp_path: Path) -> None:
    with peer(tmp_path, lambda _: OK[:-1] + b"\x0b") as emulator:
        found = diagnosed(emulator.link, scale=0.05)
    assert found.finding is Finding.CHECKSUM


def test_F045_checksums_wrong_now_and_then(r307: Emulator) -> None:
    def spoil(step: str) -> None:
        if "Shaking hands" in step:
            for at in range(20, 200, 40):
                r307.fault("garble", at=at, mask=1)

    found = diagnosed(r307.link, on_step=spoil)
    assert found.finding is Finding.CHECKSUM


def test_a_single_spark_is_evidence_and_no_finding(r307: Emulator) -> None:
    def spark(step: str) -> None:
        if "Shaking hands" in step:
            r307.fault("garble", at=20, mask=1)

    found = diagnosed(r307.link, on_step=spark)
    assert found.finding is Finding.OK
    assert any("1 damaged" in sight for sight in found.evidence)


def test_wrong_password(r307: Emulator) -> None:
    r307.device._flash.registers.password = 0x1234  # type: ignore[attr-defined]
    r307.power_cycle()
    found = diagnosed(r307.link)
    assert found.finding is Finding.WRONG_PASSWORD
    assert "4660" not in str(found)


@pytest.mark.parametrize("baud", [115200, 9600])
def test_console_by_its_prompt(baud: int, tmp_path: Path) -> None:
    prompt = b"\r\nDebian GNU/Linux 12 kiosk ttyAMA0\r\n\r\nkiosk login: "
    with peer(tmp_path, lambda data: prompt if b"\r" in data else b"", baud=baud) as emulator:
        found = diagnosed(emulator.link, scale=0.3)
    assert found.finding is Finding.CONSOLE
    assert "login shell" in found.cure
    assert any("Debian" in sight for sight in found.evidence)


def test_console_by_the_emulators_own_fault(r307: Emulator) -> None:
    r307.fault("console")
    assert diagnosed(r307.link, scale=0.3).finding is Finding.CONSOLE


def test_our_own_bytes_come_back(tmp_path: Path) -> None:
    with peer(tmp_path, lambda data: data, baud=57600) as emulator:
        found = diagnosed(emulator.link, scale=0.1)
    assert found.finding is Finding.CONSOLE
    assert any("own bytes" in sight for sight in found.evidence)


def test_F042_weak_supply_restarts_it_between_pictures(r307: Emulator) -> None:
    def sag(step: str) -> None:
        if "Watching the supply" in step:
            r307.power_cycle()

    found = diagnosed(r307.link, on_step=sag)
    assert found.finding is Finding.WEAK_SUPPLY
    assert "supply" in found.cure


def test_F042_weak_supply_restarts_it_in_the_middle_of_one(r307: Emulator) -> None:
    def sag(step: str) -> None:
        if "picture 1" in step:
            for at in (8, 38):
                r307.fault("brownout", at=at)

    assert diagnosed(r307.link, on_step=sag).finding is Finding.WEAK_SUPPLY


def test_one_restart_is_somebodys_doing_and_no_weak_supply(r307: Emulator) -> None:
    def kick(step: str) -> None:
        if "picture 3" in step:
            r307.power_cycle()

    found = diagnosed(r307.link, on_step=kick)
    assert found.finding is Finding.OK
    assert any("1 restart" in sight for sight in found.evidence)


def test_F055_ghosts_on_an_empty_glass(r307: Emulator) -> None:
    r307.fault("ghost", count=1)
    found = diagnosed(r307.link)
    assert found.finding is Finding.GHOST
    assert "glass" in found.cure


def test_F055_ghosts_of_a_scanner_that_has_no_word_for_them(tmp_path: Path) -> None:
    with emulated("waveshare", tmp_path) as emulator:
        emulator.fault("ghost", count=1)
        found = diagnosed(emulator.link, family="waveshare")
    assert found.finding is Finding.GHOST
    assert found.evidence.count("a finger was on the glass") == 1
    assert any("if there was none" in sight for sight in found.evidence)


def test_a_finger_left_on_the_glass_is_no_ghost(r307: Emulator) -> None:
    r307.place("amina")
    found = diagnosed(r307.link)
    assert found.finding is Finding.OK
    assert "a finger was on the glass" in found.evidence


def test_the_sensor_says_that_it_is_faulty(tmp_path: Path) -> None:
    with peer(tmp_path, answering(0x29, to=GEN_IMG.code)) as emulator:
        found = diagnosed(emulator.link, scale=0.3)
    assert found.finding is Finding.SENSOR_FAULT
    assert "replace" in found.cure


def test_the_sensor_refuses_the_handshake_for_another_reason_than_its_password(tmp_path: Path) -> None:
    with peer(tmp_path, answering(0xFD, to=VFY_PWD.code)) as emulator:
        assert diagnosed(emulator.link, scale=0.3).finding is Finding.SENSOR_FAULT


def test_the_cable_is_pulled_meanwhile(r307: Emulator) -> None:
    def pull(step: str) -> None:
        if "pictures" in step:
            r307.unplug()

    assert diagnosed(r307.link, on_step=pull).finding is Finding.NO_PORT


def test_every_finding_has_a_cure_of_its_own() -> None:
    assert set(CURES) == set(Finding)
    assert len(set(CURES.values())) == len(Finding)


def test_a_family_that_is_not_installed_is_a_mistake_of_the_caller(r307: Emulator) -> None:
    with pytest.raises(UnknownModelError):
        diagnose(r307.link, family="nonsense")


def test_nothing_is_sent_that_a_dialect_may_not_have(tmp_path: Path) -> None:
    asked: list[int] = []
    sound = answering()
    listener = Decoder()

    def reply(data: bytes) -> bytes:
        asked.extend(packet.payload[0] for packet in listener.feed(data))
        return sound(data)

    with peer(tmp_path, reply) as emulator:
        assert diagnosed(emulator.link, scale=1.0).finding is Finding.OK
    assert GEN_IMG.code in asked
    assert not {0x31, 0x32, 0x35, 0x3C, CHECK_SENSOR.code} & set(asked)
