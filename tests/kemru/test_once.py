"""Orders that happen once, whatever becomes of the answers: against the real sandbox, and against a platform that follows a script."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.kemru import (
    DidNotHappen,
    Entry,
    EntryState,
    Failed,
    Journal,
    Kemru,
    NoFloat,
    Once,
    Receipt,
    Rejected,
    SameOrderOpen,
    SignatureRefused,
    Throttled,
    Unauthorised,
    Unsettled,
    Verification,
)
from kiosk.sandbox import SandboxServer
from tests.support.orders import Patience, entry, payout, text
from tests.support.platform import client
from tests.support.scripted import AWAY, DONE, FAILED, HAD, LOST, MISSING, TAKEN, breaking, scripted, state


def test_a_message_is_sent_and_remembered(platform: SandboxServer, kemru: Kemru, journal: Journal) -> None:
    once = Once(kemru, journal)
    receipt = once.submit(text())
    assert (receipt.delivered, receipt.duplicate, receipt.status) == (True, False, "Pending")
    (kept,) = journal.read().entries
    assert (kept.state, kept.platform_reference, kept.attempts) == (EntryState.ACCEPTED, receipt.platform_reference, 1)
    assert once.pending() == []
    platform.state.transactions.advance(1e12)
    for _ in range(3):
        again = once.submit(text())
        assert (again.platform_reference, again.duplicate, again.status) == (
            receipt.platform_reference,
            True,
            "Success",
        )
    assert platform.state.traffic.summary(0)["total"] == 2, "asked after until it had come to an end"


def test_it_is_on_disk_before_the_first_byte_leaves(platform: SandboxServer, journal: Journal) -> None:
    seen: list[Any] = []
    with client(platform, before_request=lambda _: seen.append(journal.read().entries)) as kemru:
        Once(kemru, journal).submit(text())
    ((kept,),) = seen
    assert kept.is_open
    assert kept.values == {
        "phone": "0711000101", "otp": "4823", "message": "AKINYI arrived at 07:58", "reference": "0197-sms-1"
    }  # fmt: skip


def test_no_secret_is_ever_in_the_journal(kemru: Kemru, journal: Journal) -> None:
    Once(kemru, journal).submit(text())
    for path in journal.folder.iterdir():
        assert not any(secret in path.read_bytes() for secret in (b"sandbox-secret", b"sandbox-api-key", b"301-565"))


def test_a_wrong_order_is_refused_before_anything_is_written(journal: Journal, kemru: Kemru) -> None:
    for wrong in ({"phone": "12"}, {"otp": "x"}, {"reference": "../up"}, {"message": "\ud83d"}):
        with pytest.raises(Rejected):
            Once(kemru, journal).submit(text(**wrong))
    assert list(journal.folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["drop_after", "cut", "mistyped", "down", "html", "other_reference"])
def test_a_lost_answer_is_asked_after(platform: SandboxServer, kemru: Kemru, journal: Journal, kind: str) -> None:
    platform.fault(kind, count=1, at=100)
    receipt = Once(kemru, journal, **Patience().options).submit(text())
    assert receipt.delivered
    (row,) = platform.state.ledger()["sms"]
    assert (row["acted"], row["duplicates"]) == (1, 0)
    assert state(journal) is EntryState.ACCEPTED


def test_an_outage_leaves_the_entry_open_until_it_is_settled(
    platform: SandboxServer, kemru: Kemru, journal: Journal
) -> None:
    patience = Patience()
    once = Once(kemru, journal, waits=(0, 2, 10), **patience.options)
    platform.fault("drop_after", count=1)
    platform.fault("html")
    with pytest.raises(Unsettled) as caught:
        once.submit(text())
    assert caught.value.reference == "0197-sms-1"
    assert "kiosk kemru settle" in caught.value.cure
    assert patience.waits == [0, 2, 10]
    with pytest.raises(SameOrderOpen):
        once.submit(text("0197-sms-2"))
    platform.fault("none")
    (still,) = once.pending()
    assert once.settle(still).delivered
    assert [row["acted"] for row in platform.state.ledger()["sms"]] == [1]
    assert once.pending() == []


def test_what_never_arrived_is_sent_again_as_it_was(journal: Journal) -> None:
    once, script = scripted(journal, LOST, MISSING, LOST, AWAY, MISSING, TAKEN)
    assert once.submit(text()) == TAKEN
    assert script.calls == ["submit", "verify", "submit", "verify", "verify", "submit"]
    (kept,) = journal.read().entries
    assert (kept.attempts, kept.state) == (3, EntryState.ACCEPTED)


@pytest.mark.parametrize("error", [AWAY, Rejected("no"), NoFloat("no"), Unauthorised("no"), SignatureRefused("no")])
def test_a_first_refusal_is_certain(journal: Journal, error: DidNotHappen) -> None:
    once, script = scripted(journal, error, TAKEN)
    with pytest.raises(type(error)):
        once.submit(text())
    assert state(journal) is EntryState.REFUSED
    assert once.submit(text()) == TAKEN
    assert script.calls == ["submit", "submit"]


@pytest.mark.parametrize("error", [Rejected("no"), NoFloat("no"), Unauthorised("no"), SignatureRefused("no")])
def test_a_refusal_of_a_repetition_says_nothing_of_the_first(journal: Journal, error: DidNotHappen) -> None:
    # The platform may still be busy with the first when it refuses the second.
    patience = Patience()
    once, _ = scripted(journal, LOST, MISSING, error, MISSING, error, patience=patience)
    with pytest.raises(Unsettled):
        once.submit(text())
    (still,) = once.pending()
    patience.advance(360)
    with pytest.raises(type(error)):
        once.settle(still)
    assert state(journal) is EntryState.REFUSED


def test_a_clock_that_went_back_closes_nothing(journal: Journal) -> None:
    journal.write(entry())
    patience = Patience()
    patience.now -= timedelta(days=400)
    once, _ = scripted(journal, MISSING, NoFloat("no"), patience=patience)
    with pytest.raises(Unsettled):
        once.settle(entry())
    assert state(journal) is EntryState.OPEN


def test_a_clock_that_is_set_in_between_closes_nothing(journal: Journal) -> None:
    # A kiosk without a battery clock: it believes that it is 1970 until a time server tells.
    patience = Patience()

    def set_right() -> Verification:
        patience.now += timedelta(days=20_000)
        return MISSING

    once, _ = scripted(journal, LOST, set_right, LOST, MISSING, NoFloat("no"), patience=patience)
    with pytest.raises(Unsettled):
        once.submit(text())
    assert state(journal) is EntryState.OPEN


def test_a_machine_that_slept_in_between_closes_nothing(journal: Journal) -> None:
    # The bytes lay in its memory, and leave when it wakes.
    patience = Patience()

    def sleep() -> Receipt:
        patience.advance(3600)
        raise LOST

    once, _ = scripted(journal, sleep, MISSING, NoFloat("no"), patience=patience)
    with pytest.raises(Unsettled):
        once.submit(text())
    assert state(journal) is EntryState.OPEN


def _left_open(journal: Journal, patience: Patience) -> Entry:
    once, _ = scripted(journal, LOST, MISSING, NoFloat("no"), patience=patience)
    with pytest.raises(Unsettled):
        once.submit(text())
    (still,) = once.pending()
    return still


@pytest.mark.parametrize(
    ("days", "seconds", "life", "closed"),
    [
        pytest.param(0, 360, "boot-1", True, id="both clocks say so"),
        pytest.param(9, 60, "boot-1", False, id="the wall clock was set"),
        pytest.param(0, 360, "boot-2", False, id="the machine was started anew"),
        pytest.param(0, 240, "boot-1", False, id="too soon"),
    ],
)
def test_a_refusal_counts_only_where_the_time_since_the_first_is_proven(
    journal: Journal, days: int, seconds: float, life: str, *, closed: bool
) -> None:
    patience = Patience()
    still = _left_open(journal, patience)
    patience.advance(seconds)
    patience.now += timedelta(days=days)
    patience.life = life
    once, _ = scripted(journal, MISSING, NoFloat("no"), patience=patience)
    with pytest.raises(NoFloat if closed else Unsettled):
        once.settle(still)
    assert state(journal) is (EntryState.REFUSED if closed else EntryState.OPEN)


def test_an_entry_from_before_the_machine_was_known_proves_nothing(journal: Journal) -> None:
    journal.write(entry())
    patience = Patience()
    patience.now += timedelta(days=400)
    once, _ = scripted(journal, MISSING, NoFloat("no"), patience=patience)
    with pytest.raises(Unsettled):
        once.settle(entry())


@pytest.mark.parametrize("error", [Unauthorised("no"), SignatureRefused("no"), Rejected("no")])
def test_a_question_that_is_refused_leaves_it_open(journal: Journal, error: DidNotHappen) -> None:
    once, script = scripted(journal, LOST, error)
    with pytest.raises(Unsettled, match="nobody knows yet"):
        once.submit(text())
    assert script.calls == ["submit", "verify"]
    assert state(journal) is EntryState.OPEN


def test_the_platforms_wait_is_kept_within_reason(journal: Journal) -> None:
    patience = Patience()
    waits = [Throttled("slow", retry_after_s=seconds) for seconds in (30.0, 3600.0)]
    once, _ = scripted(journal, LOST, *waits, DONE, patience=patience)
    assert once.submit(text()).status == "Success"
    assert patience.waits == [0, 30, 120]


def test_what_failed_at_the_platform_did_not_happen(journal: Journal) -> None:
    once, script = scripted(journal, LOST, FAILED)
    with pytest.raises(Failed):
        once.submit(text())
    assert state(journal) is EntryState.FAILED
    with pytest.raises(Failed, match="failed at the platform"):
        once.submit(text())
    assert script.calls == ["submit", "verify"]


ASKING = {"submit": lambda once, _: once.submit(text()), "settle": Once.settle, "look": Once.look}


@pytest.mark.parametrize("how", ASKING)
def test_what_failed_after_it_was_accepted_is_noticed(journal: Journal, how: str) -> None:
    still = msgspec.structs.replace(DONE, status="Processing", code="1100")
    once, script = scripted(journal, TAKEN, LOST, MISSING, still, FAILED)
    once.submit(text())
    (kept,) = journal.read().entries
    for _ in range(3):  # the platform does not tell, has forgotten, is not ready
        found = ASKING[how](once, kept)
        assert found is not None
        assert (found.delivered, found.platform_reference) == (True, "KT1")
    with pytest.raises(Failed):
        ASKING[how](once, kept)
    assert state(journal) is EntryState.FAILED
    with pytest.raises(Failed):
        ASKING[how](once, kept)
    assert script.calls == ["submit", *["verify"] * 4]


def test_a_provisional_receipt_is_kept_until_the_end(journal: Journal) -> None:
    queued = msgspec.structs.replace(TAKEN, status="Queued (Offline)", provisional="PR1")
    once, _ = scripted(journal, queued, DONE)
    once.submit(text())
    assert once.submit(text()).provisional == "PR1"
    assert once.submit(text()).status == "Success"


def test_a_failure_that_cannot_be_written_down_is_not_told_yet(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, _ = scripted(journal, TAKEN, FAILED, FAILED)
    once.submit(text())
    breaking(monkeypatch, 0)
    with pytest.raises(Unsettled):
        once.submit(text())
    monkeypatch.undo()
    with pytest.raises(Failed):
        once.submit(text())


def test_a_duplicate_is_looked_into(journal: Journal) -> None:
    once, script = scripted(journal, HAD, DONE)
    assert once.submit(text()).status == "Success"
    assert script.calls == ["submit", "verify"]


def test_a_duplicate_that_failed_is_no_success(journal: Journal) -> None:
    once, _ = scripted(journal, HAD, FAILED)
    with pytest.raises(Failed):
        once.submit(text())


def test_a_duplicate_of_something_else_is_no_success(journal: Journal) -> None:
    once, _ = scripted(journal, HAD, *[MISSING, HAD, MISSING] * 3)
    with pytest.raises(Unsettled, match="does not know its reference"):
        once.submit(text())
    assert state(journal) is EntryState.OPEN


PAID = Verification("Success", "0000", found=True, reference="0197-pay-1", amount=Decimal("1500.50"))
OTHERS = [
    msgspec.structs.replace(PAID, amount=Decimal(9000)),
    msgspec.structs.replace(PAID, reference="wage-1"),
    msgspec.structs.replace(PAID, status="Failed", code="1107", amount=Decimal(9000)),
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("first", [LOST, Receipt("0197-pay-1", delivered=True, duplicate=True)])
def test_F063_something_else_under_the_reference_is_not_the_order(
    journal: Journal, first: object, other: Verification
) -> None:
    once, script = scripted(journal, first, other, other, other, PAID)
    with pytest.raises(Unsettled, match="the platform"):
        once.submit(payout())
    (still,) = once.pending()
    for call in (once.settle, once.look):
        with pytest.raises(Unsettled) as caught:
            call(still)
        assert "--as never" in caught.value.cure
    assert script.calls == ["submit", *["verify"] * 3]
    assert once.settle(still).delivered


def test_F063_what_the_platform_tells_is_compared_where_it_tells_it(journal: Journal) -> None:
    told = Verification("Success", "0000", found=True, merchant_reference="KT7", amount=Decimal("1500.500"))
    once, _ = scripted(journal, LOST, told)
    assert once.submit(payout()).platform_reference == "KT7"


def test_F063_two_journals_and_one_reference(platform: SandboxServer, kemru: Kemru, tmp_path: Path) -> None:
    one, other = (Once(kemru, Journal(tmp_path / each), **Patience().options) for each in ("one", "other"))
    one.submit(payout(amount=100))
    with pytest.raises(Unsettled, match="another amount"):
        other.submit(payout(amount=9000))
    assert other.submit(payout("0197-pay-2", amount=100)).delivered
