from datetime import UTC, datetime, timedelta

import pytest

from kiosk.models import ClockState, Direction, FingerName, Lane
from kiosk.screen.chips import Chip, Level, chips, pack
from kiosk.screen.face import Mood, answer, enrolment, resting, seconds
from kiosk.screen.page import rows
from kiosk.screen.view import STALE_S, View
from kiosk.screen.words import age, clock_time, date, day_time, left
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult, Status
from tests.support.daemon_double import AT, lane, scan, station, status

WELCOME = scan(ScanKind.WELCOME, "Wanjiku", Direction.IN)


def view(told: Status | None = None) -> View:
    made = View("en")
    made.told(told or status(), 100.0)
    return made


def words(told: Status, language: str = "en") -> list[str]:
    return [chip.words for chip in chips(told, language)]


def levels(told: Status) -> list[Level]:
    return [chip.level for chip in chips(told, "en")]


@pytest.mark.parametrize(
    ("result", "mood", "title", "said"),
    [
        (WELCOME, Mood.WELCOME, "Wanjiku", "IN at 08:01"),
        (scan(ScanKind.GOODBYE, "Otieno", Direction.OUT), Mood.GOODBYE, "Otieno", "OUT at 08:01"),
        (scan(ScanKind.ALREADY, "Mwangi", Direction.IN), Mood.ALREADY, "Mwangi", "Already in at 08:01"),
        (scan(ScanKind.ALREADY, "Mwangi", Direction.OUT), Mood.ALREADY, "Mwangi", "Already out at 08:01"),
        (scan(ScanKind.ALREADY, "Mwangi"), Mood.ALREADY, "Mwangi", "Already recorded at 08:01"),
        (scan(ScanKind.NOT_RECOGNISED), Mood.NOT_RECOGNISED, "Not recognised", "Put your finger on the scanner again."),
        (
            scan(ScanKind.TRY_AGAIN, advice="dry"),
            Mood.TRY_AGAIN,
            "Try again",
            "Your finger is dry. Breathe on it, then press harder.",
        ),
        (
            scan(ScanKind.TRY_AGAIN, advice="from a newer version"),
            Mood.TRY_AGAIN,
            "Try again",
            "Put your finger on the scanner again.",
        ),
        (
            scan(ScanKind.NOT_SAVED, advice="see_office"),
            Mood.NOT_SAVED,
            "Not saved",
            "You have NOT been recorded.\nPlease go to the office.",
        ),
        (scan(ScanKind.DENIED), Mood.DENIED, "Not allowed", "Please go to the office."),
        (
            scan(ScanKind.DENIED, advice="pin_wrong"),
            Mood.DENIED,
            "Not allowed",
            "The number or the PIN is not right. Try again, or go to the office.",
        ),
        (
            scan(ScanKind.WAIT, seconds=29.2, advice="wait"),
            Mood.WAIT,
            "Please wait",
            "30 sToo many tries. Try again after that, or go to the office.",
        ),
    ],
)
def test_answers(result: ScanResult, mood: Mood, title: str, said: str) -> None:
    face = answer(result, "en")
    assert (face.mood, face.title) == (mood, title)
    assert (face.when + face.detail) == said


def test_only_what_is_on_disk_looks_like_a_welcome() -> None:
    others = set(ScanKind) - {ScanKind.WELCOME, ScanKind.GOODBYE}
    assert all(
        answer(scan(kind, "Ann", Direction.IN), "en").mood not in {Mood.WELCOME, Mood.GOODBYE} for kind in others
    )


def test_bad_news_stays_longer() -> None:
    assert seconds(WELCOME) == 4.0
    assert seconds(scan(ScanKind.NOT_SAVED)) > seconds(WELCOME)


def test_an_answer_passes_after_its_seconds() -> None:
    seen = view()
    assert seen.scanned(WELCOME, 101.0) == 4.0
    assert seen.face(104.9).mood is Mood.WELCOME
    assert seen.face(105.0).mood is Mood.READY


def test_a_wait_counts_down() -> None:
    seen = view()
    assert seen.scanned(scan(ScanKind.WAIT, seconds=5.0), 100.5) == 5.0
    assert [seen.face(100.5 + passed).when for passed in (0.0, 0.9, 1.0, 4.9)] == ["5 s", "5 s", "4 s", "1 s"]
    seen.told(status(), 105.0)
    assert seen.face(105.5).mood is Mood.READY


@pytest.mark.parametrize(
    ("given", "shown", "said"), [(900.0, 30.0, "15 min"), (None, 30.0, "30 s"), (-1.0, 1.0, "1 s"), (0.0, 1.0, "1 s")]
)
def test_a_wait_of_any_length_leaves_the_screen_to_others(given: float | None, shown: float, said: str) -> None:
    seen = view()
    assert seen.scanned(scan(ScanKind.WAIT, seconds=given), 100.0) == shown
    assert seen.face(100.0).when == said


def test_what_was_recorded_is_seen_even_with_a_key_stuck() -> None:
    seen = view()
    for kind, firm in (
        (ScanKind.WELCOME, True),
        (ScanKind.NOT_SAVED, True),
        (ScanKind.WAIT, True),
        (ScanKind.NOT_RECOGNISED, False),
        (ScanKind.DENIED, False),
    ):
        seen.scanned(scan(kind, "Ann", Direction.IN), 101.0)
        assert seen.listens(101.1) is not firm
    seen.scanned(WELCOME, 101.0)
    assert seen.listens(103.0)
    seen.enrolled(step("place"), 103.0)
    assert not seen.listens(103.1), "the scanner belongs to the enrolment"


def test_numbers_are_taken_whatever_the_scanner_says_but_not_by_a_daemon_that_is_gone() -> None:
    assert view(status(stations=[station(ScannerHealth.FAULT, calls=False)])).listens(101.0), "there is the PIN"
    assert not view().listens(100.0 + STALE_S + 0.1)
    assert not View("en").listens(0.0)
    seen = view()
    seen.lost("hung up")
    assert not seen.listens(100.0)


@pytest.mark.parametrize("calls", [True, False])
def test_a_number_is_offered_where_it_is_taken(calls: bool) -> None:  # noqa: FBT001  a parameter of a test
    seen = view(status(stations=[station(calls=calls)]))
    hint = "Not recognised? Type your number." if calls else ""
    assert seen.face(100.0).hint == hint
    seen.scanned(scan(ScanKind.NOT_RECOGNISED), 100.0)
    assert seen.face(100.0).hint == hint
    seen.scanned(WELCOME, 100.0)
    assert seen.face(100.0).hint == ""


def test_a_new_scan_replaces_the_old_at_once() -> None:
    seen = view()
    seen.scanned(WELCOME, 101.0)
    seen.scanned(scan(ScanKind.NOT_RECOGNISED), 101.1)
    assert seen.face(101.1).mood is Mood.NOT_RECOGNISED


def test_before_anything_was_heard_the_kiosk_is_not_running() -> None:
    assert View("en").face(0.0).mood is Mood.GONE
    assert View("en").chips(0.0) == [Chip(Level.BAD, "Kiosk not running")]


def test_a_lost_daemon_takes_every_claim_with_it() -> None:
    seen = view()
    seen.scanned(WELCOME, 101.0)
    seen.lost("the daemon hung up")
    assert seen.face(101.0).mood is Mood.GONE
    assert [chip.words for chip in seen.alarms(101.0)] == ["Kiosk not running", "the daemon hung up"]


def test_a_status_goes_stale() -> None:
    seen = view()
    assert seen.face(100.0 + STALE_S).mood is Mood.READY
    assert seen.alarms(100.0 + STALE_S) == []
    late = 100.0 + STALE_S + 0.1
    assert seen.face(late).mood is Mood.STALE
    assert [chip.words for chip in seen.chips(late)] == ["No news for 5 s"]
    assert len(seen.alarms(late)) == 1
    seen.told(status(), late)
    assert seen.face(late).mood is Mood.READY


def test_the_clock_is_the_sites_own() -> None:
    eight = datetime(2026, 11, 23, 5, 1, 22, tzinfo=UTC)
    assert view().local(eight).hour == 8
    assert view(status(now="rubbish")).local(eight) == eight
    assert View("en").local(eight) == eight


@pytest.mark.parametrize(
    ("health", "mood"),
    [
        (ScannerHealth.READY, Mood.READY),
        (ScannerHealth.STARTING, Mood.STARTING),
        (ScannerHealth.FAULT, Mood.FAULT),
        (ScannerHealth.LOCKED, Mood.LOCKED),
    ],
)
def test_the_scanners_health_decides_what_people_are_asked(health: ScannerHealth, mood: Mood) -> None:
    assert resting(status(stations=[station(health)]), "en").mood is mood


def test_a_fault_says_what_the_daemon_said() -> None:
    face = resting(status(stations=[station(ScannerHealth.FAULT, detail="no answer\nCheck the cable.")]), "en")
    assert face.detail == "The scanner is not working. Tell the office.\nno answer Check the cable."


def test_one_working_scanner_is_enough() -> None:
    told = status(stations=[station(ScannerHealth.FAULT, name="back"), station()])
    assert resting(told, "en").mood is Mood.READY
    assert words(told)[:2] == ["back: Scanner fault", "gate: Scanner ready"]


def test_fingers_to_restore_are_no_alarm_and_people_to_enrol_are_a_warning() -> None:
    told = status(stations=[station(waiting=12, absent=3)])
    assert chips(told, "en")[1:3] == [
        Chip(Level.GOOD, "restoring fingers: 12 left"),
        Chip(Level.DOUBT, "people to enrol: 3"),
    ]
    two = status(stations=[station(waiting=1), station(name="back", absent=1)])
    assert words(two)[:4] == [
        "gate: Scanner ready",
        "gate: restoring fingers: 1 left",
        "back: Scanner ready",
        "back: people to enrol: 1",
    ]


def test_no_scanner_and_no_storage_are_faults() -> None:
    assert resting(status(stations=[]), "en").detail == "No scanner is set up."
    assert resting(status(storage="disk full"), "en").detail == "disk full"
    assert Chip(Level.BAD, "Storage: disk full") in chips(status(storage="disk full"), "en")


def test_all_is_well() -> None:
    assert words(status()) == ["Scanner ready", "All sent, last sent 08:01", "Time good", "Storage good"]
    assert set(levels(status())) == {Level.GOOD}


@pytest.mark.parametrize(
    ("lanes", "said", "level"),
    [
        ([lane(last_delivered=None)], "All sent, none sent yet", Level.GOOD),
        ([lane(waiting=3, oldest_age_s=130.0)], "3 waiting, oldest 2 min, last sent 08:01", Level.GOOD),
        (
            [lane(waiting=1), lane(Lane.SMS, waiting=1, oldest_age_s=7.5)],
            "2 waiting, oldest 7 s, last sent 08:01",
            Level.GOOD,
        ),
        ([lane(waiting=3, oldest_age_s=None, trouble="offline")], "3 waiting, last sent 08:01", Level.DOUBT),
        ([lane(failed=2)], "All sent, 2 failed, last sent 08:01", Level.BAD),
    ],
)
def test_the_queue_in_words(lanes: list[object], said: str, level: Level) -> None:
    told = status(lanes=lanes)
    assert words(told)[1] == said
    assert levels(told)[1] is level


def test_trouble_with_the_platform_is_told_even_when_nothing_waits() -> None:
    assert Chip(Level.DOUBT, "Kemru: no network") in chips(status(sync_trouble="no network"), "en")


def test_a_clock_nobody_set_is_told() -> None:
    told = status(clock=ClockState.UNSYNCED)
    assert Chip(Level.BAD, "Time not set") in chips(told, "en")
    assert view(told).clock_unset
    assert not view().clock_unset


def test_the_worst_facts_stay_when_room_is_short() -> None:
    every = [Chip(Level.GOOD, "a" * 20), Chip(Level.BAD, "b" * 10), Chip(Level.DOUBT, "c" * 10)]
    assert [[chip.words[0] for chip in row] for row in pack(every, 60, 1)] == [["a", "b", "c"]]
    assert [[chip.words[0] for chip in row] for row in pack(every, 30, 1)] == [["b", "c"]]
    assert [[chip.words[0] for chip in row] for row in pack(every, 30, 2)] == [["a"], ["b", "c"]]
    assert [[chip.words[0] for chip in row] for row in pack(every, 5, 1)] == [["b"]]
    assert pack([], 5, 1) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (86_400, "1 d"), (1e6, "11 d")],
)
def test_ages(given: float, said: str) -> None:
    assert age(given, "en") == said


@pytest.mark.parametrize(
    ("given", "said"),
    [(-1, "0 s"), (0.1, "1 s"), (30.0, "30 s"), (119.0, "119 s"), (119.5, "2 min"), (121, "3 min"), (900, "15 min")],
)
def test_time_left_is_rounded_up(given: float, said: str) -> None:
    assert left(given, "en") == said


def test_dates_and_times() -> None:
    day = datetime(2026, 11, 23, 8, 1, tzinfo=UTC)
    assert date(day, "en") == "Monday 23 November 2026"
    assert date(day, "sw") == "Jumatatu, 23 Novemba 2026"
    assert clock_time(AT) == "08:01"
    assert clock_time("\x1b[2Jnonsense and more") == "[2Jnonsense and…"
    assert day_time(AT, day, "en") == "08:01"
    assert day_time(AT, day + timedelta(days=1), "en") == "23 November 08:01"


def test_every_day_and_month_has_a_name() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({date(first + timedelta(days=each), "sw") for each in range(365)}) == 365


def step(name: str, *, final: bool = False, ok: bool = False, message: str = "") -> EnrolProgress:
    return EnrolProgress("1", "m", FingerName.RIGHT_INDEX, name, sample=2, final=final, ok=ok, message=message)


def test_an_enrolment_is_shown_step_by_step() -> None:
    assert enrolment(step("captured"), "en").detail == "Good. Press 2 is done."
    assert enrolment(step("new step", message="Do as it says."), "en").detail == "Do as it says."
    done, failed = (
        enrolment(step("second", final=True, ok=True, message="Enrolled."), "en"),
        enrolment(step("mismatch", final=True, message="Two fingers."), "en"),
    )
    assert (done.mood, failed.mood) == (Mood.ENROLLED, Mood.DENIED)
    assert done.detail == "Your finger is enrolled. Now enrol a second finger, in case this one is hurt."
    assert enrolment(step("done", final=True, ok=True), "en").detail == "Your finger is enrolled."
    assert failed.detail == "Your finger was not enrolled. Two fingers."


def test_an_enrolment_left_alone_goes_away() -> None:
    seen = view()
    assert seen.enrolled(step("place"), 101.0) == 30.0
    assert seen.enrolled(step("stored", final=True, ok=True), 102.0) == 6.0


def test_the_page_tells_everything() -> None:
    told = status(
        stations=[station(ScannerHealth.FAULT, detail="no answer. Check the cable.")],
        lanes=[lane(waiting=3, failed=1, trouble="offline"), lane(Lane.SMS, last_delivered=None)],
        sync_trouble="the platform refuses the key",
        templates_trouble="no template key",
        last_roster=None,
    )
    page = "\n".join(f"{row.label}: {row.words}" for row in rows(told, "en"))
    for fact in ("0.1.0, running for 1 d, process 412", "Members: 312", "Fingers: 618", "Punches today: 147", "Last roster: never",
                 "Scanner fault, R503", "180 of 200 places", "Trouble: no answer. Check the cable.", "3 waiting, 1 failed, last sent 08:01",
                 "Trouble: offline", "0 waiting, 0 failed, last sent never", "Trouble: the platform refuses the key",
                 "Trouble: no template key"):  # fmt: skip
        assert fact in page


def test_the_page_says_where_a_station_is_and_whom_it_does_not_know() -> None:
    told = status(stations=[station(place="main gate", port="/dev/ttyUSB0", waiting=12, absent=3)])
    page = [(row.label, row.words, row.level) for row in rows(told, "en")]
    assert ("", "at main gate", Level.GOOD) in page
    assert ("", "port /dev/ttyUSB0", Level.GOOD) in page
    assert ("", "restoring fingers: 12 left", Level.GOOD) in page
    assert ("To enrol", "3 people have to be enrolled on this scanner", Level.DOUBT) in page
    one = rows(status(stations=[station(absent=1)]), "en")
    assert "1 person has to be enrolled on this scanner" in [row.words for row in one]
    bare = {row.words for row in rows(status(), "en")}
    assert not any(part in said for said in bare for part in ("port", "restoring", "enrolled on", "at "))
