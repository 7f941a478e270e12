"""The demonstration without a screen: a morning in a minute, and a table that says whether everything arrived exactly once."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click
import msgspec

from kiosk.control.client import ControlClient
from kiosk.demo.hands import STRANGER, Hands, finger_of
from kiosk.demo.stage import Stage, StageError
from kiosk.models import Lane, Member
from kiosk.views import PunchView, ScanKind, ScanResult, Status

REPEAT_S = 2
DRAIN_S = 60.0


class Row(msgspec.Struct, frozen=True):
    """One line of the table: what the kiosk and the sandbox each say of one punch."""

    member: str
    direction: str
    time: str
    durable: bool
    delivered: int
    sms: int

    @property
    def good(self) -> bool:
        """On disk, and exactly once at the far end, the SMS too."""
        return self.durable and self.delivered == 1 and self.sms == 1


def perform() -> bool:
    """Play it; returns whether every punch arrived exactly once and every SMS was accepted once."""
    with Stage(repeat_seconds=REPEAT_S) as stage:
        with stage.client() as watcher, stage.client() as kiosk:
            hands = Hands(stage, watcher)
            people = kiosk.members()
            for member in people:
                hands.enrol(member)
            click.echo(f"enrolled     {', '.join(member.name for member in people)}")
            shown = [*_morning(hands, people), *_outage(stage, hands, people)]
        _drained(stage)
        stage.kill_daemon()
        stage.start_daemon()
        click.echo("killed       the daemon, and started it again on what it had on disk\n")
        with stage.client() as kiosk:
            rows = _rows(shown, kiosk.punches(limit=100), stage.ledger())
    _print(rows)
    return all(row.good for row in rows)


def _morning(hands: Hands, people: Sequence[Member]) -> Iterator[ScanResult]:
    """A hit, a stranger, a repeat, an exit; yields what was shown green."""
    first, second = people[0], people[1]
    yield _expect("hit", hands.press(finger_of(first)), ScanKind.WELCOME)
    _expect("stranger", hands.press(STRANGER), ScanKind.NOT_RECOGNISED)
    _expect("repeat", hands.press(finger_of(first)), ScanKind.ALREADY)
    yield _expect("hit", hands.press(finger_of(second)), ScanKind.WELCOME)
    time.sleep(REPEAT_S)  # the debounce window has to pass for real: this is a demonstration, not a test
    yield _expect("exit", hands.press(finger_of(first)), ScanKind.GOODBYE)


def _outage(stage: Stage, hands: Hands, people: Sequence[Member]) -> Iterator[ScanResult]:
    """The same with Kemru cut off: nobody at the glass notices."""
    stage.cut_kemru()
    click.echo("cut          Kemru cannot be reached")
    yield _expect("hit", hands.press(finger_of(people[2])), ScanKind.WELCOME)
    yield _expect("exit", hands.press(finger_of(people[1])), ScanKind.GOODBYE)
    stage.connect_kemru()
    click.echo("restored     Kemru is back")


def _expect(what: str, result: ScanResult, kind: ScanKind) -> ScanResult:
    who = result.name or "nobody"
    click.echo(f"{what:<12} {result.kind:<15} {who}")
    if result.kind is not kind:
        raise StageError(f"{what}: expected {kind}, the kiosk said {result.kind}")
    return result


def _drained(stage: Stage) -> None:
    """Wait until both lanes are empty; the daemon sends its status every second."""
    deadline = time.monotonic() + DRAIN_S
    with ControlClient(stage.socket) as kiosk:
        for event in kiosk.watch():
            if isinstance(event, Status) and not any(lane.waiting for lane in event.lanes):
                return
            if time.monotonic() > deadline:
                raise StageError(f"the queue did not drain within {DRAIN_S:.0f} s")


def _rows(shown: Sequence[ScanResult], views: Sequence[PunchView], ledger: dict[str, Any]) -> list[Row]:
    """One row for each punch that somebody saw in green, whether or not the restarted kiosk still knows it."""
    kept = {view.punch.id: view for view in views}
    reported = Counter(entry["reference"] for entry in ledger["attendance"])
    texted = Counter(entry["reference"] for entry in ledger["sms"])
    return [
        Row(
            member=result.name or "",
            direction=result.direction or "",
            time=result.at[11:19],
            durable=result.punch_id in kept,
            delivered=reported[result.punch_id],
            sms=texted[_sms_reference(kept.get(result.punch_id or ""))],
        )
        for result in shown
    ]


def _sms_reference(view: PunchView | None) -> str:
    sms = None if view is None else view.deliveries.get(Lane.SMS)
    return "" if sms is None else sms.reference


def _print(rows: Sequence[Row]) -> None:
    click.echo(f"{'MEMBER':<20} {'DIRECTION':<10} {'TIME':<9} {'DURABLE':<8} {'DELIVERED':<10} SMS")
    for row in rows:
        durable = "yes" if row.durable else "NO"
        click.echo(
            f"{row.member:<20} {row.direction:<10} {row.time:<9} {durable:<8} {row.delivered}x{'':<8} {row.sms}x"
        )
