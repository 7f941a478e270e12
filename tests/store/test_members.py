import threading

import msgspec
import pytest

from kiosk.clock import FakeClock
from kiosk.models import Member
from kiosk.store import RosterChange, Store, members
from tests.support.store import member, record

WHOLE = Member(uid="U1", name="Wanjirũ Kamau", phone="+254700000001", title="Ms", gender="f", balance=12)


def test_a_member_comes_back_as_it_went_in(store: Store) -> None:
    for each in (WHOLE, member(2), msgspec.structs.replace(WHOLE, uid="U3", active=False, balance=None)):
        store.members.put(each)
        assert store.members.get(each.uid) == each
    store.members.put(msgspec.structs.replace(WHOLE, phone=None))
    assert store.members.get("U1") == msgspec.structs.replace(WHOLE, phone=None)
    assert store.members.get("nobody") is None


def test_a_roster_adds_changes_and_retires(store: Store) -> None:
    assert store.members.replace_all([member(1), member(2), member(3)], 1) == RosterChange(added=3, changed=0, gone=0)
    new = [member(1), msgspec.structs.replace(member(2), name="Another Name"), member(4)]
    assert store.members.replace_all(new, 2) == RosterChange(added=1, changed=1, gone=1)
    assert store.members.count() == 3
    assert store.members.get("M00003") == msgspec.structs.replace(member(3), active=False)
    assert store.members.replace_all(new, 3) == RosterChange(added=0, changed=0, gone=0)
    assert store.members.replace_all([*new, member(3)], 4) == RosterChange(added=0, changed=1, gone=0)
    assert store.members.all() == sorted(store.members.all(), key=lambda each: (each.name, each.uid))


def test_of_two_with_one_uid_the_last_counts(store: Store) -> None:
    twin = msgspec.structs.replace(member(1), name="Last")
    assert store.members.replace_all([member(1), twin], 1).added == 1
    assert store.members.get("M00001") == twin


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE members; --", "[red]x[/red]", "\x1b[2J", "\u0639\u202ex", "x" * 100_000, "", "\0"]
)
def test_hostile_names_are_only_names(store: Store, name: str) -> None:
    odd = msgspec.structs.replace(WHOLE, name=name)
    store.members.replace_all([odd, member(2)], 1)
    assert store.members.get("U1") == odd
    assert store.members.count() == 2


def test_a_punch_gets_in_between_the_batches_of_a_long_roster(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "BATCH", 10)
    written: list[int] = []
    real = members.Members._write

    def write(self: members.Members, batch: list[Member], now_us: int | None) -> None:
        real(self, batch, now_us)
        written.append(len(batch))
        if len(written) == 1:
            thread = threading.Thread(target=record, args=(store, FakeClock(), ["M00001"]))
            thread.start()
            thread.join(10)
            assert store.punches.last("M00001") is not None

    monkeypatch.setattr(members.Members, "_write", write)
    store.members.replace_all([member(number) for number in range(25)], 1)
    assert written == [10, 10, 5]


def test_the_revision_tells_of_who_may_punch_and_by_which_title_and_of_nothing_else(store: Store) -> None:
    members, seen = store.members, [store.members.revision]

    def moved(roster: list[Member]) -> bool:
        members.replace_all(roster, 1)
        seen.append(members.revision)
        return seen[-1] != seen[-2]

    first = msgspec.structs.replace(member(1), balance=10, title="Teacher")
    assert moved([first, member(2)])
    assert not moved([first, member(2)])
    assert not moved([msgspec.structs.replace(first, balance=9, phone=None), member(2)])
    assert moved([msgspec.structs.replace(first, title="Guard"), member(2)])
    assert moved([msgspec.structs.replace(first, title="Guard"), member(3)]), "as many as before"
