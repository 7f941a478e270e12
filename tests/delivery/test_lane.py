"""The lanes against a real sandbox: whatever happens on the way, each thing is there once, in order, or says why not."""

import random

import msgspec
import pytest

from kiosk.clock import FakeClock
from kiosk.delivery.attendance import AttendanceCourier
from kiosk.delivery.budget import Budget
from kiosk.delivery.lane import FLOAT_WAIT_S, IDLE_S, POISON_TRIES, REFUSED_WAIT_S, DeliveryLane, Outcome
from kiosk.delivery.report import Report
from kiosk.delivery.sms import SmsCourier
from kiosk.kemru import ScanReport, Sms, Unavailable, UnknownOutcome
from kiosk.models import ClockState, Delivery, DeliveryState, Direction, Lane, Moment, Punch
from kiosk.sandbox import Outcome as Ending
from kiosk.store import NotSaved, Store
from tests.support.delivery import Bench, member
from tests.support.platform import client
from tests.support.raising import raiser


def test_a_punch_is_reported_and_its_sms_sent(bench: Bench) -> None:
    punch = bench.punch(sms=True)
    bench.run(bench.attendance)
    bench.run(bench.sms)
    assert bench.reported() == {punch.id: 1}
    assert list(bench.texted().values()) == [1]
    assert {row.state for row in bench.rows()} == {DeliveryState.CONFIRMED}
    assert bench.attendance.step() == IDLE_S


def test_in_flight_is_on_disk_before_the_first_byte(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    punch = bench.punch()
    seen: list[DeliveryState] = []
    send = bench.attendance._courier.send

    def look_first(delivery: Delivery, now: Moment) -> Outcome:
        seen.append(bench.state(punch))
        return send(delivery, now)

    monkeypatch.setattr(bench.attendance._courier, "send", look_first)
    bench.run(bench.attendance)
    assert seen == [DeliveryState.IN_FLIGHT]


def test_F068_lost_answers_are_read_back_and_never_sent_twice(bench: Bench) -> None:
    punches = []
    for _ in range(20):
        bench.platform.fault("drop_after", path="/api-single", count=1)
        punches.append(bench.punch())
        bench.run(bench.attendance)
    assert bench.reported() == {punch.id: 1 for punch in punches}
    assert all(row.note == "found" for row in bench.rows())


def test_F068_lost_sms_answers_are_verified_and_never_sent_twice(bench: Bench) -> None:
    bench.platform.fault("drop_after", path="/billing/v1/sms/send")
    for _ in range(5):
        bench.punch(sms=True)
    bench.run(bench.sms, 200)
    assert list(bench.texted().values()) == [1] * 5


def test_F096_a_message_that_the_platform_could_not_send_is_not_called_delivered(bench: Bench) -> None:
    bench.platform.outcomes.add(Ending("5000", call="sms"))
    bench.platform.fault("drop_after", path="/billing/v1/sms/send", count=1)
    punch = bench.punch(sms=True)
    bench.run(bench.sms)
    assert bench.state(punch, Lane.SMS) is DeliveryState.REJECTED
    assert list(bench.texted().values()) == [1]


@pytest.mark.parametrize("kind", ["down", "html", "huge", "mistyped", "other_reference", "cut"])
def test_F070_F071_F072_F076_untrue_answers_are_outages(bench: Bench, kind: str) -> None:
    punch = bench.punch()
    bench.platform.fault(kind, path="/api-single", count=3, size=2 << 20)
    bench.attendance.step()
    assert bench.state(punch) in {DeliveryState.UNKNOWN, DeliveryState.PENDING}
    assert bench.attendance.trouble
    bench.run(bench.attendance)
    assert bench.reported() == {punch.id: 1}
    assert bench.attendance.trouble == ""


def test_F067_an_outage_backs_off_then_probes_once_a_minute_and_loses_nothing(bench: Bench) -> None:
    punches = [bench.punch() for _ in range(3)]
    bench.platform.stop()
    pauses = []
    for _ in range(10):
        pauses.append(bench.attendance.step())
        bench.clock.advance(pauses[-1])
    assert all(0.5 <= pause <= 32.0 for pause in pauses[:4]), pauses
    assert pauses[5:] == pytest.approx([60.0] * 5), "the breaker lets one probe a minute through"
    assert bench.state(punches[0]) is DeliveryState.PENDING, "a refused connection did not happen"
    bench.platform.start()
    bench.run(bench.attendance)
    assert bench.reported() == {punch.id: 1 for punch in punches}


def test_a_restart_in_flight_is_looked_up_first(bench: Bench) -> None:
    sent, unsent = bench.punch(), bench.punch(member("20172"))
    for _ in range(2):
        claimed = bench.store.outbox.claim(Lane.ATTENDANCE)
        assert claimed is not None
        if claimed.id == sent.id:
            bench.attendance._courier.send(claimed, bench.clock.now())
    assert bench.store.outbox.recover() == 2
    bench.run(bench.attendance)
    assert bench.reported() == {sent.id: 1, unsent.id: 1}
    notes = {row.id: row.note for row in bench.rows()}
    assert notes[sent.id] == "found"
    assert notes[unsent.id] != "found"


def test_oldest_first_per_person_and_nobody_waits_for_a_stranger(bench: Bench) -> None:
    order = [bench.punch(member(uid)).id for uid in ("20170", "20171", "20170", "20171", "20170")]
    bench.run(bench.attendance)
    arrived = [entry["reference"] for entry in bench.platform.state.ledger()["attendance"]]
    assert [each for each in arrived if each in {order[0], order[2], order[4]}] == [order[0], order[2], order[4]]
    assert [each for each in arrived if each in {order[1], order[3]}] == [order[1], order[3]]


@pytest.mark.parametrize("status", [400, 422])
def test_F059_a_refused_record_is_set_aside_and_the_others_go_on(bench: Bench, status: int) -> None:
    bad, good = bench.punch(), bench.punch()
    bench.platform.fault("status", path="/api-single", count=1, status=status, body='{"status_code":"1109"}')
    bench.run(bench.attendance)
    assert bench.state(bad) is DeliveryState.REJECTED
    assert bench.state(good) is DeliveryState.CONFIRMED
    assert bench.attendance.status().failed == 1


@pytest.mark.parametrize(
    ("status", "code", "pause"),
    [
        (401, "1102", REFUSED_WAIT_S),
        (403, "1103", REFUSED_WAIT_S),
        (400, "1104", REFUSED_WAIT_S),
        (400, "1107", FLOAT_WAIT_S),
    ],
)
def test_F060_F061_F064_a_refused_account_stops_the_lane_and_keeps_the_punch(
    bench: Bench, status: int, code: str, pause: float
) -> None:
    punch = bench.punch()
    bench.platform.fault("status", path="/api-single", status=status, body=f'{{"status_code":"{code}"}}')
    assert bench.attendance.step() == pytest.approx(pause)
    assert bench.state(punch) is DeliveryState.PENDING
    assert bench.attendance.trouble
    bench.platform.fault("none")
    assert bench.attendance.step() == pytest.approx(pause), "no probe before its time"
    bench.attendance.nudge()
    bench.run(bench.attendance)
    assert bench.reported() == {punch.id: 1}


def test_F065_retry_after_is_obeyed(bench: Bench) -> None:
    bench.punch()
    bench.platform.fault("status", path="/api-single", count=1, status=429, body="{}", headers={"Retry-After": "17"})
    assert bench.attendance.step() == pytest.approx(17.0)
    bench.run(bench.attendance)


def test_F080_a_poisoned_record_is_quarantined_and_the_others_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, good = bench.punch(), bench.punch(member("20172"))
    send = bench.attendance._courier.send

    def choke(delivery: Delivery, now: Moment) -> Outcome:
        if delivery.id == poison.id:
            raise RecursionError
        return send(delivery, now)

    monkeypatch.setattr(bench.attendance._courier, "send", choke)
    bench.run(bench.attendance)
    assert bench.state(poison) is DeliveryState.QUARANTINED
    assert bench.state(good) is DeliveryState.CONFIRMED
    assert next(row.attempts for row in bench.rows() if row.id == poison.id) == 2 * POISON_TRIES - 1


def test_F028_nothing_is_sent_while_the_clock_is_not_set(bench: Bench) -> None:
    bench.clock.state = ClockState.UNSYNCED
    punch = bench.punch()
    bench.attendance.step()
    assert bench.state(punch) is DeliveryState.PENDING
    assert "clock" in bench.attendance.trouble
    bench.clock.state = ClockState.HOLDOVER
    bench.run(bench.attendance)
    assert bench.reported() == {punch.id: 1}


def test_an_old_punch_is_sent_as_offline(bench: Bench) -> None:
    late, prompt = bench.punch(), None
    bench.clock.advance(3600)
    prompt = bench.punch()
    bench.run(bench.attendance)
    offline = {entry["reference"]: bool(entry["offline_mode"]) for entry in bench.platform.state.ledger()["attendance"]}
    assert offline == {late.id: True, prompt.id: False}


def test_the_same_body_goes_out_again(bench: Bench) -> None:
    punch = bench.punch()
    body = bench.rows()[0].body
    bench.platform.fault("down", path="/api-single", count=2)
    bench.run(bench.attendance)
    assert bench.rows()[0].body == body
    assert bench.reported() == {punch.id: 1}


def test_random_troubles_end_with_everything_there_once(bench: Bench) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    punches = []
    for _ in range(25):
        if chance.random() < 0.6:
            kind = chance.choice(["drop_after", "down", "html", "mistyped", "cut", "other_reference"])
            path = chance.choice(["/api-single", "/billing", "/transactions", ""])
            bench.platform.fault(kind, path=path, count=chance.randint(1, 3), at=chance.randint(0, 300))
        punches.append(bench.punch(member(chance.choice(["20170", "20172"])), sms=True))
        if chance.random() < 0.3:
            bench.store.outbox.claim(chance.choice(list(Lane)))
            bench.store.outbox.recover()
        for lane in (bench.attendance, bench.sms):
            bench.clock.advance(lane.step())
    bench.platform.fault("none")
    for lane in (bench.attendance, bench.sms):
        lane.nudge()
        bench.run(lane, 300)
    assert bench.reported() == {punch.id: 1 for punch in punches}
    assert sorted(bench.texted().values()) == [1] * len(punches)


def test_I006_the_platform_never_sees_more_than_its_limits(store: Store, clock: FakeClock) -> None:
    """Drained at full speed with several minutes' worth waiting: no 60 seconds hold more than 60 requests, and few hold fewer."""

    class Instant:
        lane = Lane.ATTENDANCE

        def send(self, delivery: Delivery, now: Moment) -> Outcome:
            sent.append(clock.monotonic())
            return Outcome(DeliveryState.CONFIRMED)

        def look_up(self, delivery: Delivery) -> bool:
            return False

    sent: list[float] = []
    lane = DeliveryLane(Instant(), store, clock, Budget(store, per_minute=60, per_day=5000))
    bench = Bench(store, clock, None, lane, lane)  # type: ignore[arg-type]  no platform is needed here
    for number in range(300):
        bench.punch(member(str(number)))
    while store.outbox.status(Lane.ATTENDANCE).waiting:
        clock.advance(max(lane.step(), 0.001))
    busiest = max(sum(1 for other in sent if first <= other < first + 60.0) for first in sent)
    assert busiest <= 60
    took = sent[-1] - sent[0]
    assert 240 / took * 60 >= 0.98 * 60, f"{240 / took * 60:.1f} of 60 a minute"


def test_F010_an_outcome_that_could_not_be_written_down_is_written_when_the_disk_can_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    punches = [bench.punch(), bench.punch()]  # of one member: the second waits for the first
    with monkeypatch.context() as full:
        full.setattr(bench.store.outbox, "settle", raiser(NotSaved("the disk is full")))
        for _ in range(3):
            with pytest.raises(NotSaved):
                bench.attendance.step()
        assert "the disk is full" in bench.attendance.status().trouble
    bench.run(bench.attendance)
    assert [bench.state(punch) for punch in punches] == [DeliveryState.CONFIRMED] * 2
    assert bench.reported() == {punch.id: 1 for punch in punches}


def test_F080_what_breaks_after_the_bytes_left_is_looked_up_before_it_is_sent_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    punch = bench.punch(sms=True)
    with monkeypatch.context() as broken:
        broken.setattr("kiosk.kemru.replies.receipt", raiser(MemoryError()))
        bench.clock.advance(bench.sms.step())
        assert bench.state(punch, Lane.SMS) is DeliveryState.UNKNOWN
    monkeypatch.setattr(SmsCourier, "send", raiser(AssertionError("sent again")))
    bench.run(bench.sms)
    assert set(bench.texted().values()) == {1}


def test_F083_one_failure_of_our_own_after_many_of_the_network_quarantines_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    punch = bench.punch()
    with monkeypatch.context() as down:
        down.setattr(AttendanceCourier, "send", raiser(Unavailable("not reached")))
        for _ in range(10):
            bench.clock.advance(bench.attendance.step())
    with monkeypatch.context() as broken:
        broken.setattr(AttendanceCourier, "send", raiser(MemoryError()))
        bench.clock.advance(bench.attendance.step())
    bench.run(bench.attendance)
    assert bench.state(punch) is DeliveryState.CONFIRMED


def test_F067_a_record_that_the_platform_stumbles_over_does_not_burn_the_days_requests(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.punch()
    monkeypatch.setattr(AttendanceCourier, "send", raiser(UnknownOutcome("HTTP 500")))
    begun = bench.clock.monotonic()
    steps = 0
    while bench.clock.monotonic() - begun < 3600:
        bench.clock.advance(bench.attendance.step())
        steps += 1
    assert steps < 150  # a send and a look-up a minute, and a little at the beginning


def _held_as(bench: Bench, punch: Punch, **changes: str) -> None:
    """Let the platform have a scan under the punch's id already."""
    (row,) = bench.store.outbox.of_punch(punch.id)
    report = msgspec.json.decode(row.body, type=Report)
    facts = {"uid": report.uid, "time": report.time, "direction": Direction(report.direction)} | changes
    with client(bench.platform) as kemru:
        kemru.report(ScanReport(reference=punch.id, device="elsewhere", **facts))  # type: ignore[arg-type]


def test_F063_a_duplicate_of_the_same_scan_is_confirmed(bench: Bench) -> None:
    punch = bench.punch()
    _held_as(bench, punch)
    before = bench.platform.state.traffic.summary(0)["total"]
    bench.attendance.step()
    assert bench.platform.state.traffic.summary(0)["total"] == before + 1, "one request for each claim"
    bench.run(bench.attendance)
    assert bench.state(punch) is DeliveryState.CONFIRMED
    assert bench.reported() == {punch.id: 1}


@pytest.mark.parametrize(
    "other", [{"direction": Direction.OUT}, {"time": "2020-01-01T00:00:00+03:00"}, {"uid": "20171"}], ids=str
)
def test_F063_a_duplicate_of_another_scan_is_rejected(bench: Bench, other: dict[str, str]) -> None:
    punch, next_one = bench.punch(), bench.punch()
    _held_as(bench, punch, **other)
    bench.run(bench.attendance)
    assert bench.state(punch) is DeliveryState.REJECTED
    assert bench.state(next_one) is DeliveryState.CONFIRMED


def test_F063_a_duplicate_message_is_looked_into(bench: Bench) -> None:
    punches = [bench.punch(sms=True), bench.punch(member("20171"), sms=True)]
    for punch, code in zip(punches, ("0000", "5000"), strict=True):
        (row,) = [each for each in bench.store.outbox.of_punch(punch.id) if each.lane is Lane.SMS]
        bench.platform.outcomes.add(Ending(code, call="sms"))
        with client(bench.platform) as kemru:
            kemru.submit(Sms(phone="0711000101", otp="4823", reference=row.id))
        bench.platform.outcomes.clear()
    bench.run(bench.sms)
    assert [bench.state(each, Lane.SMS) for each in punches] == [DeliveryState.CONFIRMED, DeliveryState.REJECTED]
