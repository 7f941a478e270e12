"""Senseless, damaged and mutated bodies through every reader of what the platform sends: no uncaught error, no success that is none."""

import hashlib
import hmac
import json
import os
import random
from collections import Counter
from collections.abc import Callable

import pytest

from kiosk.kemru import ipn, ussd, webhooks
from kiosk.kemru.errors import CallbackError, NotGenuine
from kiosk.secret import Secret
from tests.support import callbacks
from tests.support.fuzzing import resident_kib

BODIES, BODIES_SLOW = 2_000, 50_000
SECRET = Secret("webhook-secret")
# What Python's allocator may keep for itself, in KiB.
GROWTH = 4096
# Fields times types that are refused. More would mean that refusals quote what arrived.
MESSAGES = 300
# What is in most bodies: phones, references, words, names that were made up.
ARRIVED = ("117883", "KYA", "Your request", "ATUid", "xxxx", "ud800", "\ud800")


@pytest.fixture
def noise() -> random.Random:
    seed = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"FUZZ_SEED={seed}")
    return random.Random(seed)


def signed(body: bytes) -> str:
    return hmac.digest(b"webhook-secret", body, hashlib.sha256).hex()


def pairs(body: bytes) -> object:
    """The JSON of `body` with objects as lists of pairs, so that nothing that is said twice gets lost; None if it is none."""
    try:
        return json.loads(body.removeprefix(b"\xef\xbb\xbf"), object_pairs_hook=lambda found: ("object", found))
    except (ValueError, RecursionError):
        return None


def only(data: object, name: str) -> object:
    """What `data` says once of `name`."""
    if not isinstance(data, tuple):
        return None
    said = [value for each, value in data[1] if each == name]
    return said[0] if len(said) == 1 else None


def is_success(data: object) -> bool:
    """The rule, without the readers: one status and one code, and both say so."""
    status, code = only(data, "status"), only(data, "status_code")
    named = isinstance(status, str) and status.isascii() and status.strip().upper() == "SUCCESS"
    return named and (type(code), code.strip() if isinstance(code, str) else code) in {
        *((str, "0000"), (str, "200")),
        *((int, 0), (int, 200)),
    }


def is_done(data: object) -> bool:
    done = {"payment.success", "airtime.delivered", "sms.delivered"}
    return only(data, "event") in done and is_success(only(data, "data"))


class Tally:
    """Counts what the readers make of bodies, and keeps why they refused."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.messages: set[str] = set()

    def take(self, name: str, reader: Callable[[], object]) -> object:
        """What `reader` reads; None if it refuses. Any error but CallbackError ends the test."""
        try:
            found = reader()
        except CallbackError as error:
            said = f"{error!r} {error.cure}"
            self.messages.add(said)
            return None
        self.read[name] += 1
        return found

    def feed(self, body: bytes, stale: str) -> None:
        """Give `body` to every reader; `stale` is the signature of another one."""
        notification = self.take("ipn", lambda: ipn.parse(body))
        if isinstance(notification, ipn.Ipn) and notification.succeeded:
            assert is_success(pairs(body)), body
            self.read["ipn success"] += 1
        event = self.take("webhook", lambda: webhooks.receive(body, signed(body), SECRET))
        if isinstance(event, webhooks.WebhookEvent) and event.succeeded:
            assert is_done(pairs(body)), body
            self.read["webhook success"] += 1
        with pytest.raises(NotGenuine):
            webhooks.receive(body, stale, SECRET)
        self.take("ussd json", lambda: ussd.parse(body, ussd.JSON))
        self.take("ussd form", lambda: ussd.parse(body, ussd.FORM))
        self.take("ussd answer", lambda: ussd.parse_answer(body))


def fuzz(noise: random.Random, count: int) -> None:
    tally, before, stale = Tally(), 0, "0" * 64
    for number in range(count):
        body = callbacks.body(noise)
        tally.feed(body, stale)
        # Of the body before with a change: even the same body, drawn twice, does not have it.
        stale = signed(body + b"changed")
        if number == count // 4:
            before = resident_kib()
    growth = resident_kib() - before
    print(f"{count} bodies: {dict(tally.read)}, {len(tally.messages)} kinds of refusal, {growth} KiB more")
    # Every reader has read something between the rubbish, or nothing was tested.
    assert all(
        tally.read[name] > count // 1000 for name in ("ipn success", "webhook success", "ussd json", "ussd form")
    )
    assert tally.read["ussd answer"]
    assert len(tally.messages) < MESSAGES
    assert not [said for said in tally.messages for each in ARRIVED if each in said]
    assert growth < GROWTH


def test_callbacks_survive_anything(noise: random.Random) -> None:
    fuzz(noise, BODIES)


@pytest.mark.slow
def test_callbacks_survive_50000_of_anything(noise: random.Random) -> None:
    fuzz(noise, BODIES_SLOW)
