import msgspec
import pytest

from kiosk.models import Consent, Finger, FingerName, FingerState
from kiosk.store import Store, StoreConflict
from tests.support.store import member


@pytest.fixture(autouse=True)
def _known(store: Store) -> None:
    for number in (1, 2):
        store.members.put(member(number))


def finger(number: int, slot: int, *, uid: str = "M00001", station: str = "front") -> Finger:
    consent = Consent(text_version="2026-01", witness="the office", given_us=5)
    return Finger(
        f"F{number}", uid, FingerName.LEFT_THUMB, station, slot, FingerState.PENDING, consent, created_us=number
    )


def enrolled(one: Finger) -> Finger:
    return msgspec.structs.replace(one, state=FingerState.ENROLLED)


def test_a_pending_finger_credits_nobody_until_it_is_confirmed(store: Store) -> None:
    one = finger(1, 7)
    store.fingers.begin(enrolled(one))  # whatever it says of itself
    assert store.fingers.at("front", 7) is None
    assert (store.fingers.pending("front"), store.fingers.count()) == ([one], 0)
    store.fingers.confirm(one.id)
    assert store.fingers.at("front", 7) == enrolled(one)
    assert (store.fingers.pending("front"), store.fingers.count()) == ([], 1)


def test_stations_and_members_are_kept_apart(store: Store) -> None:
    all_of_them = [finger(1, 7), finger(2, 3), finger(3, 7, station="back", uid="M00002")]
    for each in all_of_them:
        store.fingers.begin(each)
    assert store.fingers.of_station("front") == [all_of_them[1], all_of_them[0]]
    assert store.fingers.of_member("M00001") == all_of_them[:2]
    assert store.fingers.pending("back") == all_of_them[2:]
    assert store.fingers.of_station("roof") == []


def test_a_slot_holds_one_finger(store: Store) -> None:
    store.fingers.begin(finger(1, 7))
    with pytest.raises(StoreConflict):
        store.fingers.begin(finger(2, 7))
    with pytest.raises(StoreConflict):
        store.fingers.begin(finger(1, 8))
    store.fingers.forget("F1")
    store.fingers.forget("F1")
    store.fingers.begin(finger(2, 7))
    assert [each.id for each in store.fingers.of_station("front")] == ["F2"]


def test_a_finger_needs_an_owner_and_confirming_needs_a_finger(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.fingers.begin(finger(1, 7, uid="nobody"))
    with pytest.raises(StoreConflict, match="F9"):
        store.fingers.confirm("F9")
