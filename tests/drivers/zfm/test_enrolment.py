from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import (
    DeviceError,
    EnrolState,
    EnrolStep,
    Hit,
    LinkLost,
    NoMatch,
    ProtocolError,
    RetryReason,
    Scanner,
)
from drivers.emulation.host import Emulator
from tests.support.scanners import emulated, enrol, opened
from tests.support.zfm import answering, codes, commands_heard, flash_of, guarded, restarting_before

SECRET = 0xC0FFEE


@pytest.fixture
def grow(r503: Emulator) -> Iterator[Scanner]:
    with opened(r503) as scanner:
        yield scanner


def presses(scanner: Scanner, emulator: Emulator, names: list[str], slot: int, samples: int = 2) -> list[EnrolStep]:
    """An enrolment in which press after press is of another finger; ends when they are used up."""
    steps, left = [], list(names)
    for step in scanner.enrol(slot, samples):
        steps.append(step)
        if step.state is EnrolState.PLACE:
            if not left:
                break
            emulator.place(left.pop(0))
        elif step.state is EnrolState.LIFT:
            emulator.lift()
    emulator.lift()
    return steps


def states(steps: list[EnrolStep]) -> list[str]:
    return [f"{step.state} {step.sample}" for step in steps]


def test_enrol_steps_and_proof(r307: Emulator, scanner: Scanner) -> None:
    steps = enrol(scanner, r307, "amina", 999)
    assert states(steps) == ["place 1", "captured 1", "lift 2", "place 2", "captured 2", "stored 2"]
    assert scanner.used() == {999}


def test_an_r503_wants_one_press_more_than_it_merges(
    r503: Emulator, grow: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = commands_heard(r503, monkeypatch)
    steps = enrol(grow, r503, "amina", 199)
    assert [step.state for step in steps] == [
        *("place", "captured", "lift", "place", "captured", "lift", "place", "captured", "stored")
    ]
    assert [step.sample for step in steps] == [1, 1, 2, 2, 2, 3, 3, 3, 3]
    # The reference of one picture, and the merged presses over it.
    assert codes(heard).count(0x05) == codes(heard).count(0x06) == 2
    r503.place("amina")
    assert isinstance(grow.identify(), Hit)


@pytest.mark.parametrize("at", [2, 3, 4])
def test_a_different_finger_on_any_press_is_caught_by_the_host(r503: Emulator, grow: Scanner, at: int) -> None:
    names = ["amina"] * 4
    names[at - 1] = "juma"
    steps = presses(grow, r503, names, 4, samples=3)
    assert (steps[-1].state, steps[-1].sample) == (EnrolState.MISMATCH, at)
    assert grow.used() == frozenset()
    for name in ("amina", "juma"):
        r503.place(name)
        assert grow.identify() == NoMatch()


@pytest.mark.parametrize("at", [1, 2, 3])
def test_somebody_who_is_enrolled_is_caught_on_any_press(r503: Emulator, grow: Scanner, at: int) -> None:
    enrol(grow, r503, "juma", 1)
    names = ["amina"] * 3
    names[at - 1] = "juma"
    steps = presses(grow, r503, names, 4)
    assert (steps[-1].state, steps[-1].sample) == (EnrolState.DUPLICATE, at)
    assert steps[-1].hit is not None
    assert steps[-1].hit.slot == 1
    assert grow.used() == {1}


@pytest.mark.parametrize("at", [1, 2])
def test_somebody_who_is_enrolled_is_caught_by_an_r307_too(r307: Emulator, scanner: Scanner, at: int) -> None:
    enrol(scanner, r307, "juma", 1)
    names = ["amina"] * 2
    names[at - 1] = "juma"
    steps = presses(scanner, r307, names, 4)
    assert (steps[-1].state, steps[-1].sample) == (EnrolState.DUPLICATE, at)
    assert scanner.used() == {1}


def test_an_r307_refuses_two_fingers_by_itself(r307: Emulator, scanner: Scanner) -> None:
    assert presses(scanner, r307, ["amina", "juma"], 4)[-1].state is EnrolState.MISMATCH
    assert scanner.used() == frozenset()


@pytest.mark.parametrize("model", ["r307", "r503", "r308", "zw101"])
def test_a_used_slot_is_refused_before_anybody_presses(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        enrol(scanner, emulator, "amina", 3)
        before = scanner.export_template(3)
        with pytest.raises(DeviceError, match="slot occupied") as refused:
            scanner.enrol(3)
        assert refused.value.code == 0x22
        assert "another slot" in refused.value.cure
        assert scanner.export_template(3) == before


@pytest.mark.parametrize(("model", "most"), [("r307", 2), ("r503", 6), ("zw101", 4)])
def test_numbers_of_samples(model: str, most: int, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        for samples in (0, 1, most + 1):
            with pytest.raises(DeviceError, match=f"merges 2 to {most} presses") as refused:
                scanner.enrol(1, samples)
            assert refused.value.code == 0x25
        assert enrol(scanner, emulator, "amina", 1, samples=most)[-1].state is EnrolState.STORED
        emulator.place("amina")
        assert isinstance(scanner.identify(), Hit)


def test_a_bad_picture_is_asked_for_again(r307: Emulator, scanner: Scanner) -> None:
    r307.place("amina", "smudged")
    steps = scanner.enrol(4)
    step = next(steps)
    assert (step.state, step.sample, step.reason) == (EnrolState.RETRY, 1, RetryReason.SMUDGED)
    r307.place("amina")
    assert next(steps).state is EnrolState.CAPTURED


def test_a_finger_that_cannot_be_imaged_is_not_lifted_yet(r307: Emulator, scanner: Scanner) -> None:
    r307.place("amina")
    steps = scanner.enrol(4)
    assert next(steps).state is EnrolState.CAPTURED
    r307.place("amina", "imaging")
    assert next(steps).state is EnrolState.LIFT


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_given_up_at_any_step_the_slot_is_empty(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        whole = len(enrol(scanner, emulator, "amina", 4))
        scanner.delete(4)
        for stop in range(1, whole):
            steps = scanner.enrol(4)
            for _ in range(stop):
                step = next(steps)
                if step.state is EnrolState.PLACE:
                    emulator.place("amina")
                elif step.state is EnrolState.LIFT:
                    emulator.lift()
            steps.close()  # type: ignore[attr-defined]
            emulator.lift()
            assert scanner.used() == frozenset(), f"given up after {step}"


@pytest.mark.parametrize(("code", "nth"), [(0x01, 9), (0x02, 3), (0x04, 1), (0x05, 1), (0x06, 1)])
def test_a_refusal_in_the_middle_leaves_the_slot_empty(
    r503: Emulator, grow: Scanner, monkeypatch: pytest.MonkeyPatch, code: int, nth: int
) -> None:
    execute = r503.device._execute  # type: ignore[attr-defined]
    seen = []

    def refusing(asked: int, fields: bytes) -> object:
        seen.append(asked)
        if seen.count(code) > nth and asked == code:
            # On its way out, the host may still delete.
            answering(r503, monkeypatch, code, b"\x18", times=1)
            return r503.device._execute(asked, fields)  # type: ignore[attr-defined]
        return execute(asked, fields)

    monkeypatch.setattr(r503.device, "_execute", refusing)
    with pytest.raises(DeviceError, match="refused with 18"):
        enrol(grow, r503, "amina", 4)
    assert 0x06 in seen
    assert grow.used() == frozenset()


def test_a_store_that_lies_is_an_error(r503: Emulator, grow: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flash_of(r503), "write", lambda _slot, _data: None)
    with pytest.raises(ProtocolError, match="index bit is not set"):
        enrol(grow, r503, "amina", 4)


def test_a_slot_that_cannot_be_emptied_is_told_to_who_gives_up(
    r503: Emulator, grow: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    r503.place("amina")
    steps = grow.enrol(4)
    assert next(steps).state is EnrolState.CAPTURED
    assert grow.used() == {4}
    with monkeypatch.context() as patch:
        patch.setattr(flash_of(r503), "erase", lambda _slot: None)
        with pytest.raises(ProtocolError, match="still set"):
            steps.close()  # type: ignore[attr-defined]


def test_F048_unplugged_in_the_middle_the_reference_is_left_for_whoever_opens_again(
    r503: Emulator, grow: Scanner
) -> None:
    r503.place("amina")
    steps = grow.enrol(4)
    assert next(steps).state is EnrolState.CAPTURED
    r503.unplug()
    with pytest.raises(LinkLost):
        next(steps)
    r503.replug()
    grow.open()
    assert grow.used() == {4}
    grow.delete(4)
    assert grow.used() == frozenset()


@pytest.mark.parametrize("model", ["r307", "r503"])
@pytest.mark.parametrize("code", [0x01, 0x04, 0x05, 0x06])
def test_a_restart_in_the_middle_ends_the_enrolment(
    model: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulated(model, tmp_path) as emulator:
        guarded(emulator, SECRET)
        with opened(emulator, password=SECRET) as scanner:
            # Of the pictures, one behind the first press that is to be merged: before that, nothing can be lost.
            later = {"r307": 3, "r503": 6}[model]
            restarting_before(emulator, monkeypatch, code, skip=later if code == 0x01 else 0)
            with pytest.raises(DeviceError, match="restarted") as lost:
                enrol(scanner, emulator, "amina", 4)
            assert lost.value.code == 0x21
            assert scanner.used() == frozenset()
            emulator.lift()
            assert enrol(scanner, emulator, "amina", 4)[-1].state is EnrolState.STORED


def test_a_restart_before_the_first_press_does_no_harm(r307: Emulator) -> None:
    guarded(r307, SECRET)
    with opened(r307, password=SECRET) as scanner:
        steps = scanner.enrol(4)
        r307.power_cycle()
        r307.place("amina")
        assert next(steps).state is EnrolState.CAPTURED
        r307.lift()
        assert next(steps).state is EnrolState.PLACE


def test_the_library_is_searched_before_the_next_picture(
    r503: Emulator, grow: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = commands_heard(r503, monkeypatch)
    enrol(grow, r503, "amina", 4)
    asked = codes(heard)
    for at, code in enumerate(asked):
        if code == 0x04:
            assert asked[at - 1] == 0x02
