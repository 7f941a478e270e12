"""Who gets a slot when there are more fingers than slots."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from kiosk.attendance import Phase
from kiosk.models import Consent, Finger, FingerName, FingerState
from kiosk.station.plan import LONG_AGO, WEEK_US, Outlook, Plan, expected, plan
from kiosk.store import LastPunch


def test_everybody_fits() -> None:
    assert plan(["a", "b", "c"], {"b"}, {"a", "b", "c"}, 3) == Plan(("a", "c"), ())


def test_the_least_expected_makes_room_and_no_more_than_needed() -> None:
    assert plan(["new", "b", "c", "d"], {"b", "c", "d"}, {"new", "b", "c", "d"}, 3) == Plan(("new",), ("d",))


def test_what_has_no_copy_stays_whatever_is_wanted() -> None:
    assert plan(["a", "b", "old"], {"old"}, {"a", "b"}, 2) == Plan(("a",), ())


def test_who_left_makes_room_first() -> None:
    assert plan(["a"], {"gone"}, {"a", "gone"}, 1) == Plan(("a",), ("gone",))


NOW = 100 * WEEK_US


def enrolled(*ids: str, at: int = 0) -> list[Finger]:
    """Fingers named after their member's letter: `a2` is the second one of A."""
    consent = Consent("1", "the head teacher", at)
    names = list(FingerName)
    return [Finger(each, each[0], names[int(each[1:])], FingerState.ENROLLED, consent, at) for each in ids]


def order(
    fingers: Sequence[Finger],
    held: str = "",
    *,
    weeks: Mapping[str, int] | None = None,
    on: Mapping[str, Phase] | None = None,
    unset: bool = False,
) -> str:
    """Who is expected in which order; `weeks` maps a finger, the latest to punch first, to how long ago that was."""
    last = {each[0]: LastPunch(each, NOW - ago * WEEK_US) for each, ago in (weeks or {}).items()}
    return " ".join(expected(fingers, set(held.split()), Outlook(None if unset else NOW, on or {}, last)))


def test_the_recent_come_first_and_of_these_who_has_a_slot_already() -> None:
    fingers = enrolled("n1", "t1", "y1", "l1")
    assert order(fingers, "y1 l1", weeks={"t1": 0, "y1": 0}) == "y1 t1 l1 n1"


def test_who_has_not_come_for_weeks_gives_way_to_who_came_this_week() -> None:
    fingers = enrolled("a1", "b1", "c1", "d1")
    assert order(fingers, "a1 b1", weeks={"c1": 0, "b1": 1, "a1": 2, "d1": 60}) == "c1 b1 a1 d1"
    assert order(fingers, "d1", weeks={"a1": LONG_AGO, "d1": 60}) == "d1 a1 b1 c1", "long ago is long ago"


def test_who_was_enrolled_this_week_is_expected_as_if_they_had_punched() -> None:
    fingers = [*enrolled("a1", "b1"), *enrolled("n1", at=NOW - 1)]
    assert order(fingers, "n1 b1", weeks={"a1": 0, "b1": 0}) == "b1 n1 a1"


def test_who_is_on_shift_comes_before_whoever_punched_lately_and_who_comes_before_who_is_there() -> None:
    fingers = enrolled("a1", "b1", "c1", "d1", "e1")
    on = {"c": Phase.ON, "d": Phase.ON, "e": Phase.COMING}
    assert order(fingers, "a1 c1", weeks={"a1": 0, "d1": 0}, on=on) == "e1 d1 c1 a1 b1"


def test_everybody_has_one_finger_before_anybody_has_two() -> None:
    fingers = enrolled("a1", "a2", "a3", "b1", "b2", "c1", "c2")
    assert order(fingers, weeks={"a2": 0, "b1": 0}) == "a2 b1 c1 a1 a3 b2 c2"
    assert order(fingers, weeks={"a2": 0}, on={"a": Phase.COMING}) == "a2 b1 c1 a1 a3 b2 c2"


def test_the_one_finger_is_the_last_used_or_has_a_slot_or_is_the_first() -> None:
    fingers = enrolled("a1", "a2", "a3")
    assert order(fingers).startswith("a1")
    assert order(fingers, "a2").startswith("a2")
    assert order(fingers, "a2", weeks={"a3": 0}).startswith("a3")
    assert order(fingers, weeks={"a7": 0}).startswith("a1"), "forgotten meanwhile"


def test_nobody_makes_room_by_a_clock_that_nobody_has_set() -> None:
    fingers = enrolled("a1", "a2", "b1", "c1")
    assert order(fingers, "a2 c1 a1", weeks={"b1": 0, "c1": 9}, unset=True).split()[:3] == ["c1", "a1", "a2"]


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
