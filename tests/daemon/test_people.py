"""What is asked about fingers and PINs, without a daemon around it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from kiosk.clock import FakeClock
from kiosk.control import protocol
from kiosk.daemon.people import People
from kiosk.daemon.reports import ROWS, RowsParams
from kiosk.models import Member
from kiosk.station import Reader, Vault
from kiosk.store import Store
from kiosk.views import AbsentMember
from tests.support.people import people
from tests.support.station import KEYS

LONG = "\u0001" * 100  # six bytes of JSON each


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store.open(tmp_path / "kiosk.db")
    yield opened
    opened.close()


def asked(store: Store, method: str) -> list[Any]:
    """Every page of a report, each as it would go over the socket."""
    readers = {"main": cast("Reader", SimpleNamespace(status=SimpleNamespace(model="R503")))}
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
