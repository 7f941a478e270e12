import sqlite3
from pathlib import Path

import pytest

from kiosk.store import Pin, Store, StoreConflict, StoreError
from tests.support.store import member


@pytest.fixture(autouse=True)
def _known(store: Store) -> None:
    for number in (1, 2):
        store.members.put(member(number))


def test_a_pin_is_kept_replaced_and_taken_away(store: Store) -> None:
    assert store.pins.get("M00001") is None
    store.pins.put("M00002", "two", 1)
    store.pins.put("M00001", "one", 1)
    assert store.pins.uids() == ["M00001", "M00002"]
    assert store.pins.count_failure("M00001") == 1
    store.pins.put("M00001", "new", 2)
    assert store.pins.get("M00001") == Pin("new", 0)
    store.pins.remove("M00001")
    store.pins.remove("M00001")
    assert (store.pins.get("M00001"), store.pins.uids()) == (None, ["M00002"])
    assert "two" not in repr(store.pins.get("M00002"))


def test_a_pin_needs_a_member(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.pins.put("nobody", "hash", 1)
    assert store.pins.count_failure("nobody") == 0


def test_T017_a_failure_is_on_disk_when_it_is_counted(store: Store, path: Path) -> None:
    store.pins.put("M00001", "one", 1)
    assert [store.pins.count_failure("M00001") for _ in range(3)] == [1, 2, 3]
    other = sqlite3.connect(path)
    assert other.execute("SELECT failures FROM pins").fetchall() == [(3,)]
    other.close()
    store.pins.clear_failures("M00001")
    assert store.pins.get("M00001") == Pin("one", 0)


def test_T017_a_failure_is_not_counted_where_it_could_be_taken_back(store: Store) -> None:
    store.pins.put("M00001", "one", 1)
    with pytest.raises(StoreError, match="inside a transaction"), store.atomic():
        store.pins.count_failure("M00001")
    assert store.pins.get("M00001") == Pin("one", 0)
