"""The roster comes whole or not at all."""

from datetime import datetime, timedelta

import pytest

from kiosk.clock import FakeClock
from kiosk.daemon.jobs import Jobs
from kiosk.delivery.budget import Budget
from kiosk.delivery.roster import Roster
from kiosk.kemru import Kemru, records
from kiosk.models import ClockState, Member
from kiosk.sandbox import SandboxServer
from kiosk.store import NotSaved, Store


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


def test_F010_jobs_try_again_after_a_disk_that_took_nothing(clock: FakeClock) -> None:
    pulls = Answers([NotSaved("the disk is full"), True])
    jobs = Jobs(pulls, clock, roster_minutes=30)  # type: ignore[arg-type]  only `pull` is used
    with pytest.raises(NotSaved):
        jobs.step()
    for job in jobs._scheduler.jobs:
        job.next_run = datetime.now()  # noqa: DTZ005  as schedule itself has it
    jobs._scheduler.jobs[0].next_run += timedelta(minutes=30)
    jobs.step()
    assert not pulls.answers


def test_a_pull_asked_for_by_another_thread_leaves_the_appointments_alone(clock: FakeClock) -> None:
    jobs = Jobs(Answers([True, True]), clock, roster_minutes=30)  # type: ignore[arg-type]  only `pull` is used
    jobs.step()
    before = list(jobs._scheduler.jobs)
    jobs.pull_soon()
    assert jobs._scheduler.jobs == before


def test_a_telephone_number_that_cannot_be_read_keeps_nobody_on_the_roster(
    roster: Roster, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.members.put(Member(uid="gone", name="GONE"))
    monkeypatch.setattr(
        roster._kemru, "roster", lambda: records.read([{"id": "20171", "emp_name": "A", "phone": "none"}])
    )
    assert roster.pull()
    left = store.members.get("gone")
    assert left is not None
    assert not left.active
    assert roster.trouble == ""


def test_a_record_that_cannot_be_read_takes_nobody_off_the_roster(
    roster: Roster, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.members.put(Member(uid="20170", name="AS SHE WAS"))
    whole = [{"id": "20171", "emp_name": "NEW"}, {"id": ["20170"], "emp_name": "MANGLED"}]
    monkeypatch.setattr(roster._kemru, "roster", lambda: records.read([*whole]))
    assert roster.pull()
    kept = store.members.get("20170")
    assert kept is not None
    assert kept.active
    assert store.members.get("20171") is not None
    assert "1 record" in roster.trouble


class Answers:
    """Instead of a roster: what each pull answers or raises."""

    def __init__(self, answers: list[bool | Exception]) -> None:
        self.answers = answers

    def pull(self) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
