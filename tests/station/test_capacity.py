"""More people than slots: everybody can punch, by finger or by number and finger."""

import random
from datetime import time, timedelta
from pathlib import Path

import msgspec
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


def two_each(desk: Station, count: int) -> set[str]:
    """Enrol two fingers of each of `count` people; returns the ids of the first ones."""
    fill(desk, count)
    people.fill_second(desk.store, desk.reader._vault, desk.emulator.device, count)
    settled(desk)
    return {str(number) for number in range(1000, 1000 + count)}


def a_night_later(desk: Station) -> set[str]:
    desk.clock.advance(86_400)
    settled(desk)
    return set(desk.slots.values())


def test_everybody_has_one_finger_in_a_slot_before_anybody_has_two(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        firsts = two_each(desk, 120)
        assert firsts < set(desk.slots.values())
        assert everybody_punches(desk, sorted(firsts)[:100]) == (100, 0)
        assert firsts < a_night_later(desk), "whoever did not punch has a slot all the same"


def test_the_finger_that_was_used_last_is_the_one(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        firsts = two_each(desk, 120)
        uid = next(uid for uid in sorted(firsts) if f"{uid}x" not in desk.slots.values())
        [result] = desk.call(uid, people.finger_of(f"{uid}x"))
        assert result.kind is ScanKind.WELCOME
        assert (firsts - {uid}) | {f"{uid}x"} < a_night_later(desk)


def test_who_was_just_enrolled_keeps_the_slot(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 205)
        settled(desk)
        everybody_punches(desk, list(desk.slots.values()))
        assert desk.enrol(Member(uid="1", name="AMINA")).ok
        a_night_later(desk)
        assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_who_makes_room_for_a_new_enrolment_is_the_least_expected(tmp_path: Path) -> None:
    with station(tmp_path, "r503", shifts=SHIFTS) as desk:
        fill(desk, 240)
        before = go_to(desk, 12, 0)
        assert desk.reader._library.room() is not None
        [gone] = before - set(desk.slots.values())
        assert gone not in DAY
        desk.steps(2)
        assert desk.enrol(Member(uid="1", name="AMINA")).ok
        assert set(desk.slots.values()) >= DAY


def test_a_finger_without_a_copy_for_the_scanner_is_not_the_one_of_its_member(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 200)
        people.fill_second(desk.store, desk.reader._vault, desk.emulator.device, 200)
        with desk.store.atomic():  # enrolled again on a scanner of another model
            finger = desk.store.fingers.get("1199")
            assert finger is not None
            desk.store.fingers.forget("1199")
            desk.store.fingers.begin(finger)
            desk.store.fingers.confirm("1199")
        settled(desk)
        assert "1199x" in desk.slots.values()
        assert len(desk.scanner.used()) == SLOTS


def test_who_left_and_who_came_in_their_place_are_noticed(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 210)
        settled(desk)
        outside = sorted({str(number) for number in range(1000, 1210)} - set(desk.slots.values()))
        gone, *_ = sorted(desk.slots.values())
        everybody = [member for member in desk.store.members.all() if member.uid != gone]
        desk.store.members.replace_all([*everybody, Member(uid="new", name="NEW")], 1)
        settled(desk)
        assert gone not in desk.slots.values()
        assert len(set(outside) & set(desk.slots.values())) == 1


def test_a_copy_that_cannot_be_opened_costs_nobody_else_a_slot(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        fill(desk, 202)
        for damaged in ("1001", "1003"):
            kept = desk.store.templates.get(damaged, "R503")
            assert kept is not None
            desk.store.templates.put(msgspec.structs.replace(kept, sealed=bytes(len(kept.sealed))))
        settled(desk)
        assert len(set(desk.slots.values()) - {"1001", "1003"}) == SLOTS
        assert not desk.reader._library.busy


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


ALL_DAY = (
    Shift("early", frozenset(range(7)), time(6), time(14), timedelta(hours=1), members=DAY),
    Shift("late", frozenset(range(7)), time(14), time(22), timedelta(hours=1), members=NIGHT),
)


def test_where_shifts_meet_whoever_comes_has_a_slot_and_nobody_is_moved_to_and_fro(tmp_path: Path) -> None:
    with station(tmp_path, "r503", shifts=ALL_DAY) as desk:
        fill(desk, 240)
        early = go_to(desk, 12, 55)
        assert early >= DAY
        meeting = go_to(desk, 13, 5)
        assert meeting >= NIGHT
        assert go_to(desk, 14, 5) == go_to(desk, 14, 55) == go_to(desk, 15, 5) == meeting
        assert len(meeting & DAY) == SLOTS - len(NIGHT)


def test_shifts_take_no_first_finger_for_a_second_one_and_move_nobody_who_fits(tmp_path: Path) -> None:
    with station(tmp_path, "r503", shifts=SHIFTS) as desk:
        two_each(desk, 200)
        before = set(desk.slots.values())
        assert before == {str(number) for number in range(1000, 1200)}
        assert all(go_to(desk, hour, 31) == before for hour in (7, 17, 19, 6))


def test_a_new_title_is_noticed(tmp_path: Path) -> None:
    guards = Shift("guards", frozenset(range(7)), time(0), time(0), titles=frozenset({"Guard"}))
    with station(tmp_path, "r503", shifts=[guards]) as desk:
        fill(desk, 205)
        settled(desk)
        outside = {str(number) for number in range(1000, 1205)} - set(desk.slots.values())
        roster = desk.store.members.all()
        promoted = [msgspec.structs.replace(each, title="GUARD") if each.uid in outside else each for each in roster]
        desk.store.members.replace_all(promoted, 1)
        settled(desk)
        assert outside < set(desk.slots.values())


def test_a_clock_that_nobody_has_set_moves_nobody(tmp_path: Path) -> None:
    with station(tmp_path, "r503", shifts=SHIFTS) as desk:
        two_each(desk, 240)
        before = go_to(desk, 7, 29)
        everybody_punches(desk, sorted(before)[:5])
        desk.clock.state = ClockState.UNSYNCED
        assert go_to(desk, 7, 31) == go_to(desk, 19, 31) == before
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
