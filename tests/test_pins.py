"""T17, F95: PINs can be guessed slowly, and neither a power cut nor a clock makes it any faster."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import pins
from kiosk.clock import FakeClock
from kiosk.errors import Exit
from kiosk.pins import Attempts, PinError, Verdict, check_new, hash_pin, matches, wait_s
from kiosk.store import Store, StoreError
from tests.support.store import member

DAY_S = 86_400
UID = "M00001"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "kiosk.db")
    for number in (1, 2):
        opened.members.put(member(number))
    yield opened
    opened.close()


@pytest.fixture
def quick(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A PIN, 7391, whose hash costs nothing: these tests are about the waits."""
    monkeypatch.setattr(pins, "matches", lambda pin, pin_hash: f"hash of {pin}" == pin_hash)
    store.pins.put(UID, "hash of 7391", 1)
    return store


def failures(store: Store) -> int:
    kept = store.pins.get(UID)
    assert kept is not None
    return kept.failures


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("", "4 to 12"),
        ("739", "4 to 12"),
        ("7391739173917", "4 to 12"),
        ("73a1", "digits alone"),
        ("7 91", "digits alone"),
        ("-739", "digits alone"),
        ("٧٣٩١", "digits alone"),
        ("²²³¹", "digits alone"),
        ("0000", "repeat one digit"),
        ("111111111111", "repeat one digit"),
        ("1234", "count up"),
        ("4321", "count up"),
        ("567890", "count up"),
        ("0987", "count up"),
        ("4711", "own number"),
        ("004711", "own number"),
    ],
)
def test_a_pin_that_is_tried_first_is_refused_and_not_repeated(pin: str, why: str) -> None:
    with pytest.raises(PinError, match=why) as caught:
        check_new(pin, "S-04711")
    assert caught.value.exit_code == Exit.DATA
    assert len(pin) < 4 or pin not in f"{caught.value} {caught.value.cure}"


@pytest.mark.parametrize("pin", ["7391", "1235", "1122", "471100", "739173917391"])
def test_any_other_pin_will_do(pin: str) -> None:
    check_new(pin, "S-04711")
    check_new(pin, "anna")


def test_a_pin_is_kept_as_argon2id_and_never_the_same_twice() -> None:
    first, second = hash_pin("7391"), hash_pin("7391")
    assert first.startswith("$argon2id$v=19$m=12288,t=3,p=1$")
    assert first != second
    assert "7391" not in first.split("$")[:4]
    assert matches("7391", first)
    assert matches("7391", second)
    assert not matches("7392", first)
    assert not matches("", first)


@pytest.mark.parametrize("kept", ["", "7391", "$argon2id$", "$argon2id$v=19$m=1,t=0,p=0$eA$eA", "\0", "é"])
def test_a_hash_that_is_none_matches_nothing(kept: str) -> None:
    assert not matches("7391", kept)


def test_five_are_free_and_then_the_wait_doubles_to_a_quarter_of_an_hour() -> None:
    waits = [wait_s(count) for count in range(13)]
    assert waits == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert wait_s(1 << 40) == 900


def test_the_right_pin_is_right_and_forgets_the_wrong_ones(store: Store, clock: FakeClock) -> None:
    store.pins.put(UID, hash_pin("7391"), 1)
    attempts = Attempts(store.pins, clock)
    assert attempts.verify(UID, "7392") == Verdict(ok=False)
    assert failures(store) == 1
    assert attempts.verify(UID, "7391") == Verdict(ok=True)
    assert failures(store) == 0


def test_who_has_no_pin_cannot_use_one(quick: Store, clock: FakeClock) -> None:
    assert Attempts(quick.pins, clock).verify("M00002", "7391") == Verdict(ok=False)
    assert Attempts(quick.pins, clock).verify("nobody", "7391") == Verdict(ok=False)


def test_T017_during_the_wait_even_the_right_pin_is_not_looked_at(quick: Store, clock: FakeClock) -> None:
    attempts = Attempts(quick.pins, clock)
    assert [attempts.verify(UID, "0000").wait_s for _ in range(5)] == [0, 0, 0, 0, 30]
    clock.advance(29)
    assert attempts.verify(UID, "7391") == Verdict(ok=False, wait_s=1)
    assert failures(quick) == 5
    clock.advance(1)
    assert attempts.verify(UID, "0000") == Verdict(ok=False, wait_s=60)
    clock.advance(60)
    assert attempts.verify(UID, "7391") == Verdict(ok=True)
    assert attempts.verify(UID, "7391") == Verdict(ok=True)


def test_one_members_wait_is_not_anothers(quick: Store, clock: FakeClock) -> None:
    quick.pins.put("M00002", "hash of 2580", 1)
    attempts = Attempts(quick.pins, clock)
    for _ in range(5):
        attempts.verify(UID, "0000")
    assert attempts.verify("M00002", "2580").ok
    assert not attempts.verify(UID, "7391").ok


def test_T017_the_count_is_on_disk_before_the_pin_is_looked_at(
    quick: Store, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look_and_lose_power(pin: str, pin_hash: str) -> bool:
        other = sqlite3.connect(tmp_path / "kiosk.db")
        seen.append(other.execute("SELECT failures FROM pins").fetchone()[0])
        other.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(pins, "matches", look_and_lose_power)
    for count in range(1, 6):
        with pytest.raises(KeyboardInterrupt):
            Attempts(quick.pins, clock).verify(UID, "7391")
        assert seen[-1] == failures(quick) == count
    assert Attempts(quick.pins, clock).verify(UID, "7391") == Verdict(ok=False, wait_s=30)


def test_T017_an_attempt_that_cannot_be_counted_is_not_made(quick: Store, clock: FakeClock) -> None:
    with pytest.raises(StoreError), quick.atomic():
        Attempts(quick.pins, clock).verify(UID, "7391")
    assert failures(quick) == 0


def test_F095_cutting_the_power_between_attempts_wins_nothing(quick: Store, clock: FakeClock) -> None:
    for count in range(1, 11):
        attempts = Attempts(quick.pins, clock)
        clock.advance(wait_s(count - 1))
        assert attempts.verify(UID, "0000").wait_s == wait_s(count)
    clock.advance(899)
    restarted = Attempts(quick.pins, clock)  # a second too early: the whole wait begins again
    clock.advance(899)
    assert restarted.verify(UID, "7391") == Verdict(ok=False, wait_s=1)
    clock.advance(1)
    assert restarted.verify(UID, "7391").ok


def test_F095_a_machine_that_starts_anew_waits_from_its_own_zero(quick: Store, clock: FakeClock) -> None:
    attempts = Attempts(quick.pins, clock)
    for _ in range(5):
        attempts.verify(UID, "0000")
    clock.boottime_us, clock.boot_id = 0, "another boot"
    restarted = Attempts(quick.pins, clock)
    assert restarted.verify(UID, "7391") == Verdict(ok=False, wait_s=30)
    clock.advance(30)
    assert restarted.verify(UID, "7391").ok


@pytest.mark.parametrize("seconds", [1e9, -1e9, 30, -30])
def test_F095_a_clock_that_jumps_neither_shortens_nor_lengthens_the_wait(
    quick: Store, clock: FakeClock, seconds: float
) -> None:
    attempts = Attempts(quick.pins, clock)
    for _ in range(5):
        attempts.verify(UID, "0000")
        clock.jump(seconds)
    assert attempts.verify(UID, "7391") == Verdict(ok=False, wait_s=30)
    assert Attempts(quick.pins, clock).verify(UID, "7391") == Verdict(ok=False, wait_s=30)
    clock.advance(30)
    assert attempts.verify(UID, "7391").ok


def test_T017_a_thief_who_never_sleeps_gets_96_attempts_a_day(quick: Store, clock: FakeClock) -> None:
    attempts, start, days = Attempts(quick.pins, clock), clock.monotonic(), [0] * 30
    while (day := int((clock.monotonic() - start) // DAY_S)) < len(days):
        before = failures(quick)
        verdict = attempts.verify(UID, "0000")
        days[day] += failures(quick) - before
        clock.advance(verdict.wait_s)
    assert days[0] == 104  # five were free, and five more cost less than the longest wait
    assert set(days[1:]) == {96}
    assert sum(days) / 1_000_000 < 0.0029
