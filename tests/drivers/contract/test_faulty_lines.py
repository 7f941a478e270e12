"""Lines that lose, change, add, double or keep back bytes, in either direction: a typed error or the right answer, and in time."""

from collections.abc import Callable, Iterator

import pytest

from drivers import Capability, EnrolState, Hit, NoFinger, Retry, ScannerError
from tests.support.contract import Bench, bytes_said

# Kind of fault, and what else it takes; each is tried at several bytes of what the sensor says.
LINES: dict[str, tuple[str, dict[str, object]]] = {
    "lossy": ("drop", {}),
    "garbled": ("garble", {"mask": 0x10}),
    "burst": ("garble", {"count": 7, "mask": 0x5A}),
    "silent": ("silent", {}),
    "junk": ("insert", {"data": bytes.fromhex("55AAF5EF01FFFFFFFF070030")}),
    "doubled": ("twice", {}),
    "brown-out": ("brownout", {}),
}
# What the host says gets lost and damaged as well.
OUTWARD: dict[str, tuple[str, dict[str, object]]] = {
    "lossy outward": ("drop", {}),
    "garbled outward": ("garble", {"mask": 0x04}),
    "silent outward": ("silent", {}),
}
# Bytes tried of a dialogue; and the kinds that a quick suite tries on all but identify.
PLACES = 4
QUICK = ("lossy", "garbled", "doubled", "brown-out")


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "thorough"])
def thorough(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def hasty(stand: Bench) -> Bench:
    stand.hurry()
    return stand


def faults(total: int, *, thorough: bool) -> Iterator[tuple[str, dict[str, object]]]:
    """What is tried on a dialogue of `total` bytes: kind, and the arguments of `Emulator.fault` that go with it."""
    step = max(1, total // (PLACES if thorough else 2))
    for label, (kind, options) in LINES.items():
        if thorough or label in QUICK:
            for at in range(1 if thorough else step // 2, total, step):
                yield kind, {"at": at, "towards": "host", **options}
    for kind, options in OUTWARD.values():
        for at in (0, 5) if thorough else (5,):
            yield kind, {"at": at, "towards": "sensor", **options}


def attempts(stand: Bench, name: str, call: Callable[[], object], *, thorough: bool) -> Iterator[tuple[str, object]]:
    """What the call comes to under each fault; the line is mended after each."""
    total = bytes_said(stand.emulator, call)
    for kind, options in faults(total, thorough=thorough):
        stand.emulator.fault(kind, **options)  # type: ignore[arg-type]
        yield f"{kind} {options}", stand.attempt(name, call)
        stand.mend()


def test_F045_identify_never_names_the_wrong_finger(hasty: Bench) -> None:
    hasty.emulator.place("amina")
    failed = 0
    for where, outcome in attempts(hasty, "identify", hasty.scanner.identify, thorough=True):
        if isinstance(outcome, Hit):
            assert outcome.slot == hasty.amina, where
        else:
            assert isinstance(outcome, ScannerError | Retry), f"{where}: {outcome!r}"
            failed += 1
    # The faults did hit the line.
    assert failed
    hasty.works()


def test_F045_identify_sees_nobody_on_an_empty_glass(hasty: Bench, *, thorough: bool) -> None:
    for where, outcome in attempts(hasty, "identify", hasty.scanner.identify, thorough=thorough):
        assert isinstance(outcome, ScannerError | NoFinger | Retry), f"{where}: {outcome!r}"
    hasty.works()


def test_F045_verify_never_confirms_another_finger(hasty: Bench, *, thorough: bool) -> None:
    if Capability.VERIFY not in hasty.info.capabilities:
        pytest.skip("this model cannot verify")
    hasty.emulator.place("juma")
    for where, outcome in attempts(hasty, "verify", lambda: hasty.scanner.verify(hasty.amina), thorough=thorough):
        assert not isinstance(outcome, Hit), where
    hasty.works()


def test_F044_used_is_right_or_an_error(hasty: Bench, *, thorough: bool) -> None:
    for where, outcome in attempts(hasty, "used", hasty.scanner.used, thorough=thorough):
        assert isinstance(outcome, ScannerError) or outcome == {hasty.amina, hasty.juma}, f"{where}: {outcome!r}"


def test_F044_delete_that_succeeds_did_delete(hasty: Bench, *, thorough: bool) -> None:
    def delete() -> object:
        hasty.scanner.delete(hasty.juma)
        return "deleted"

    for where, outcome in attempts(hasty, "delete", delete, thorough=thorough):
        used = hasty.emulator.state()["used"]
        assert hasty.amina in used  # type: ignore[operator]
        assert isinstance(outcome, ScannerError) or used == [hasty.amina], f"{where}: {outcome!r}"
        hasty.restore()


def test_F044_enrol_stores_the_right_finger_or_says_that_it_did_not(hasty: Bench, *, thorough: bool) -> None:
    def enrol() -> object:
        return hasty.enrol("wanjiku", hasty.free)

    for where, outcome in attempts(hasty, "enrol", enrol, thorough=thorough):
        used = hasty.emulator.state()["used"]
        assert set(used) - {hasty.free} == {hasty.amina, hasty.juma}, where  # type: ignore[call-overload]
        if isinstance(outcome, list) and outcome[-1] is EnrolState.STORED:
            assert hasty.free in used, where  # type: ignore[operator]
        hasty.restore()


def test_F044_export_is_the_template_or_an_error(hasty: Bench, *, thorough: bool) -> None:
    if Capability.TEMPLATES not in hasty.info.capabilities:
        pytest.skip("this model has no templates to give")
    stored = hasty.emulator.device.templates()[hasty.amina]
    for where, outcome in attempts(
        hasty, "export", lambda: hasty.scanner.export_template(hasty.amina).data, thorough=thorough
    ):
        assert isinstance(outcome, ScannerError) or outcome == stored, where


def test_F044_import_that_succeeds_did_import(hasty: Bench, *, thorough: bool) -> None:
    if Capability.TEMPLATES not in hasty.info.capabilities:
        pytest.skip("this model takes no templates")
    template = hasty.scanner.export_template(hasty.amina)

    def import_it() -> object:
        hasty.scanner.import_template(hasty.free, template)
        return "imported"

    for where, outcome in attempts(hasty, "import", import_it, thorough=thorough):
        held = hasty.emulator.device.templates()
        assert isinstance(outcome, ScannerError) or held[hasty.free] == template.data, where
        hasty.restore()


def test_F042_a_silent_or_deaf_scanner_is_given_up_in_time(hasty: Bench) -> None:
    for kind in ("silent", "deaf"):
        hasty.emulator.fault(kind)
        for name, call in (
            ("check", hasty.scanner.check),
            ("identify", hasty.scanner.identify),
            ("open", hasty.scanner.open),
        ):
            assert isinstance(hasty.attempt(name, call), ScannerError), f"{name} on a {kind} line"
        hasty.emulator.power_cycle()
        hasty.mend()
    hasty.works()


def test_a_console_is_no_scanner(hasty: Bench) -> None:
    hasty.scanner.close()
    hasty.emulator.fault("console")
    assert isinstance(hasty.attempt("open", hasty.scanner.open), ScannerError)
    hasty.mend()
    hasty.works()


def test_F043_a_line_that_never_stops_talking_is_given_up_in_time(hasty: Bench) -> None:
    hasty.emulator.fault("insert", data=bytes(range(256)) * 16)
    hasty.emulator.place("amina")
    outcome = hasty.attempt("identify", hasty.scanner.identify)
    assert isinstance(outcome, ScannerError | Retry) or (isinstance(outcome, Hit) and outcome.slot == hasty.amina)
    hasty.mend()
    hasty.works()


def test_answers_for_another_module_are_not_taken(hasty: Bench) -> None:
    try:
        hasty.emulator.fault("foreign")
    except ValueError:
        pytest.skip("this family has no addresses")
    hasty.emulator.place("amina")
    assert isinstance(hasty.attempt("identify", hasty.scanner.identify), ScannerError)
    hasty.mend()
    hasty.works()
