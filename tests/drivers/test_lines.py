"""One fault at every byte that a scanner says, for one model of each family: no wrong hit, no long wait, and what happened is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import EnrolState, LinkLost, LinkTimeout, ProtocolError
from drivers.waveshare import enrolment
from tests.support.contract import bytes_said
from tests.support.lines import Line, is_hit, line_to

# Noise that a driver skips without waiting (what a power-on brings, and beginnings of each family's packets), and where answers begin.
JUNK = {
    "r307": (("55", "00F8FCFE55", "EF0155"), (0, 12, 24)),
    "gt511c3": (("55", "00F8FCFE55", "5AA5", "AA55"), (0, 12, 24, 36, 48)),
    "waveshare": (("55", "00F8FCFE", "F5", "F50C00", "F509000700000EF5"), (0,)),
}
# Bytes tried of an export.
PLACES = 25


@pytest.fixture(params=JUNK)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def line(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    # An emulated finger is lifted at once.
    monkeypatch.setattr(enrolment, "LIFT", 0.0)
    with line_to(model, tmp_path) as line:
        yield line


def every_byte(line: Line) -> range:
    """Every byte of the answers behind an `identify`."""
    said = bytes_said(line.emulator, line.scanner.identify)
    assert said >= 16
    return range(said)


def test_F042_silent_scanner_at_every_byte(line: Line) -> None:
    for at in every_byte(line):
        outcome = line.attempt("silent", at)
        assert isinstance(outcome, LinkTimeout), f"silent from byte {at}: {outcome!r}"
        line.mend()
    assert is_hit(line.scanner.identify())


def test_F043_garbage_instead_of_an_answer(line: Line) -> None:
    outcome = line.attempt("insert", 0, data=bytes(range(256)) * 200)
    assert is_hit(outcome) or isinstance(outcome, (LinkTimeout, ProtocolError))
    line.mend()
    assert is_hit(line.scanner.identify())


def test_F043_junk_before_an_answer_is_skipped(line: Line, model: str) -> None:
    kinds, answers = JUNK[model]
    for junk in kinds:
        for at in answers:
            line.emulator.fault("insert", at=at, data=bytes.fromhex(junk))
        assert is_hit(line.scanner.identify()), junk
        line.mend()


def test_F044_pause_before_every_byte_is_reassembled(line: Line) -> None:
    for at in every_byte(line):
        line.emulator.fault("pause", at=at, delay_s=0.002)
        assert is_hit(line.scanner.identify())
        line.emulator.clear_faults()


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_F045_no_hit_from_a_damaged_packet(line: Line, mask: int) -> None:
    for at in every_byte(line):
        outcome = line.attempt("garble", at, mask=mask)
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        line.mend()
    assert line.scanner.glitches > 0


def test_F045_no_hit_with_a_byte_missing(line: Line) -> None:
    for at in every_byte(line):
        outcome = line.attempt("drop", at)
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        line.mend()


@pytest.mark.parametrize("kind", ["garble", "drop", "silent"])
def test_F045_a_damaged_template_is_never_exported(line: Line, kind: str) -> None:
    good = line.scanner.export_template(7)
    said = bytes_said(line.emulator, lambda: line.scanner.export_template(7))
    assert said > len(good.data)
    for at in range(0, said, said // PLACES):
        outcome = line.attempt(kind, at, lambda: line.scanner.export_template(7))
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        assert good.data[10:20].hex() not in repr(outcome) + repr(vars(outcome))
        line.mend()
    assert line.scanner.export_template(7) == good


@pytest.mark.parametrize("done", range(1, 3))
def test_F048_unplugged_during_an_enrolment_stores_nothing(line: Line, done: int) -> None:
    line.emulator.place("juma")
    steps = line.scanner.enrol(8)
    first, *_ = [next(steps).state for _ in range(done)]
    assert first is EnrolState.CAPTURED
    line.emulator.unplug()
    with pytest.raises(LinkLost):
        list(steps)
    line.emulator.replug()
    line.mend()
    assert line.scanner.used() == {7}
