from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kiosk.clock import FakeClock
from kiosk.models import Delivery, DeliveryState, Lane
from kiosk.store import LaneCounts, Store, StoreConflict
from kiosk.store.database import PRAGMAS
from kiosk.store.outbox import INTERRUPTED, PER_PUNCH
from tests.support.store import delivery, punch, record

ATTENDANCE, SMS = Lane
FAST = PRAGMAS | {"synchronous": 0}
OPEN = {DeliveryState.PENDING, DeliveryState.IN_FLIGHT, DeliveryState.UNKNOWN}
ENDS = [state for state in DeliveryState if state is not DeliveryState.IN_FLIGHT]
CLOSED = [state for state in ENDS if state not in OPEN]


def claimed(store: Store, lane: Lane = ATTENDANCE) -> Delivery:
    found = store.outbox.claim(lane)
    assert found is not None
    return found


def test_a_claim_says_what_the_row_was_and_marks_what_it_is(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["A"])
    first = claimed(store)
    assert (first.state, first.attempts) == (DeliveryState.PENDING, 1)
    assert store.outbox.all()[0].state is DeliveryState.IN_FLIGHT
    assert store.outbox.claim(ATTENDANCE) is None
    store.outbox.settle(first.seq, DeliveryState.UNKNOWN, "no answer", 1)
    second = claimed(store)
    assert (second.seq, second.state, second.attempts, second.note) == (
        first.seq,
        DeliveryState.UNKNOWN,
        2,
        "no answer",
    )


def test_the_oldest_goes_first_and_each_member_in_order(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["A", "A", "B", "A", "C"])
    order = []
    while (found := store.outbox.claim(ATTENDANCE)) is not None:
        order.append(found.seq)
        store.outbox.settle(found.seq, DeliveryState.CONFIRMED, "", 1)
    assert order == [seq * PER_PUNCH for seq in (1, 2, 3, 4, 5)]


def test_while_one_of_a_member_is_open_the_next_waits(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["A", "A", "B"])
    assert [claimed(store).member_uid, claimed(store).member_uid] == ["A", "B"]
    assert store.outbox.claim(ATTENDANCE) is None


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.UNKNOWN])
def test_a_poisoned_head_does_not_stop_the_others(store: Store, clock: FakeClock, state: DeliveryState) -> None:
    record(store, clock, ["poison", "poison", "B", "B", "C"])
    delivered = []
    for _ in range(20):
        found = claimed(store)
        poisoned = found.member_uid == "poison"
        store.outbox.settle(found.seq, state if poisoned else DeliveryState.CONFIRMED, "", 1)
        if not poisoned:
            delivered.append(found.seq // PER_PUNCH)
        if len(delivered) == 3:
            break
    assert delivered == [3, 4, 5]
    assert store.outbox.of_punch(store.outbox.all()[3].punch_id)[0].attempts == 0


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_head_lets_the_next_one_go(store: Store, clock: FakeClock, state: DeliveryState) -> None:
    record(store, clock, ["A", "A"])
    store.outbox.settle(claimed(store).seq, state, "", 1)
    assert claimed(store).seq == 2 * PER_PUNCH


def test_lanes_do_not_wait_for_each_other(store: Store, clock: FakeClock) -> None:
    new = punch(clock, "A")
    store.punches.record(new, [delivery(new), delivery(new, SMS)])
    assert [claimed(store).lane, claimed(store, SMS).lane] == [ATTENDANCE, SMS]
    assert store.outbox.claim(ATTENDANCE) is None
    assert store.outbox.claim(SMS) is None


def test_who_was_tried_least_recently_goes_first(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["A", "B", "C"])
    order = []
    for _ in range(6):
        found = claimed(store)
        order.append(found.member_uid)
        store.outbox.settle(found.seq, DeliveryState.PENDING, "", 1)
    assert order == ["A", "B", "C"] * 2


def test_after_a_restart_what_was_on_its_way_is_unknown(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["A", "B"])
    first = claimed(store)
    assert (store.outbox.recover(), store.outbox.recover()) == (1, 0)
    assert store.outbox.all()[1].note == INTERRUPTED
    assert claimed(store).seq == 2 * PER_PUNCH
    again = claimed(store)
    assert (again.seq, again.state) == (first.seq, DeliveryState.UNKNOWN)


def test_only_what_is_in_flight_can_be_settled(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["A"])
    for seq in (PER_PUNCH, 99):
        with pytest.raises(StoreConflict, match="not in flight"):
            store.outbox.settle(seq, DeliveryState.CONFIRMED, "", 1)
    with pytest.raises(StoreConflict, match="claimed"):
        store.outbox.settle(claimed(store).seq, DeliveryState.IN_FLIGHT, "", 1)


def test_the_numbers_of_a_lane(store: Store, clock: FakeClock) -> None:
    assert store.outbox.status(ATTENDANCE) == LaneCounts(waiting=0, failed=0, oldest_us=None, last_confirmed_us=None)
    first, _, _, fourth = record(store, clock, ["A", "B", "C", "A"])
    assert store.outbox.status(ATTENDANCE).oldest_us == first.at.utc_us
    for state in (DeliveryState.CONFIRMED, DeliveryState.REJECTED, DeliveryState.QUARANTINED):
        store.outbox.settle(claimed(store).seq, state, "", 77)
    store.outbox.claim(ATTENDANCE)
    expected = LaneCounts(waiting=1, failed=2, oldest_us=fourth.at.utc_us, last_confirmed_us=77)
    assert store.outbox.status(ATTENDANCE) == expected
    assert store.outbox.status(SMS) == LaneCounts(waiting=0, failed=0, oldest_us=None, last_confirmed_us=None)


def test_one_punch_causes_sixteen_deliveries_at_most(store: Store, clock: FakeClock) -> None:
    new = punch(clock)
    with pytest.raises(StoreConflict, match="at most 16"):
        store.punches.record(new, [delivery(new) for _ in range(17)])
    assert store.punches.get(new.id) is None
    store.punches.record(new, [delivery(new) for _ in range(16)])
    following = punch(clock)
    store.punches.record(following, [delivery(following)])
    assert (len(store.outbox.of_punch(new.id)), len(store.outbox.of_punch(following.id))) == (16, 1)
    assert store.outbox.of_punch("no such punch") == []


class OutboxMachine(RuleBasedStateMachine):
    """The outbox against a plain model of what the promises say: one list a lane, in the order of arrival."""

    paths: ClassVar[Iterator[Path]]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.store = Store.open(next(OutboxMachine.paths), pragmas=FAST)
        self.punches = 0
        self.rows: dict[int, tuple[Lane, str, DeliveryState]] = {}

    def teardown(self) -> None:
        self.store.close()

    def heads(self, lane: Lane) -> dict[str, int]:
        first: dict[str, int] = {}
        for seq, (row_lane, member, state) in self.rows.items():
            if row_lane is lane and state in OPEN:
                first.setdefault(member, seq)
        return first

    @rule(member=st.sampled_from("ABC"), lanes=st.sampled_from([[], [ATTENDANCE], [SMS], [ATTENDANCE, SMS]]))
    def punch(self, member: str, lanes: list[Lane]) -> None:
        new = punch(self.clock, member)
        self.store.punches.record(new, [delivery(new, lane) for lane in lanes])
        self.punches += 1
        for lane in lanes:
            self.rows[self.punches * PER_PUNCH + lanes.index(lane)] = (lane, member, DeliveryState.PENDING)

    @rule(lane=st.sampled_from(Lane))
    def claim(self, lane: Lane) -> None:
        ready = {seq for seq in self.heads(lane).values() if self.rows[seq][2] is not DeliveryState.IN_FLIGHT}
        found = self.store.outbox.claim(lane)
        assert (found is None) == (not ready)
        if found is not None:
            assert found.seq in ready
            assert found.state is self.rows[found.seq][2]
            self.rows[found.seq] = (lane, found.member_uid, DeliveryState.IN_FLIGHT)

    @precondition(lambda self: any(state is DeliveryState.IN_FLIGHT for _, _, state in self.rows.values()))
    @rule(data=st.data(), state=st.sampled_from(ENDS))
    def settle(self, data: st.DataObject, state: DeliveryState) -> None:
        seq = data.draw(st.sampled_from([seq for seq, row in self.rows.items() if row[2] is DeliveryState.IN_FLIGHT]))
        self.store.outbox.settle(seq, state, "", 1)
        self.rows[seq] = (*self.rows[seq][:2], state)

    @rule()
    def restart(self) -> None:
        path = self.store._database.path
        self.store.close()
        self.store = Store.open(path, pragmas=FAST)
        flying = [seq for seq, row in self.rows.items() if row[2] is DeliveryState.IN_FLIGHT]
        assert self.store.outbox.recover() == len(flying)
        for seq in flying:
            self.rows[seq] = (*self.rows[seq][:2], DeliveryState.UNKNOWN)

    @invariant()
    def agree(self) -> None:
        found = {each.seq: (each.lane, each.member_uid, each.state) for each in self.store.outbox.all()}
        assert found == self.rows
        flying = defaultdict(int)
        for lane, member, state in self.rows.values():
            flying[lane, member] += state is DeliveryState.IN_FLIGHT
        assert max(flying.values(), default=0) <= 1
        for lane in Lane:
            counts = self.store.outbox.status(lane)
            states = [state for row_lane, _, state in self.rows.values() if row_lane is lane]
            assert counts.waiting == sum(state in OPEN for state in states)
            assert counts.failed == sum(state in CLOSED[1:] for state in states)


def test_the_outbox_keeps_to_its_state_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    def paths() -> Iterator[Path]:
        while True:
            yield tmp_path_factory.mktemp("outbox") / "kiosk.db"

    OutboxMachine.paths = paths()
    run_state_machine_as_test(OutboxMachine, settings=settings(max_examples=20, stateful_step_count=25, deadline=None))
