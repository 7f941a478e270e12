"""What is asked about fingers and PINs, without a daemon around it."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from drivers import Template
from kiosk.clock import FakeClock
from kiosk.control import protocol
from kiosk.daemon.people import People
from kiosk.daemon.reports import ROWS, RowsParams
from kiosk.models import Member
from kiosk.station import Reader, Vault
from kiosk.store import Store
from kiosk.views import AbsentMember, ScannerHealth, StationStatus
from tests.support.people import people
from tests.support.station import KEYS

READY = StationStatus("main", ScannerHealth.READY, model="R503")
LONG = "\u0001" * 100  # six bytes of JSON each


def asked(store: Store, method: str, status: StationStatus = READY) -> list[Any]:
    """Every page of a report, each as it would go over the socket."""
    readers = {"main": cast("Reader", SimpleNamespace(status=status))}
    report = People(store, FakeClock(), readers, Vault(store, KEYS)).methods()[method]
    found: list[Any] = []
    while page := cast("list[Any]", report.handle(msgspec.convert({"start": len(found)}, RowsParams))):
        assert len(protocol.answer(1, page)) <= protocol.MAX_LINE
        found += page
    return found


def test_a_report_is_never_cut(store: Store) -> None:
    count = 2 * ROWS + 3
    with store.atomic():
        for member, finger in people(count):
            store.members.put(Member(uid=member.uid, name=LONG))
            store.fingers.begin(finger)
            store.fingers.confirm(finger.id)
            store.pins.put(member.uid, "no hash", 0)
    absent = asked(store, "absent")
    assert len(absent) == len({each.uid for each in absent}) == count
    assert isinstance(absent[0], AbsentMember)
    assert len(asked(store, "pins")) == count
    assert asked(store, "weak_fingers") == []


@pytest.mark.parametrize(
    ("model", "size", "knows"), [("R307", 768, 3), ("R307", None, 3), ("R307", 512, 0), ("R503", 768, 0)]
)
def test_F050_who_has_to_come_by_depends_on_the_size_of_the_scanners_templates(
    store: Store, model: str, size: int | None, knows: int
) -> None:
    vault = Vault(store, KEYS)
    with store.atomic():
        for member, finger in people(3):
            store.members.put(member)
            store.fingers.begin(finger)
            store.fingers.confirm(finger.id)
            vault.keep(finger, Template("R307", bytes(768)))
    status = msgspec.structs.replace(READY, model=model, template_size=size)
    assert len(asked(store, "absent", status)) == 3 - knows


@pytest.mark.parametrize("health", [health for health in ScannerHealth if health is not ScannerHealth.READY])
def test_F050_nothing_is_told_of_a_scanner_that_is_not_ready(store: Store, health: ScannerHealth) -> None:
    with store.atomic():
        for member, finger in people(1):
            store.members.put(member)
            store.fingers.begin(finger)
            store.fingers.confirm(finger.id)
    assert len(asked(store, "absent")) == 1
    assert asked(store, "absent", msgspec.structs.replace(READY, health=health)) == []
