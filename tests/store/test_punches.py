import hashlib
import json
import random
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.clock import FakeClock
from kiosk.ids import uuid7
from kiosk.models import ClockState, Direction, Lane, Method, Moment, Punch
from kiosk.store import FingerUsage, LastPunch, Store, StoreConflict, StoreDamaged, chain, punches
from tests.support.store import delivery, punch, record

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
integers = st.integers(-(1 << 62), 1 << 62)
moments = st.builds(
    Moment, integers, texts, integers, st.sampled_from(ClockState), st.none() | integers, st.just("Africa/Nairobi")
)
anything = st.builds(
    Punch,
    st.uuids().map(str),
    texts,
    texts,
    st.sampled_from(Direction),
    texts,
    texts,
    moments,
    st.none() | st.integers(0, 1 << 62),
    st.none() | integers,
    st.none() | texts,
    st.sampled_from(Method),
    integers,
)

COPY = """
INSERT INTO punches SELECT NEW, 'x', member_uid, station, direction, reason, work_day, utc_us, boot_id, boottime_us,
       clock_state, max_error_us, zone, slot, score, chain, finger_id, method, tries FROM punches WHERE seq = OLD
"""


def tamper(path: Path, *statements: str) -> None:
    """Change the log as somebody with the sqlite3 program would."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name in ("punches_never_change", "punches_never_go"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(new=anything)
def test_a_punch_comes_back_as_it_went_in(store: Store, new: Punch) -> None:
    new = msgspec.structs.replace(new, id=uuid7(1))  # the same example may come twice
    store.punches.record(new, [delivery(new)])
    assert store.punches.get(new.id) == new
    assert store.punches.last(new.member_uid) == new
    assert store.punches.verify().ok


def test_latest_and_last_go_by_the_order_of_recording(store: Store, clock: FakeClock) -> None:
    first, second, third = record(store, clock, ["A", "B", "A"])
    clock.jump(-1_000_000)
    (fourth,) = record(store, clock, ["A"])
    assert store.punches.latest(3) == [fourth, third, second]
    assert store.punches.latest(2, "A") == [fourth, third]
    assert store.punches.last("A") == fourth
    assert store.punches.last("C") is None
    assert store.punches.get("no such id") is None
    assert store.punches.count_on(first.work_day) + store.punches.count_on(fourth.work_day) == 4
    assert store.punches.count_on("1999-01-01") == 0


def test_the_punches_of_a_day_are_counted_back_and_then_as_they_come(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(punches, "PAGE", 5)
    record(store, clock, ["A"] * 3)
    clock.advance(86_400)
    today = record(store, clock, ["A", "B"] * 8)[0].work_day
    assert store.punches.count_on(today) == 16
    record(store, clock, ["A"])
    assert store.punches.count_on(today) == 17
    clock.jump(-86_400)
    (back,) = record(store, clock, ["A"])
    assert (store.punches.count_on(today), store.punches.count_on(back.work_day)) == (17, 1)
    clock.jump(86_400)
    record(store, clock, ["A"])
    assert store.punches.count_on(today) == 18


def test_a_punch_that_was_taken_back_is_not_counted(store: Store, clock: FakeClock) -> None:
    (first,) = record(store, clock, ["A"])
    assert store.punches.count_on(first.work_day) == 1
    with pytest.raises(StoreConflict):
        store.punches.record(punch(clock), [delivery(first)] * 2)
    record(store, clock, ["B"])
    assert store.punches.count_on(first.work_day) == 2


def test_an_id_is_used_once_and_the_second_attempt_changes_nothing(store: Store, clock: FakeClock) -> None:
    (first,) = record(store, clock, ["A"])
    other = msgspec.structs.replace(punch(clock), id=first.id)
    with pytest.raises(StoreConflict):
        store.punches.record(other, [delivery(other)])
    sent = delivery(first)
    second = punch(clock)
    store.punches.record(second, [sent])
    third = punch(clock)
    with pytest.raises(StoreConflict):
        store.punches.record(third, [delivery(third), sent])
    assert store.punches.latest(9) == [second, first]
    assert len(store.outbox.all()) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE punches SET direction = 'out'",
        "UPDATE punches SET seq = 7",
        "DELETE FROM punches",
        "REPLACE INTO punches SELECT * FROM punches",
        "UPDATE outbox SET body = x'00'",
        "UPDATE outbox SET member_uid = 'B'",
    ],
)
def test_rows_of_the_log_never_change(store: Store, clock: FakeClock, statement: str) -> None:
    (first,) = record(store, clock, ["A"])
    with pytest.raises(StoreConflict, match="never"):
        store._database.write(statement)
    assert store.punches.latest(9) == [first]
    assert store.punches.verify().ok


def test_the_chain_is_what_its_page_says(store: Store, clock: FakeClock) -> None:
    (first,) = record(store, clock, ["A"])
    at = first.at
    row = [1, first.id, "A", "front", "in", "first-of-day", first.work_day]
    row += [at.utc_us, at.boot_id, at.boottime_us, "synced", 1000, "Africa/Nairobi", 7, 96, None, "finger", 1]
    words = json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()
    (found,) = store._database.row("SELECT chain FROM punches")
    assert found == hashlib.sha256(bytes(32) + words).digest()


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE punches SET work_day = '2026-01-02' WHERE seq = 4", 4),
        ("UPDATE punches SET score = NULL WHERE seq = 9", 9),
        ("UPDATE punches SET clock_state = 'sure' WHERE seq = 2", 2),
        ("UPDATE punches SET finger_id = 'F1' WHERE seq = 3", 3),
        ("UPDATE punches SET method = 'pin' WHERE seq = 5", 5),
        ("UPDATE punches SET tries = 2 WHERE seq = 7", 7),
        ("UPDATE punches SET finger_id = NULL, method = NULL, tries = NULL WHERE seq = 8", 8),
        ("DELETE FROM punches WHERE seq = 1", 2),
        ("DELETE FROM punches WHERE seq = 6", 7),
        (COPY.replace("NEW", "0").replace("OLD", "1"), 0),
        (COPY.replace("NEW", "13").replace("OLD", "12"), 13),
    ],
)
def test_the_chain_finds_edits_deletions_and_insertions(
    store: Store, clock: FakeClock, path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, broken_at: int
) -> None:
    monkeypatch.setattr(punches, "PAGE", 5)
    record(store, clock, ["A", "B", "C"] * 4)
    report = store.punches.verify()
    assert (report.rows, report.ok, report.broken_at) == (12, True, None)
    tamper(path, statement)
    report = store.punches.verify()
    assert (report.ok, report.broken_at) == (False, broken_at)


def test_the_chain_finds_two_rows_that_changed_places(store: Store, clock: FakeClock, path: Path) -> None:
    record(store, clock, ["A", "B", "C"])
    swap = "UPDATE punches SET seq = CASE seq WHEN 2 THEN 99 WHEN 3 THEN 2 ELSE 3 END WHERE seq = "
    tamper(path, swap + "2", swap + "3", swap + "99")
    assert store.punches.verify().broken_at == 2


def test_F016_a_flipped_bit_breaks_the_chain_or_is_found_by_sqlite(store: Store, clock: FakeClock) -> None:
    """In memory: each bit that matters of a row, in its canonical form."""
    record(store, clock, ["A", "B"])
    rows = list(store.punches._raw())
    (row, found), chance = rows[1], random.Random(16)
    words = chain.canonical(row)
    for _ in range(200):
        flipped = bytearray(words)
        flipped[chance.randrange(len(words))] ^= 1 << chance.randrange(8)
        assert hashlib.sha256(rows[0][1] + flipped).digest() != found


def test_F016_text_that_is_no_text_any_more_is_damage_and_is_not_quoted(
    store: Store, clock: FakeClock, path: Path
) -> None:
    (first,) = record(store, clock, ["A"])
    tamper(path, "UPDATE punches SET station = CAST(x'6b65657073656372657480ff' AS TEXT)")
    assert store.punches.verify().broken_at == 1
    with pytest.raises(StoreDamaged) as caught:
        store.punches.get(first.id)
    assert "keepsecret" not in str(caught.value)
    tamper_words(path)
    with pytest.raises(StoreDamaged, match="punch 1"):
        store.punches.get(first.id)


def tamper_words(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE punches SET station = 'front', clock_state = 'sure'")
    connection.close()


def test_a_slot_that_no_scanner_has_is_refused_and_none_is_none(store: Store, clock: FakeClock) -> None:
    with pytest.raises(StoreConflict, match="slot -1"):
        store.punches.record(msgspec.structs.replace(punch(clock), slot=-1), [])
    without = msgspec.structs.replace(punch(clock), slot=None, score=None, method=Method.PIN)
    store.punches.record(without, [])
    assert store.punches.latest(9) == [without]


def test_who_punched_last_comes_newest_first_once_each(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(punches, "PAGE", 3)
    everybody = {"A", "B", "C", "D"}
    assert store.punches.last_of(everybody) == {}
    record(store, clock, ["D", "A", "B", "A", "A", "C", "A"])
    assert list(store.punches.last_of(everybody)) == ["A", "C", "B", "D"]
    assert list(store.punches.last_of({"D", "C", "never"})) == ["C", "D"]
    assert store.punches.last_of(set()) == {}
    monkeypatch.setattr(punches, "LATELY", 5)
    assert list(store.punches.last_of(everybody)) == ["A", "C", "B"]


def test_the_last_punch_tells_when_and_with_which_finger(store: Store, clock: FakeClock) -> None:
    made = []
    for uid, finger in (("A", "a1"), ("B", "b1"), ("A", "a2"), ("B", None)):
        made.append(msgspec.structs.replace(punch(clock, member_uid=uid), finger_id=finger))
        store.punches.record(made[-1], [])
    assert store.punches.last_of({"A", "B"}) == {
        "B": LastPunch(None, made[3].at.utc_us),
        "A": LastPunch("a2", made[2].at.utc_us),
    }


def test_usage_tells_what_a_finger_takes_and_how_its_scores_go(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(punches, "PAGE", 7)
    for number in range(25):
        made = punch(clock)
        one = msgspec.structs.replace(made, score=200 - number, tries=1 + number % 2, finger_id="F1")
        store.punches.record(one, [])
        other = msgspec.structs.replace(punch(clock), score=None, finger_id="F2", tries=3)
        store.punches.record(other, [])
        store.punches.record(msgspec.structs.replace(punch(clock), method=Method.PIN, slot=None), [])
    assert store.punches.usage() == [
        FingerUsage("F1", 25, 37, 195.5, 180.5, one.at.utc_us),
        FingerUsage("F2", 25, 75, None, None, other.at.utc_us),
    ]
    monkeypatch.setattr(punches, "LATELY", 6)
    assert store.punches.usage()[0] == FingerUsage("F1", 2, 3, 176.5, 176.5, one.at.utc_us)


def test_a_punch_and_its_deliveries_are_one(store: Store, clock: FakeClock) -> None:
    new = punch(clock)
    both = [delivery(new), delivery(new, Lane.SMS, b"{}")]
    store.punches.record(new, both)
    assert [(each.id, each.lane, each.body, each.punch_id) for each in store.outbox.of_punch(new.id)] == [
        (each.id, each.lane, each.body, new.id) for each in both
    ]
