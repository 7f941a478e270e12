"""Faults of a whole emulator, as a client on its port meets them."""

import os
import select
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from drivers import emulator_request
from drivers.emulation.host import Emulator
from tests.support.emulators import RawClient, framed, raw_client
from tests.support.scanners import emulated

OK = bytes.fromhex("EF01FFFFFFFF07000300000A")
NO_FINGER = bytes.fromhex("EF01FFFFFFFF07000302000C")
BOOT = bytes.fromhex("00FE55")
RISING = bytes.fromhex("00F8FCFE")


@pytest.fixture
def client(r307: Emulator) -> Iterator[RawClient]:
    with raw_client(r307) as client:
        assert client.receive(3) == BOOT
        yield client


def test_every_answer_twice(r307: Emulator, client: RawClient) -> None:
    r307.fault("twice")
    assert client.ask("01", 24) == NO_FINGER * 2
    r307.clear_faults()
    assert client.ask("01", 12) == NO_FINGER


def test_answers_of_another_address(r307: Emulator, client: RawClient) -> None:
    r307.fault("foreign")
    assert client.ask("01", 12) == bytes.fromhex("EF01FFFFFFFE07000302000C")
    r307.clear_faults()
    assert client.ask("01", 12) == NO_FINGER


def test_ghosts_on_an_empty_glass(r307: Emulator, client: RawClient) -> None:
    r307.fault("ghost", count=3)
    assert [client.ask("01", 12)[9] for _ in range(6)] == [2, 2, 0, 2, 2, 0]
    # A picture, but not of a finger.
    assert client.ask("0201", 12)[9] == 0x07
    r307.clear_faults()
    assert {client.ask("01", 12)[9] for _ in range(6)} == {2}


def test_ghosts_leave_real_fingers_alone(r307: Emulator, client: RawClient) -> None:
    r307.fault("ghost")
    r307.place("amina")
    assert (client.ask("01", 12), client.ask("0201", 12)) == (OK, OK)


@pytest.mark.parametrize("at", [0, 1, 11])
def test_brownout_in_the_middle_of_an_answer(r307: Emulator, client: RawClient, at: int) -> None:
    r307.place("amina")
    assert (client.ask("01", 12), client.ask("0201", 12)) == (OK, OK)
    r307.fault("brownout", at=at)
    assert client.ask("1D", at + 7) == bytes.fromhex("EF01FFFFFFFF07000500000C")[:at] + RISING + BOOT
    # Picture and features are gone, and the fault with them.
    assert client.ask("0201", 12)[9] == 0x15


def test_brownout_demands_the_password_again(r307: Emulator, client: RawClient) -> None:
    assert client.ask("1200C0FFEE", 12) == OK
    r307.fault("brownout")
    assert client.ask("01", 7) == RISING + BOOT
    assert client.ask("01", 12)[9] == 0x21
    assert client.ask("1300C0FFEE", 12) == OK


def test_brownout_while_the_host_sends_loses_the_command(r307: Emulator, client: RawClient) -> None:
    r307.fault("brownout", at=5, towards="sensor")
    assert client.ask("01", 7) == RISING + BOOT
    assert client.ask("01", 12) == NO_FINGER


@pytest.mark.parametrize(("data", "expected"), [(b"", RISING), (b"\xef\x01\xff", b"\xef\x01\xff")])
def test_junk_before_the_first_word(r307: Emulator, client: RawClient, data: bytes, expected: bytes) -> None:
    r307.fault("junk", data=data)
    for _ in range(2):
        r307.power_cycle()
        assert client.receive(len(expected) + 3) == expected + BOOT


def test_login_console_instead_of_a_sensor(r307: Emulator, client: RawClient) -> None:
    r307.fault("console")
    sent = framed("01")
    assert client.ask("01", 33) == sent + b"\r\nraspberrypi login: "
    r307.clear_faults()
    r307.fault("console", data=b"\r\nPassword: ")
    assert client.ask("01", 24) == sent + b"\r\nPassword: "


@pytest.mark.parametrize("at", range(12))
def test_unplugged_at_every_byte_that_the_host_sends(tmp_path: Path, at: int) -> None:
    with emulated("r307", tmp_path) as emulator, raw_client(emulator) as client:
        client.receive(3)
        emulator.fault("unplug", at=12 + at, towards="sensor")
        assert client.ask("0D", 12) == OK
        client.send(framed("0D"))
        assert client.hung_up()
        assert emulator.state()["plugged"] is False
        emulator.replug()
        with raw_client(emulator) as again:
            again.receive(3)
            assert again.ask("01", 12) == NO_FINGER


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ({"kind": "garble", "at": 9, "mask": 0x02}, "EF01FFFFFFFF07000301000B"),
        ({"kind": "drop", "at": 0}, ""),
        ({"kind": "silent"}, ""),
        ({"kind": "insert", "data": b"\xaa\x55"}, "EF01FFFFFFFF07000302000C"),
    ],
)
def test_faults_on_the_way_to_the_sensor(
    r307: Emulator, client: RawClient, fault: dict[str, object], answer: str
) -> None:
    r307.fault(**fault, towards="sensor")  # type: ignore[arg-type]
    client.send(framed("01"))
    assert client.receive(len(answer) // 2).hex().upper() == answer
    r307.clear_faults()
    # Nothing else was on its way. A damaged command may have left half a packet in the sensor, which swallows the next one.
    r307.power_cycle()
    assert client.receive(3) == BOOT
    assert client.ask("01", 12) == NO_FINGER


@pytest.mark.parametrize(
    ("kind", "towards"),
    [("pause", "sensor"), ("split", "sensor"), ("twice", "sensor"), ("ghost", "sensor"), ("drop", "nowhere")],
)
def test_faults_that_cannot_be(r307: Emulator, kind: str, towards: str) -> None:
    with pytest.raises(ValueError, match="no fault"):
        r307.fault(kind, towards=towards)


def test_a_starting_sensor_hears_nothing(tmp_path: Path) -> None:
    with emulated("r307", tmp_path, instant=False) as emulator, raw_client(emulator) as client:
        emulator.power_cycle()
        client.send(framed("01"))
        assert client.receive(3) == BOOT
        begun = time.monotonic()
        assert client.ask("01", 12) == NO_FINGER
        assert time.monotonic() - begun > 0.030


def test_power_ends_whatever_the_sensor_was_about_to_send(tmp_path: Path) -> None:
    with emulated("r307", tmp_path, instant=False) as emulator, raw_client(emulator) as client:
        assert client.receive(3) == BOOT
        emulator.place("amina")
        assert client.ask("01", 12) == OK
        # A picture takes seven seconds on this line.
        begun = time.monotonic()
        assert client.ask("0A", 12) == OK
        emulator.power_cycle()
        os.set_blocking(client.descriptor, False)
        heard = b""
        while not heard.endswith(BOOT):
            assert time.monotonic() - begun < 3
            select.select([client.descriptor], [], [], 1)
            heard += os.read(client.descriptor, 4096)
        os.set_blocking(client.descriptor, True)
        assert client.ask("0201", 12)[9] == 0x15
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("speed", [9600, 19200, 28800, 38400, 67200, 76800, 115200])
def test_any_speed_is_known_and_another_one_is_noise(r307: Emulator, client: RawClient, speed: int) -> None:
    assert client.ask(f"0E04{speed // 9600:02X}", 12) == OK
    assert emulator_request(r307.link, "state")["baud"] == speed
    with serial.Serial(r307.link, speed, timeout=5) as fast:
        fast.write(framed("01"))
        assert fast.read(12) == NO_FINGER
    with serial.Serial(r307.link, 57600, timeout=5):
        r307.power_cycle()
        assert client.receive(3) != BOOT
    with serial.Serial(r307.link, speed, timeout=5) as fast:
        fast.write(framed("01"))
        assert fast.read(12) == NO_FINGER


def test_a_new_port_has_the_sensors_speed(tmp_path: Path) -> None:
    with emulated("r307", tmp_path) as emulator:
        descriptor = os.open(emulator.link, os.O_RDWR | os.O_NOCTTY)
        assert termios.tcgetattr(descriptor)[5] == termios.B57600
        os.close(descriptor)


def test_control_socket_tampers_with_the_library(r307: Emulator, client: RawClient) -> None:
    emulator_request(r307.link, "plant", slot=5, finger="amina")
    emulator_request(r307.link, "plant", slot=9, finger="juma")
    assert emulator_request(r307.link, "state")["used"] == [5, 9]
    emulator_request(r307.link, "shuffle")
    r307.place("juma")
    assert (client.ask("01", 12), client.ask("0201", 12)) == (OK, OK)
    assert client.ask("04010000 03E8", 16)[9:12] == bytes((0, 0, 5))
    emulator_request(r307.link, "wipe")
    assert emulator_request(r307.link, "state")["used"] == []


def test_control_socket_sets_the_direction(r307: Emulator, client: RawClient) -> None:
    emulator_request(r307.link, "fault", kind="unplug", at=3, towards="sensor")
    client.send(framed("01"))
    assert client.hung_up()
