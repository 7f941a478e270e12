"""Random and damaged bytes, through every decoder and through whole drivers: no uncaught error, no hang, no match, no growing memory."""

import os
import random
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from drivers import Hit, NoFinger, NoMatch, Retry, Scanner, ScannerError, create_scanner
from drivers.emulation.device import Device
from drivers.emulation.host import Emulator
from tests.support.contract import SLACK, family_of
from tests.support.fuzzing import FAMILIES, Spoilt, damaged, resident_kib, visibly_damaged

FRAMES, FRAMES_SLOW = 20_000, 1_000_000
# The family that most scanners belong to gets the full measure even when it has to be quick.
ANSWERS = {"r307": 500, "gt511c3": 200, "waveshare": 200}
ANSWERS_SLOW = 20_000
# One hundredth of every time-out: most answers are waited for in vain.
SCALE = 0.01
# Of the stream that is kept to look up whether a frame really was in it.
WINDOW = 1 << 15
# What Python's allocator may keep for itself, in KiB.
GROWTH = 4096


@pytest.fixture
def noise() -> random.Random:
    seed = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"FUZZ_SEED={seed}")
    return random.Random(seed)


def fuzz_decoder(name: str, noise: random.Random, count: int) -> None:
    family = FAMILIES[name]
    decoder, stream, found = family.decoder(), b"", 0
    before = 0
    for number in range(count):
        kind = noise.random()
        piece = noise.randbytes(noise.randint(1, 64)) if kind < 0.2 else family.frame(noise)
        piece = damaged(piece, noise) if kind < 0.7 else piece
        stream = (stream + piece)[-WINDOW:]
        split = noise.randint(0, len(piece))
        frames = decoder.feed(piece[:split]) + decoder.feed(piece[split:])
        if noise.random() < 0.1:
            frames += decoder.give_up()
        elif noise.random() < 0.01:
            decoder.clear()
        for frame in frames:
            assert frame.to_bytes() in stream
        found += len(frames)
        assert decoder.pending <= family.keeps
        if number == count // 4:
            before = resident_kib()
    # Frames were found between the rubbish, or nothing was tested.
    assert found > count // 10 if name != "waveshare" else found
    assert resident_kib() - before < GROWTH


@pytest.mark.parametrize("family", FAMILIES)
def test_F043_decoders_survive_anything(family: str, noise: random.Random) -> None:
    fuzz_decoder(family, noise, FRAMES)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_F043_decoders_survive_a_million_of_anything(family: str, noise: random.Random) -> None:
    fuzz_decoder(family, noise, FRAMES_SLOW)


def spoilt_device(model: str, noise: random.Random, welcome: list[bytes]) -> Spoilt:
    """A device whose spoilt answers are rubbish, or damaged answers: its own, or some of those that `welcome` somebody."""
    [entry] = entry_points(group="kiosk.emulators", name=model)
    device: Device = entry.load()(seed=1, state=None)
    family = FAMILIES[family_of(model)]

    def spoil(data: bytes) -> bytes:
        if noise.random() < 0.1:
            return noise.randbytes(noise.randint(1, 64))
        return visibly_damaged(noise.choice([data, *welcome]), family, noise)

    return Spoilt(device, spoil)


def reopened(scanner: Scanner) -> bool:
    """Open on a sound line, in spite of time-outs that a busy machine may miss."""
    for _ in range(50):
        try:
            scanner.open()
        except ScannerError:
            continue
        return True
    raise AssertionError("the scanner cannot be opened on a sound line")


def welcomed(scanner: Scanner, emulator: Emulator, device: Spoilt) -> list[bytes]:
    """What the sensor says to a finger that it knows."""
    emulator.place("amina")
    device.said.clear()
    assert isinstance(scanner.identify(), Hit)
    return list(device.said)


def fuzz_driver(model: str, folder: Path, noise: random.Random, count: int) -> None:
    welcome: list[bytes] = []
    device = spoilt_device(model, noise, welcome)
    with Emulator(device, folder / "scanner", instant=True).start() as emulator:
        for number, finger in enumerate(("amina", "juma", "halima")):
            emulator.plant(number + 1, finger)
        scanner = create_scanner(family_of(model), emulator.link, deadline_scale=SCALE)
        opened = reopened(scanner)
        welcome += welcomed(scanner, emulator, device)
        errors, before = 0, 0
        for number in range(count):
            if number == count // 4:
                before = resident_kib()
            if not opened:
                opened = reopened(scanner)
            # A stranger, or nobody: whatever comes back, it is no match.
            if number % 4:
                emulator.place("stranger")
            else:
                emulator.lift()
            device.skip = noise.randrange(4)
            began = time.monotonic()
            try:
                outcome: object = scanner.identify()
            except ScannerError as failure:
                outcome, opened = failure, False
                errors += 1
            assert time.monotonic() - began < 2.0 * SCALE + SLACK
            assert not isinstance(outcome, Hit), outcome
            assert isinstance(outcome, NoMatch | NoFinger | Retry | ScannerError)
            device.skip = None
        scanner.close()
    assert errors > count // 20
    assert resident_kib() - before < GROWTH


@pytest.mark.parametrize("each", ANSWERS)
def test_F045_drivers_take_no_match_from_a_damaged_packet(each: str, tmp_path: Path, noise: random.Random) -> None:
    fuzz_driver(each, tmp_path, noise, ANSWERS[each])


@pytest.mark.slow
@pytest.mark.parametrize("each", ["r307", "r503", "zw101", "gt511c3", "waveshare"])
def test_F045_drivers_take_no_match_from_any_of_20000(each: str, tmp_path: Path, noise: random.Random) -> None:
    fuzz_driver(each, tmp_path, noise, ANSWERS_SLOW)
