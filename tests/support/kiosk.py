"""A whole kiosk of real processes for the system tests: the demonstration's stage, unlimited, with its three members enrolled."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kiosk.demo.hands import Hands, finger_of
from kiosk.demo.stage import Stage
from kiosk.models import Member
from kiosk.views import Status


@contextmanager
def kiosk(*, repeat_seconds: int = 0, enrolled: bool = True) -> Iterator[tuple[Stage, list[Member]]]:
    """Start a kiosk; by default no press is a repeat, so that every one is a punch."""
    with Stage(repeat_seconds=repeat_seconds, limited=False) as stage:
        with stage.client() as watcher, stage.client() as asker:
            people = asker.members()
            if enrolled:
                hands = Hands(stage, watcher)
                for member in people:
                    hands.enrol(member)
        yield stage, people


def spoil(stage: Stage, **fault: Any) -> None:
    """Make the sandbox misbehave: a `kiosk.sandbox.Fault`."""
    post(stage, "/sandbox/faults", fault)


def post(stage: Stage, path: str, body: dict[str, Any]) -> Any:
    """POST to the sandbox's control endpoints."""
    request = urllib.request.Request(  # noqa: S310  our own loopback URL
        stage.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def until(stage: Stage, condition: Any, *, events: int = 60) -> Status:
    """Watch the daemon until its Status satisfies `condition`; it sends one a second, so `events` is about a time limit in seconds."""
    with stage.client() as watcher:
        for number, event in enumerate(watcher.watch()):
            if isinstance(event, Status) and condition(event):
                return event
            assert number < events, f"not within {events} events: {event}"
    raise AssertionError("the watch ended")


def drained(status: Status) -> bool:
    """Nothing waits in any lane."""
    return not any(lane.waiting for lane in status.lanes)


def presses(hands: Hands, people: list[Member], count: int) -> list[str]:
    """Press members' fingers in turn, `count` times; returns the ids of the punches that were shown green."""
    green = []
    for number in range(count):
        result = hands.press(finger_of(people[number % len(people)]))
        assert result.punch_id is not None, result
        green.append(result.punch_id)
    return green
