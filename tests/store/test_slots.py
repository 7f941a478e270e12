import pytest

from kiosk.models import Slot, SlotState
from kiosk.store import Store, StoreConflict
from tests.support.store import enrol, finger, member

DIGEST = bytes(range(32))


@pytest.fixture(autouse=True)
def _known(store: Store) -> None:
    store.members.put(member(1))
    for number in (1, 2, 3):
        enrol(store, finger(number))


def writing(slot: int, finger_id: str = "F1", station: str = "front") -> Slot:
    return Slot(station, slot, finger_id, SlotState.WRITING)


def test_a_slot_credits_nobody_until_it_is_held(store: Store) -> None:
    store.slots.reserve(Slot("front", 7, "F1", SlotState.HELD))  # whatever it says of itself
    assert store.slots.of_station("front") == [writing(7)]
    assert store.slots.finger_at("front", 7) is None
    store.slots.hold("front", 7, DIGEST)
    assert store.slots.finger_at("front", 7) == store.fingers.get("F1")
    assert store.slots.finger_at("back", 7) is None
    assert store.slots.finger_at("front", 8) is None


def test_a_held_slot_of_a_pending_finger_credits_nobody(store: Store) -> None:
    store.fingers.begin(finger(4))
    store.slots.reserve(writing(7, "F4"))
    store.slots.hold("front", 7, DIGEST)
    assert store.slots.finger_at("front", 7) is None
    store.fingers.confirm("F4")
    assert store.slots.finger_at("front", 7) == store.fingers.get("F4")


def test_a_slot_holds_one_finger_and_a_finger_has_one_slot_at_a_station(store: Store) -> None:
    store.slots.reserve(writing(7))
    for other in (writing(7, "F2"), writing(8), writing(7)):
        with pytest.raises(StoreConflict):
            store.slots.reserve(other)
    store.slots.reserve(writing(7, station="back"))
    store.slots.reserve(writing(3, "F2"))
    assert store.slots.of_finger("F1") == [writing(7, station="back"), writing(7)]
    assert store.slots.of_station("front") == [writing(3, "F2"), writing(7)]
    store.slots.free("front", 7)
    store.slots.free("front", 7)
    store.slots.reserve(writing(8))
    assert store.slots.of_station("roof") == []


def test_a_slot_needs_a_finger_and_holding_needs_a_slot(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.slots.reserve(writing(7, "F9"))
    with pytest.raises(StoreConflict, match='slot 7 of station "front"'):
        store.slots.hold("front", 7, DIGEST)


def test_a_slot_is_found_by_its_content_once_it_is_held(store: Store) -> None:
    store.slots.reserve(writing(7))
    assert store.slots.with_digest(DIGEST) is None
    store.slots.hold("front", 7, DIGEST)
    assert store.slots.with_digest(DIGEST) == "F1"
    assert store.slots.of_station("front") == [Slot("front", 7, "F1", SlotState.HELD, DIGEST)]
    with pytest.raises(StoreConflict):
        store.slots.hold("front", 7, DIGEST[:31])


def test_a_hit_is_looked_up_by_index_alone(store: Store) -> None:
    from kiosk.store.slots import _FINGER_AT  # noqa: PLC0415  what is to be explained

    steps = [row[3] for row in store._database.rows("EXPLAIN QUERY PLAN " + _FINGER_AT, ("front", 7))]
    assert len(steps) == 2
    assert all(step.startswith("SEARCH") and "PRIMARY KEY" in step for step in steps), steps
