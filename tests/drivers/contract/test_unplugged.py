"""The cable is pulled at every byte: a typed error at once, and afterwards scanner and driver agree on what is stored."""

from collections.abc import Callable, Iterator

import pytest

from drivers import Capability, EnrolState, Hit, LinkLost, ScannerError
from tests.support.contract import Bench, bytes_said


@pytest.fixture
def hasty(stand: Bench) -> Bench:
    stand.hurry()
    return stand


# Bytes tried of a long dialogue in the quick suite; identify is always cut at every one.
FEW = 10


def cuts(stand: Bench, name: str, call: Callable[[], object], step: int) -> Iterator[tuple[int, object]]:
    """What a call comes to, for the cable pulled at every `step`-th byte of its answers; plugged in and opened again after each."""
    total = bytes_said(stand.emulator, call)
    stand.restore()
    for at in range(0, total, step):
        stand.emulator.fault("unplug", at=at)
        outcome = stand.attempt(name, call)
        assert isinstance(outcome, ScannerError), f"unplugged at {at}: {outcome!r}"
        assert stand.emulator.state()["plugged"] is False
        stand.replug()
        yield at, outcome


def quick_step(stand: Bench, call: Callable[[], object]) -> int:
    step = max(1, bytes_said(stand.emulator, call) // FEW)
    stand.restore()
    return step


def test_F048_identify_cut_at_every_byte(stand: Bench) -> None:
    stand.emulator.place("amina")

    def identify() -> object:
        return stand.scanner.identify()

    for at, outcome in cuts(stand, "identify", identify, 1):
        assert isinstance(outcome, LinkLost), f"unplugged at {at}: {outcome!r}"
    stand.works()


def test_F048_the_same_driver_finds_the_scanner_again(stand: Bench) -> None:
    stand.emulator.place("amina")
    for _ in range(2):
        stand.emulator.unplug()
        assert isinstance(stand.attempt("identify", stand.scanner.identify), LinkLost)
        assert isinstance(stand.attempt("open", stand.scanner.open), LinkLost)
        stand.emulator.replug()
        stand.mend()
        stand.works()


def check_enrol(stand: Bench, step: int | None = None) -> None:
    def enrol() -> object:
        return stand.enrol("wanjiku", stand.free)

    for at, _ in cuts(stand, "enrol", enrol, step or quick_step(stand, enrol)):
        used = stand.agree()
        assert used - {stand.free} == {stand.amina, stand.juma}, f"unplugged at {at}"
        if stand.free in used:
            stand.emulator.place("wanjiku")
            hit = stand.scanner.identify()
            assert isinstance(hit, Hit)
            assert hit.slot == stand.free
            stand.emulator.lift()
            stand.scanner.delete(stand.free)
    assert stand.enrol("wanjiku", stand.free)[-1] is EnrolState.STORED
    stand.works()


def check_delete(stand: Bench, step: int | None = None) -> None:
    def delete() -> object:
        return stand.scanner.delete(stand.juma)

    for at, _ in cuts(stand, "delete", delete, step or quick_step(stand, delete)):
        assert stand.agree() - {stand.juma} == {stand.amina}, f"unplugged at {at}"
        stand.restore()
    stand.works()


def check_import(stand: Bench, step: int | None = None) -> None:
    if Capability.TEMPLATES not in stand.info.capabilities:
        pytest.skip("this model takes no templates")
    template = stand.scanner.export_template(stand.amina)

    def import_it() -> object:
        return stand.scanner.import_template(stand.free, template)

    for at, _ in cuts(stand, "import", import_it, step or quick_step(stand, import_it)):
        assert stand.agree() - {stand.free} == {stand.amina, stand.juma}, f"unplugged at {at}"
        # Half a template recognises nobody, or the one whose it is.
        held = stand.emulator.device.templates()
        assert held.get(stand.free, template.data) == template.data
        stand.restore()
    import_it()
    assert stand.emulator.device.templates()[stand.free] == template.data


def test_F048_enrol_cut_here_and_there(hasty: Bench) -> None:
    check_enrol(hasty)


def test_F048_delete_cut_here_and_there(hasty: Bench) -> None:
    check_delete(hasty)


def test_F048_import_cut_here_and_there(hasty: Bench) -> None:
    check_import(hasty)


@pytest.mark.slow
def test_F048_enrol_cut_at_every_byte(hasty: Bench) -> None:
    check_enrol(hasty, 1)


@pytest.mark.slow
def test_F048_delete_cut_at_every_byte(hasty: Bench) -> None:
    check_delete(hasty, 1)


@pytest.mark.slow
def test_F048_import_cut_at_every_byte(hasty: Bench) -> None:
    check_import(hasty, 1)
