"""What comes back for one packet, uninterpreted."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from drivers.link import Link
from drivers.zfm.codec import BROADCAST, Packet, Pid
from drivers.zfm.commands import GEN_IMG, VFY_PWD
from drivers.zfm.trial import Heard, ask, overhear, restarts
from tests.support.peers import peer

ACK = Packet(Pid.ACK, b"\x00").to_bytes()


def heard(folder: Path, reply: Callable[[bytes], bytes]) -> Heard:
    with peer(folder, reply) as emulator:
        link = Link(emulator.link)
        link.open()
        try:
            return ask(link, VFY_PWD, 0.2, monotonic=time.monotonic)
        finally:
            link.close()


FOREIGN = Packet(Pid.ACK, b"\0", 0x12345678).to_bytes()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (lambda _: ACK, Heard((0,), 0, echoed=False, strays=b"", address=BROADCAST)),
        (lambda _: FOREIGN, Heard((0,), 0, echoed=False, strays=b"", address=0x12345678)),
        (lambda _: b"\xfe" + ACK, Heard((0,), 0, echoed=False, strays=b"\xfe", address=BROADCAST)),
        (lambda _: ACK[:-1] + b"\x0b", Heard((), 1, echoed=False, strays=ACK[:-1] + b"\x0b")),
        (lambda data: data, Heard((), 0, echoed=True, strays=b"")),
        (lambda _: b"", Heard((), 0, echoed=False, strays=b"")),
        (lambda _: Packet(Pid.ACK, b"\x13").to_bytes(), Heard((0x13,), 0, echoed=False, strays=b"", address=BROADCAST)),
    ],
)
def test_what_came_is_sorted(reply: Callable[[bytes], bytes], expected: Heard, tmp_path: Path) -> None:
    assert heard(tmp_path, reply) == expected


def test_a_flood_ends(tmp_path: Path) -> None:
    began = time.monotonic()
    assert len(heard(tmp_path, lambda _: bytes(3000)).strays) >= 3000
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("strays", "codes", "woke", "restarted"),
    [
        ("55", (), True, True),
        ("00F8FCFE55", (0,), True, True),
        ("EF01FFFF00FE55", (), False, True),
        ("EF01FFFF4455", (), False, False),
        ("", (0x21,), False, True),
        ("", (0,), False, False),
        # One that says nothing on power gives itself away by what its supply does.
        ("EF01FFFF00F8FCFE", (), False, True),
        ("00FE", (), False, False),
    ],
)
def test_a_start_is_recognised(strays: str, codes: tuple[int, ...], *, woke: bool, restarted: bool) -> None:
    found = Heard(codes, 0, echoed=False, strays=bytes.fromhex(strays))
    assert (found.woke, found.restarted) == (woke, restarted)
    assert strays not in repr(found) or not strays


@pytest.mark.parametrize(
    ("strays", "codes", "damaged", "damages"),
    [("", (0,), 0, 0), ("", (), 0, 0), ("FE", (0,), 0, 0), ("EF00", (), 0, 1), ("EF01", (), 2, 2), ("", (1,), 0, 1)],
)
def test_what_suffered_on_the_way_is_counted(strays: str, codes: tuple[int, ...], damaged: int, damages: int) -> None:
    assert Heard(codes, damaged, echoed=False, strays=bytes.fromhex(strays)).damages == damages


def test_a_restart_is_counted_once_though_it_is_told_late() -> None:
    rising, awake = bytes.fromhex("00F8FCFE"), b"\x55"
    assert restarts([ACK, ACK[:5] + rising, b"", awake, ACK], talks=True) == 1
    assert restarts([ACK, ACK[:5] + rising + awake, ACK, rising + awake], talks=True) == 2
    assert restarts([rising, rising], talks=False) == 2
    assert restarts([awake, ACK + awake], talks=False) == 0


def test_a_start_is_overheard(r307: Emulator) -> None:
    link = Link(r307.link)
    link.open()
    r307.power_cycle()
    assert overhear(link, 5, monotonic=time.monotonic).woke
    # What came before a question is heard with its answer.
    r307.power_cycle()
    answer = ask(link, GEN_IMG, 5, monotonic=time.monotonic)
    assert answer.codes == (2,)
    assert answer.restarted
    link.close()
