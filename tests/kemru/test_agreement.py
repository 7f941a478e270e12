import pytest

from kiosk.kemru import AttendanceRecord, Rejected
from kiosk.kemru.agreement import is_held
from tests.support.platform import scan

SCAN = scan("r1")


def record(**changes: str | None) -> AttendanceRecord:
    facts: dict[str, str | None] = {"uid": SCAN.uid, "time": SCAN.time, "reference": "r1", "direction": "in"}
    return AttendanceRecord(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"direction": None},
        {"time": "2026-11-23T04:58:10+00:00"},
        {"time": "this morning"},
        {"reference": None},
        {"reference": None, "direction": None},
    ],
    ids=str,
)
def test_it_is_there(changes: dict[str, str | None]) -> None:
    records = [record(reference="other", uid="20171"), record(**changes)]
    assert is_held(SCAN, records, by_time=True)
    assert is_held(SCAN, records) is ("reference" not in changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "r2"},
        {"reference": None, "time": "2026-11-23T07:58:12+03:00"},
        {"reference": None, "time": "this morning"},
        {"reference": None, "direction": "out"},
        {"reference": None, "uid": "20171"},
    ],
    ids=str,
)
def test_it_is_not_there(changes: dict[str, str | None]) -> None:
    assert not is_held(SCAN, [record(**changes)], by_time=True)
    assert not is_held(SCAN, [], by_time=True)


@pytest.mark.parametrize(
    "changes", [{"direction": "out"}, {"time": "2026-11-23T07:58:12+03:00"}, {"uid": "20171"}], ids=str
)
def test_F063_another_scan_has_its_reference(changes: dict[str, str | None]) -> None:
    with pytest.raises(Rejected):
        is_held(SCAN, [record(**changes)])
