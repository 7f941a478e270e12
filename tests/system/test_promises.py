"""The promises, with real processes: a serial line, HTTP, a disk, and `kill -9`."""

import random
import threading
import time
from collections import Counter

import pytest

import drivers
from kiosk.control.client import ControlClient
from kiosk.control.protocol import DaemonGoneError
from kiosk.demo.hands import Hands, finger_of
from kiosk.demo.stage import Stage
from kiosk.errors import Exit
from kiosk.models import DeliveryState, Member
from kiosk.views import ScanKind, ScannerHealth, ScanResult, Status
from tests.support.kiosk import drained, kiosk, presses, spoil, until


def delivered_once(stage: Stage, green: list[str]) -> None:
    """Every punch that somebody saw in green is in the log, at the platform exactly once, and its SMS exactly once."""
    until(stage, drained)
    with stage.client() as client:
        views = {view.punch.id: view for view in client.punches(limit=1000)}
        assert client.ask(dict, "verify_log")["ok"]
    missing = [punch for punch in green if punch not in views]
    assert not missing, f"shown green and lost: {missing}"
    ledger = stage.ledger()
    reported = Counter(entry["reference"] for entry in ledger["attendance"])
    texted = Counter(entry["reference"] for entry in ledger["sms"])
    assert reported == Counter(list(views)), "the platform holds each punch exactly once, and nothing else"
    assert set(texted.values()) == {1}
    for view in views.values():
        assert {each.state for each in view.deliveries.values()} == {DeliveryState.CONFIRMED}


class Killer:
    """Presses fingers and kills the daemon at random moments; remembers what was shown green."""

    def __init__(self, stage: Stage, people: list[Member], seed: int) -> None:
        self.green: list[str] = []
        self._stage = stage
        self._people = people
        self._chance = random.Random(seed)

    def round(self) -> None:
        watcher = ControlClient(self._stage.socket)
        hands = Hands(self._stage, watcher)
        timer = threading.Timer(self._chance.uniform(0.0, 0.35), self._stage.kill_daemon)
        try:
            hands.place(finger_of(self._chance.choice(self._people)))
            timer.start()
            self._look(watcher)
        finally:
            timer.join()
            watcher.close()
            drivers.lift_finger(self._stage.scanner)
        self._stage.start_daemon()

    def _look(self, watcher: ControlClient) -> None:
        try:
            for event in watcher.watch():
                if isinstance(event, ScanResult) and event.kind in {ScanKind.WELCOME, ScanKind.GOODBYE}:
                    assert event.punch_id is not None
                    self.green.append(event.punch_id)
        except DaemonGoneError:
            return


def kill_rounds(rounds: int) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    with kiosk() as (stage, people):
        killer = Killer(stage, people, seed)
        for _ in range(rounds):
            killer.round()
        assert killer.green, "no round got as far as green: the delays are wrong"
        delivered_once(stage, killer.green)


def test_F081_killed_at_random_moments() -> None:
    kill_rounds(6)


@pytest.mark.slow
def test_F081_killed_at_random_moments_two_hundred_times() -> None:
    kill_rounds(200)


def test_F068_every_answer_is_lost_and_everything_is_there_once() -> None:
    with kiosk() as (stage, people), stage.client() as watcher:
        hands = Hands(stage, watcher)
        spoil(stage, kind="drop_after", path="/billing/v1/sms/send")
        green = []
        for number in range(4):
            spoil(stage, kind="drop_after", path="/api-single", count=1)  # the report is lost; the read-back is not
            green += presses(hands, people[number % 3 :], 1)
            until(stage, drained)
        delivered_once(stage, green)


def test_F067_an_outage_is_not_noticed_at_the_glass_and_drains_in_order() -> None:
    with kiosk() as (stage, people), stage.client() as watcher:
        hands = Hands(stage, watcher)
        before = timed(hands, people, 6)
        stage.cut_kemru()
        during = timed(hands, people, 9)
        waiting = until(stage, lambda status: status.lanes[0].waiting >= 9)
        assert waiting.lanes[0].oldest_age_s is not None
        stage.connect_kemru()
        with stage.client() as client:
            client.call("sync")
        green = [punch for punch, _ in before + during]
        delivered_once(stage, green)
        arrived = [entry["reference"] for entry in stage.ledger()["attendance"]]
        for member in range(len(people)):
            theirs = green[:6][member :: len(people)] + green[6:][member :: len(people)]
            assert [reference for reference in arrived if reference in theirs] == theirs, "oldest first per person"
        # A ratio of medians on a shared machine; ten times is far from what a blocked scan path would show (seconds).
        assert median(during) < 10 * median(before) + 0.5


def timed(hands: Hands, people: list[Member], count: int) -> list[tuple[str, float]]:
    taken = []
    for number in range(count):
        hands.await_empty()
        start = time.monotonic()
        [punch] = presses(hands, [people[number % len(people)]], 1)
        taken.append((punch, time.monotonic() - start))
    return taken


def median(taken: list[tuple[str, float]]) -> float:
    return sorted(seconds for _, seconds in taken)[len(taken) // 2]


def silence_at(stage: Stage, people: list[Member], position: int) -> tuple[float, float]:
    """Silence the scanner at byte `position` of its answers; returns seconds until it was reported, and until it was back."""
    with stage.client() as watcher, stage.client() as other:
        hands = Hands(stage, other)
        hands.await_empty()
        events = watcher.watch()
        next(events)
        drivers.emulator_request(stage.scanner, "fault", kind="silent", at=position)
        drivers.place_finger(stage.scanner, finger_of(people[0]))
        start = time.monotonic()
        reported = seconds_until(events, start, ScannerHealth.FAULT)
        hands.lift()
        drivers.emulator_request(stage.scanner, "clear-faults")
        start = time.monotonic()
        back = seconds_until(events, start, ScannerHealth.READY)
        result = hands.press(finger_of(people[0]))
        assert result.kind in {ScanKind.WELCOME, ScanKind.GOODBYE}
    return reported, back


def seconds_until(events: object, start: float, health: ScannerHealth) -> float:
    for event in events:  # type: ignore[attr-defined]
        if isinstance(event, Status) and event.stations[0].health is health:
            return time.monotonic() - start
    raise AssertionError("the watch ended")


@pytest.mark.parametrize("positions", [[0, 5, 13, 30]])
def test_F042_silence_is_reported_within_3_s_and_mended_within_10(positions: list[int]) -> None:
    with kiosk() as (stage, people):
        for position in positions:
            reported, back = silence_at(stage, people, position)
            assert reported < 3.0, position
            assert back < 10.0, position


@pytest.mark.slow
def test_F042_silence_at_every_byte_of_an_identification() -> None:
    worst_reported = worst_back = 0.0
    with kiosk() as (stage, people):
        for position in range(12 + 12 + 16):
            reported, back = silence_at(stage, people, position)
            worst_reported, worst_back = max(worst_reported, reported), max(worst_back, back)
    print(f"reported after at most {worst_reported:.2f} s, back after at most {worst_back:.2f} s")
    assert worst_reported < 3.0
    assert worst_back < 10.0


def test_F048_a_scanner_that_is_pulled_and_put_back() -> None:
    with kiosk() as (stage, people), stage.client() as watcher:
        hands = Hands(stage, watcher)
        drivers.emulator_request(stage.scanner, "unplug")
        fault = until(stage, lambda status: status.stations[0].health is ScannerHealth.FAULT)
        assert "cable" in fault.stations[0].detail or "Plug the scanner in" in fault.stations[0].detail
        drivers.emulator_request(stage.scanner, "replug")
        until(stage, lambda status: status.stations[0].health is ScannerHealth.READY)
        assert hands.press(finger_of(people[1])).kind is ScanKind.WELCOME


def test_F071_lies_never_count_as_delivered() -> None:
    with kiosk() as (stage, people), stage.client() as watcher:
        hands = Hands(stage, watcher)
        spoil(stage, kind="html", path="/api-single", count=2)
        spoil(stage, kind="huge", path="/billing/v1/sms/send", count=1)
        green = presses(hands, people, 1)
        with stage.client() as client:
            client.call("sync")
        delivered_once(stage, green)


def test_F086_a_second_daemon_is_refused_and_touches_nothing() -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    with kiosk(enrolled=False) as (stage, _):
        second = subprocess.run(
            [sys.executable, "-m", "kiosk", "run", "--config", str(stage.folder / "kiosk.toml")],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert second.returncode == Exit.FAILURE
        assert "another kiosk daemon (pid" in second.stderr
        with stage.client() as client:
            assert client.status().storage == "ok"
