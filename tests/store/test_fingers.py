from itertools import pairwise

import msgspec
import pytest

from kiosk.models import Consent, FingerName, FingerState, SealedTemplate, Slot, SlotState
from kiosk.store import Store, StoreConflict
from tests.support.store import enrol, finger, member

THUMB = FingerName.LEFT_THUMB


@pytest.fixture(autouse=True)
def _known(store: Store) -> None:
    for number in (1, 2):
        store.members.put(member(number))


def test_a_finger_counts_only_once_it_is_confirmed(store: Store) -> None:
    one = finger(1)
    store.fingers.begin(msgspec.structs.replace(one, state=FingerState.ENROLLED))  # whatever it says of itself
    assert (store.fingers.all(FingerState.PENDING), store.fingers.all(), store.fingers.count()) == ([one], [], 0)
    store.fingers.confirm(one.id)
    enrolled = msgspec.structs.replace(one, state=FingerState.ENROLLED)
    assert (store.fingers.all(FingerState.PENDING), store.fingers.all(), store.fingers.count()) == ([], [enrolled], 1)
    assert store.fingers.get(one.id) == store.fingers.named("M00001", one.name) == enrolled


def test_a_revision_differs_from_the_one_before_whenever_somebody_was_enrolled_or_forgotten(store: Store) -> None:
    seen = [store.fingers.revision()]
    enrol(store, finger(1))
    seen.append(store.fingers.revision())
    store.fingers.renew_consent("F1", Consent("2026-01", "the office", 6))
    seen.append(store.fingers.revision())
    store.fingers.begin(finger(2))
    assert store.fingers.revision() == seen[-1], "it does not count yet"
    store.fingers.forget("F1")
    seen.append(store.fingers.revision())
    assert all(old != new for old, new in pairwise(seen))


def test_members_and_names_are_kept_apart(store: Store) -> None:
    first, second, other = finger(1), finger(2), finger(3, "M00002", finger(1).name)
    for each in (second, other, first):
        store.fingers.begin(each)
    assert store.fingers.of_member("M00001") == [first, second]
    assert store.fingers.named("M00002", first.name) == other
    assert store.fingers.named("M00002", second.name) is None
    assert store.fingers.of_member("nobody") == []
    assert store.fingers.get("nobody's") is None


def test_a_member_has_one_finger_of_a_name_enrolled_or_half_enrolled(store: Store) -> None:
    store.fingers.begin(finger(1, name=THUMB))
    with pytest.raises(StoreConflict, match="left-thumb was left half done") as caught:
        store.fingers.begin(finger(2, name=THUMB))
    assert caught.value.cure
    store.fingers.confirm("F1")
    with pytest.raises(StoreConflict, match="left-thumb is enrolled already") as caught:
        store.fingers.begin(finger(2, name=THUMB))
    assert caught.value.cure
    with pytest.raises(StoreConflict, match="UNIQUE"):
        store.fingers.begin(finger(1, "M00002"))  # the id
    store.fingers.forget("F1")
    store.fingers.begin(finger(2, name=THUMB))
    assert [each.id for each in store.fingers.of_member("M00001")] == ["F2"]


def test_a_finger_needs_an_owner_and_confirming_needs_a_finger(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.fingers.begin(finger(1, uid="nobody"))
    with pytest.raises(StoreConflict, match="F9"):
        store.fingers.confirm("F9")


def test_forgetting_takes_slots_and_templates_along_and_nobody_elses(store: Store) -> None:
    for number, uid in ((1, "M00001"), (2, "M00002")):
        one = enrol(store, finger(number, uid), number)
        store.slots.reserve(Slot("back", number, one.id, SlotState.WRITING))
        for model in ("R307", "GT521"):
            store.templates.put(SealedTemplate(one.id, model, 4, bytes(32), "k", b"seal"))
    store.fingers.forget("F1")
    store.fingers.forget("F1")
    assert store.fingers.get("F1") is None
    assert (store.slots.of_finger("F1"), store.templates.of_finger("F1")) == ([], [])
    assert (len(store.slots.of_finger("F2")), len(store.templates.of_finger("F2"))) == (2, 2)
