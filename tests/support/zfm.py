"""What the driver says to an emulated EF01 module, and modules that answer otherwise than theirs would."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from drivers.emulation.device import Answer
from drivers.emulation.flash import Flash
from drivers.emulation.host import Emulator
from drivers.zfm import builds
from drivers.zfm.codec import Decoder, Packet, Pid
from drivers.zfm.commands import BAD_TEMPLATE, LOAD_CHAR, UP_CHAR
from drivers.zfm.emulator import ZfmDevice
from tests.support.scanners import heard_by


def device_of(emulator: Emulator) -> ZfmDevice:
    assert isinstance(emulator.device, ZfmDevice)
    return emulator.device


def flash_of(emulator: Emulator) -> Flash:
    return device_of(emulator)._flash


def commands_heard(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Packet]:
    """Every packet that the emulated module hears from now on."""
    return heard_by(emulator, monkeypatch, Decoder())


def codes(heard: list[Packet]) -> list[int]:
    """The instruction codes among packets, in order."""
    return [packet.payload[0] for packet in heard if packet.pid is Pid.COMMAND]


def answering(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, code: int, *acks: bytes, times: int | None = None
) -> None:
    """Let the module answer command `code` with these ack payloads (none: silence), the first `times` times if given."""
    device = device_of(emulator)
    execute = device._execute
    left = [times]

    def otherwise(asked: int, fields: bytes) -> Iterator[Answer]:
        if asked != code or left[0] == 0:
            yield from execute(asked, fields)
            return
        left[0] = None if left[0] is None else left[0] - 1
        for ack in acks:
            yield Answer(Packet(Pid.ACK, ack).to_bytes())

    monkeypatch.setattr(device, "_execute", otherwise)


def batch(model: str, template_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let emulators of `model` that are started from now on be of a batch with such templates."""
    build = getattr(builds, model.upper())
    monkeypatch.setattr(builds, model.upper(), dataclasses.replace(build, template_size=template_size))


def worn(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, slot: int) -> None:
    """Let whatever lies in `slot`, now or later, be unreadable; a search goes on finding it."""
    device = device_of(emulator)
    execute = device._execute

    def otherwise(asked: int, fields: bytes) -> Iterator[Answer]:
        if asked == LOAD_CHAR.code and int.from_bytes(fields[1:3]) == slot:
            yield Answer(Packet(Pid.ACK, bytes((BAD_TEMPLATE,))).to_bytes())
        else:
            yield from execute(asked, fields)

    monkeypatch.setattr(device, "_execute", otherwise)


def guarded(emulator: Emulator, password: int) -> None:
    """Give the module a password of its own, in force at once."""
    flash_of(emulator).registers.password = password
    emulator.power_cycle()


def restarting_before(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, code: int, *, skip: int = 0) -> None:
    """Let the module lose its power for a moment right before it hears command `code`, once, after `skip` of them."""
    device = device_of(emulator)
    execute = device._execute
    left = [skip]

    def otherwise(asked: int, fields: bytes) -> Iterator[Answer]:
        if asked == code:
            left[0] -= 1
            if left[0] == -1:
                device._firmware.reset()
        yield from execute(asked, fields)

    monkeypatch.setattr(device, "_execute", otherwise)


def quiet_about(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, slot: int) -> None:
    """Let the module fall silent whenever the template of `slot` is to come out of it."""
    loaded = [-1]

    def about_it(asked: int, fields: bytes) -> bool:
        if asked == LOAD_CHAR.code:
            loaded[0] = int.from_bytes(fields[1:3])
        return asked == UP_CHAR.code and loaded[0] == slot

    silent_when(emulator, monkeypatch, about_it)


def silent_when(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, asked_for: Callable[[int, bytes], bool]) -> None:
    """Let the module neither do nor answer a command for whose code and fields `asked_for` is true."""
    device = device_of(emulator)
    execute = device._execute

    def otherwise(asked: int, fields: bytes) -> Iterator[Answer]:
        if not asked_for(asked, fields):
            yield from execute(asked, fields)

    monkeypatch.setattr(device, "_execute", otherwise)
