"""The roster comes whole or not at all."""

import pytest

from kiosk.clock import FakeClock
from kiosk.daemon.jobs import Jobs
from kiosk.delivery.budget import Budget
from kiosk.delivery.roster import Roster
from kiosk.kemru import Kemru
from kiosk.models import ClockState, Member
from kiosk.sandbox import SandboxServer
from kiosk.store import Store


@pytest.fixture
def roster(kemru: Kemru, store: Store, clock: FakeClock) -> Roster:
    return Roster(kemru, store, clock, Budget(store, per_minute=0, per_day=0))


def test_members_arrive(roster: Roster, store: Store) -> None:
    assert roster.pull()
    assert roster.trouble == ""
    assert store.members.count() == 3
    assert all(member.phone and member.phone.startswith("+254") for member in store.members.all())
    assert store.notes.get("last-roster")


def test_somebody_who_left_is_kept_but_inactive(roster: Roster, store: Store) -> None:
    store.members.put(Member(uid="gone", name="GONE"))
    assert roster.pull()
    left = store.members.get("gone")
    assert left is not None
    assert not left.active


@pytest.mark.parametrize("kind", ["down", "html", "mistyped", "cut", "huge"])
def test_a_bad_answer_changes_nobody(roster: Roster, store: Store, platform: SandboxServer, kind: str) -> None:
    store.members.put(Member(uid="1", name="KEPT"))
    platform.fault(kind, at=300, size=2 << 20)
    assert not roster.pull()
    assert roster.trouble
    assert [member.uid for member in store.members.all()] == ["1"]


def test_an_empty_roster_locks_nobody_out(roster: Roster, store: Store, platform: SandboxServer) -> None:
    assert roster.pull()
    platform.state.clear()
    assert not roster.pull()
    assert "empty" in roster.trouble
    assert store.members.count() == 3


def test_F028_not_asked_for_while_the_clock_is_not_set(roster: Roster, clock: FakeClock) -> None:
    clock.state = ClockState.UNSYNCED
    assert not roster.pull()
    assert "clock" in roster.trouble


class Pulls:
    def __init__(self) -> None:
        self.count = 0
        self.good = True

    def pull(self) -> bool:
        self.count += 1
        return self.good


def test_jobs_pull_at_once_and_after_a_jump_of_the_clock(clock: FakeClock) -> None:
    pulls = Pulls()
    jobs = Jobs(pulls, clock, roster_minutes=30)  # type: ignore[arg-type]  only `pull` is used
    assert 0 < jobs.step() <= 30
    assert pulls.count == 1
    jobs.step()
    assert pulls.count == 1
    clock.jump(-365 * 86400)
    jobs.step()
    assert pulls.count == 2, "a clock set back a year must not make the roster wait a year"
    jobs.pull_soon()
    jobs.step()
    assert pulls.count == 3


def test_jobs_try_again_after_a_failure(clock: FakeClock) -> None:
    pulls = Pulls()
    pulls.good = False
    jobs = Jobs(pulls, clock, roster_minutes=30)  # type: ignore[arg-type]  only `pull` is used
    jobs.step()
    for job in jobs._scheduler.jobs:
        job.next_run = job.next_run.replace(year=2000)
    jobs.step()
    assert pulls.count >= 2
