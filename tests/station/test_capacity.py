"""More people than slots: everybody can punch, by finger or by number and finger."""

import random
from datetime import time, timedelta
from pathlib import Path

import pytest

from kiosk.attendance import Shift
from kiosk.models import ClockState, Member, Method
from kiosk.views import ScanKind
from tests.support import people
from tests.support.station import Station, station

SLOTS = 200
SEED = 20261124


def fill(desk: Station, count: int) -> None:
    people.fill(desk.store, desk.reader._vault, desk.emulator.device, count)


def settled(desk: Station) -> None:
    desk.clock.advance(6)
    desk.steps(2)
    desk.restored()


def everybody_punches(desk: Station, uids: list[str]) -> tuple[int, int]:
    """Each presses a finger; who is not recognised types the number and presses again. Returns how many went each way."""
    by_finger = by_number = 0
    for uid in uids:
        desk.clock.advance(3)
        held = uid in desk.slots.values()  # whoever punched gets a slot at night, and others lose theirs
        kinds = [result.kind for result in desk.press(people.finger_of(uid))]
        assert (kinds == [ScanKind.WELCOME]) == held, (uid, kinds)
        if held:
            by_finger += 1
            continue
        assert kinds[0] is ScanKind.NOT_RECOGNISED, (uid, kinds)
        if kinds[1:]:
            desk.clock.advance(30)
            desk.steps(8)
        assert [result.kind for result in desk.call(uid, people.finger_of(uid))] == [ScanKind.WELCOME], uid
        by_number += 1
    return by_finger, by_number


def check(folder: Path, people_count: int, tried: int) -> None:
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    with station(folder, "r503") as desk:
        fill(desk, people_count)
        settled(desk)
        assert len(desk.scanner.used()) == SLOTS
        uids = rng.sample([str(number) for number in range(1000, 1000 + people_count)], tried)
        by_finger, by_number = everybody_punches(desk, uids)
        assert by_finger + by_number == tried
        punches = desk.store.punches.latest(tried)
        assert {punch.member_uid for punch in punches} == set(uids), "everybody, and nobody else"
        assert all(f"{punch.member_uid}" == punch.finger_id for punch in punches)
        assert {punch.method for punch in punches} == {Method.FINGER, Method.NUMBER}
        assert desk.reader.status.absent == 0


def test_more_people_than_slots(tmp_path: Path) -> None:
    check(tmp_path, 260, 60)


@pytest.mark.slow
def test_five_thousand_people_on_200_slots(tmp_path: Path) -> None:
    check(tmp_path, 5000, 5000)


def test_who_punched_lately_gets_a_slot_and_nobody_else_loses_theirs_for_it(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 210)
        settled(desk)
        before = set(desk.slots.values())
        outside = sorted({str(number) for number in range(1000, 1210)} - before)[:3]
        everybody_punches(desk, outside)
        desk.clock.advance(86_400)
        desk.steps(2)
        desk.restored()
        after = set(desk.slots.values())
        assert set(outside) <= after
        assert len(before - after) == 3
        assert len(desk.scanner.used()) == SLOTS


def test_everybody_has_one_finger_in_a_slot_before_anybody_has_two(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 120)
        people.fill_second(desk.store, desk.reader._vault, desk.emulator.device, 120)
        settled(desk)
        firsts = {str(number) for number in range(1000, 1120)}
        assert firsts < set(desk.slots.values())
        outside = next(iter(sorted({f"{uid}x" for uid in firsts} - set(desk.slots.values()))))
        [result] = desk.call(outside.rstrip("x"), people.finger_of(outside))
        assert result.kind is ScanKind.WELCOME
        desk.clock.advance(86_400)
        settled(desk)
        assert (firsts - {outside.rstrip("x")}) | {outside} < set(desk.slots.values()), (
            "the finger that was used last counts"
        )


NIGHT = frozenset(str(number) for number in range(1000, 1120))
DAY = frozenset(str(number) for number in range(1120, 1240))
SHIFTS = (
    Shift("day", frozenset(range(7)), time(8), time(17), timedelta(minutes=30), members=DAY),
    Shift("night", frozenset(range(7)), time(20), time(6), timedelta(minutes=30), members=NIGHT),
)


def go_to(desk: Station, hour: int, minute: int) -> set[str]:
    """Let it become so late, and the library do its work; returns who is in a slot then."""
    now = desk.clock.now().local()
    later = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    desk.clock.advance((later - now) / timedelta(seconds=1) % 86_400)
    settled(desk)
    return set(desk.slots.values())


def test_who_is_on_shift_has_a_slot_before_it_starts_and_until_after_it_ends(tmp_path: Path) -> None:
    with station(tmp_path, "r503", shifts=SHIFTS) as desk:
        fill(desk, 240)
        assert not go_to(desk, 7, 29) >= DAY
        by_day = go_to(desk, 7, 31)
        assert by_day >= DAY
        everybody_punches(desk, sorted(DAY)[:10])
        assert go_to(desk, 17, 29) == by_day, "nobody was moved for nothing"
        assert go_to(desk, 19, 29) == by_day
        by_night = go_to(desk, 19, 31)
        assert by_night >= NIGHT
        assert len(by_night & DAY) == SLOTS - len(NIGHT), "nobody loses a slot that is not needed"
        assert by_night >= set(sorted(DAY)[:10]), "whoever punched lately is the last to lose it"
        assert go_to(desk, 6, 29) == by_night
        by_finger, by_number = everybody_punches(desk, sorted(NIGHT)[:5])
        assert (by_finger, by_number) == (5, 0)
        assert len(desk.scanner.used()) == SLOTS


def test_a_clock_that_nobody_has_set_moves_nobody(tmp_path: Path) -> None:
    with station(tmp_path, "r503", shifts=SHIFTS) as desk:
        fill(desk, 240)
        desk.clock.state = ClockState.UNSYNCED
        before = go_to(desk, 7, 29)
        assert go_to(desk, 7, 31) == before
        desk.clock.state = ClockState.SYNCED
        assert go_to(desk, 7, 32) >= DAY > before & DAY


def test_a_new_enrolment_finds_room_in_a_full_library(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 205)
        settled(desk)
        assert len(desk.scanner.used()) == SLOTS
        newcomer = Member(uid="1", name="AMINA")
        assert desk.enrol(newcomer).ok
        assert len(desk.scanner.used()) == SLOTS
        assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]
