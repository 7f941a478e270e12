"""Who gets a slot when there are more fingers than slots."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.station.plan import Plan, expected, plan


def test_everybody_fits() -> None:
    assert plan(["a", "b", "c"], {"b"}, {"a", "b", "c"}, 3) == Plan(("a", "c"), ())


def test_the_least_expected_makes_room_and_no_more_than_needed() -> None:
    assert plan(["new", "b", "c", "d"], {"b", "c", "d"}, {"new", "b", "c", "d"}, 3) == Plan(("new",), ("d",))


def test_what_has_no_copy_stays_whatever_is_wanted() -> None:
    assert plan(["a", "b", "old"], {"old"}, {"a", "b"}, 2) == Plan(("a",), ())


def test_who_left_makes_room_first() -> None:
    assert plan(["a"], {"gone"}, {"a", "gone"}, 1) == Plan(("a",), ("gone",))


def test_the_recent_come_first_and_of_these_who_has_a_slot_already() -> None:
    fingers = {"f1": "never", "f2": "today", "f3": "yesterday", "f4": "long ago"}
    assert expected(fingers, {"today": "f2", "yesterday": "f3"}, {"f3", "f4"}) == ["f3", "f2", "f4", "f1"]


def test_who_is_on_shift_comes_before_whoever_punched_lately() -> None:
    fingers = {"f1": "on shift", "f2": "today", "f3": "on shift, today", "f4": "never", "f5": "on shift, today too"}
    recent = dict.fromkeys(("today", "on shift, today", "on shift, today too"))
    assert expected(fingers, recent, {"f2", "f5"}, {"on shift", "on shift, today", "on shift, today too"}) == [
        "f5",
        "f3",
        "f1",
        "f2",
        "f4",
    ]


def test_everybody_has_one_finger_before_anybody_has_two() -> None:
    fingers = {"a1": "A", "a2": "A", "a3": "A", "b1": "B", "b2": "B", "c1": "C", "c2": "C"}
    recent = {"A": "a2", "B": None, "gone": "g1"}
    assert expected(fingers, recent, {"a1", "c2"}) == ["a2", "b1", "a1", "a3", "b2", "c1", "c2"]
    assert expected(fingers, {"A": "forgotten"}, set())[0] == "a1"
    assert expected(fingers, {"A": "b1"}, set())[0] == "a1", "a finger that is another's by now"


@given(
    st.lists(st.integers(0, 40), unique=True),
    st.sets(st.integers(0, 40)),
    st.sets(st.integers(0, 40)),
    st.integers(1, 20),
)
def test_a_plan_never_overfills_nor_loses_what_cannot_come_back(
    wanted: list[int], held: set[int], movable: set[int], capacity: int
) -> None:
    present = sorted(held)[:capacity]
    names = [str(each) for each in wanted]
    now, can = {str(each) for each in present}, {str(each) for each in movable}
    planned = plan(names, now, can, capacity)
    assert set(planned.evict) <= now & can
    assert set(planned.write) <= can - now
    after = (now - set(planned.evict)) | set(planned.write)
    assert len(after) <= capacity
    assert now - can <= after
    left_out = [name for name in names if name in can and name not in after]
    assert not left_out or len(after) == capacity, "a slot stays empty while somebody waits for it"
