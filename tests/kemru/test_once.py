"""Orders that happen once, whatever becomes of the answers: against the real sandbox, and against a platform that follows a script."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk import disk
from kiosk.kemru import (
    DidNotHappen,
    Entry,
    EntryState,
    Failed,
    Journal,
    Kemru,
    KemruError,
    NoFloat,
    Once,
    Receipt,
    ReferenceTaken,
    Rejected,
    SameOrderOpen,
    SignatureRefused,
    Throttled,
    Unauthorised,
    Unavailable,
    UnknownOutcome,
    Unsettled,
    Verification,
)
from kiosk.kemru.journal import InHand
from kiosk.sandbox import DEMO_CREDENTIALS, SandboxServer
from tests.support.orders import Patience, Script, entry, payout, text
from tests.support.platform import client

LOST = UnknownOutcome("no answer came")
AWAY = Unavailable("not reached")
MISSING = Verification("", "7001", found=False)
DONE = Verification("Success", "0000", found=True)
FAILED = Verification("Failed", "0000", found=True)
TAKEN = Receipt("0197-sms-1", delivered=True, status="Pending", platform_reference="KT1")
HAD = Receipt("0197-sms-1", delivered=True, duplicate=True)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "orders")


def state(journal: Journal) -> EntryState:
    (only,) = journal.read().entries
    return only.state


def scripted(journal: Journal, *steps: object, patience: Patience | None = None) -> tuple[Once, Script]:
    script = Script(*steps)
    return Once(script, journal, **(patience or Patience()).options), script  # type: ignore[arg-type]


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
    _breaking(monkeypatch, 0)
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


def test_the_same_command_again_settles(journal: Journal) -> None:
    journal.write(entry(values=scripted(journal)[0]._entry(Script().prepare(text())).values))
    once, script = scripted(journal, DONE)
    assert once.submit(text()).status == "Success"
    assert script.calls == ["verify"]


def test_another_order_cannot_have_the_reference(journal: Journal) -> None:
    once, script = scripted(journal, TAKEN)
    once.submit(text())
    with pytest.raises(ReferenceTaken):
        once.submit(text(phone="0722000102"))
    assert script.calls == ["submit"]


def test_looking_sends_nothing(journal: Journal) -> None:
    journal.write(entry())
    once, script = scripted(journal, MISSING, LOST, DONE)
    assert once.look(entry()) is None
    with pytest.raises(Unsettled):
        once.look(entry())
    assert state(journal) is EntryState.OPEN
    found = once.look(entry())
    assert found is not None
    assert found.status == "Success"
    assert script.calls == ["verify"] * 3
    assert once.look(entry()) is not None  # another had settled it
    assert script.calls == ["verify"] * 3


def test_an_account_is_the_same_however_its_address_is_spelt(tmp_path: Path) -> None:
    spellings = ("https://kemrut.com/api/v2", "HTTPS://Kemrut.com:443/api/v2/")
    accounts = []
    for each in spellings:
        with Kemru(each, DEMO_CREDENTIALS) as kemru:
            accounts.append(Once(kemru, Journal(tmp_path / "orders")).account)
    assert accounts == ["kemrut at https://kemrut.com/api/v2"] * 2


def test_another_accounts_orders_are_not_asked_after(journal: Journal) -> None:
    other = entry(account="kemrut at https://kemrut.com/api/v2")
    journal.write(other)
    once, script = scripted(journal)
    assert once.pending() == []
    for call in (once.look, once.settle):
        with pytest.raises(Unsettled, match="belongs to kemrut at https"):
            call(other)
    assert script.calls == []


def test_a_person_may_close_what_the_platform_does_not_tell(journal: Journal) -> None:
    journal.write(entry())
    once, _ = scripted(journal)
    once.close(entry(), EntryState.REFUSED, "by hand")
    assert state(journal) is EntryState.REFUSED
    with pytest.raises(Rejected, match="by hand"):
        once.settle(entry())


def test_what_another_process_found_out_is_not_overwritten_by_hand(journal: Journal) -> None:
    journal.write(entry())
    once, _ = scripted(journal, DONE)
    assert once.settle(entry()).status == "Success"
    assert once.close(entry(), EntryState.REFUSED, "by hand").state is EntryState.ACCEPTED
    assert state(journal) is EntryState.ACCEPTED


def test_an_order_that_the_journal_no_longer_tells_of_is_not_sent(journal: Journal) -> None:
    once, script = scripted(journal)
    for call in (once.look, once.settle, lambda each: once.close(each, EntryState.REFUSED, "by hand")):
        with pytest.raises(Unsettled, match="no longer tells"):
            call(entry())
    assert script.calls == []


def test_an_accepted_order_is_told_whatever_becomes_of_the_lock(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept() -> Receipt:
        monkeypatch.setattr(disk, "replace", _read_only)
        monkeypatch.setattr(Path, "unlink", _read_only)
        return TAKEN

    once, _ = scripted(journal, accept)
    assert once.submit(text()) == TAKEN


def _read_only(path: Path, *_: object, **__: object) -> None:
    raise OSError(30, "Read-only file system", str(path))


def test_an_order_in_hand_is_left_to_whoever_has_it(journal: Journal) -> None:
    journal.write(entry())
    once, script = scripted(journal)
    with Journal(journal.folder).hold("0197-sms-1"):
        for call in (lambda: once.settle(entry()), lambda: once.look(entry()), lambda: once.submit(text())):
            with pytest.raises(InHand):
                call()
    assert script.calls == []


def _breaking(monkeypatch: pytest.MonkeyPatch, working: int) -> None:
    """Let the disk be full after `working` writes."""
    left = [None] * working
    honest = disk.replace

    def replace(path: Path, data: bytes) -> None:
        if not left:
            raise OSError(28, "No space left on device", str(path))
        left.pop()
        honest(path, data)

    monkeypatch.setattr(disk, "replace", replace)


@pytest.mark.parametrize(
    ("working", "steps", "kind"),
    [
        pytest.param(0, [], DidNotHappen, id="before it is sent"),
        pytest.param(1, [Rejected("no")], Unsettled, id="when it was refused"),
        pytest.param(1, [LOST, MISSING], Unsettled, id="before it is sent again"),
        pytest.param(1, [LOST, FAILED], Unsettled, id="when it had failed"),
        pytest.param(2, [LOST, MISSING, LOST, FAILED], Unsettled, id="when the repetition had failed"),
    ],
)
def test_a_full_disk_never_makes_an_untruth(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, working: int, steps: list[object], kind: type[KemruError]
) -> None:
    once, script = scripted(journal, *steps)
    _breaking(monkeypatch, working)
    with pytest.raises(kind) as caught:
        once.submit(text())
    assert isinstance(caught.value, UnknownOutcome) == bool(steps)
    assert len(script.calls) == len(steps)
    assert all(each.is_open for each in journal.read().entries)


def test_an_accepted_order_is_told_also_on_a_full_disk(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    once, _ = scripted(journal, TAKEN, DONE)
    _breaking(monkeypatch, 1)
    assert once.submit(text()) == TAKEN
    assert "cannot be written down" in caplog.text
    assert "0711" not in caplog.text
    monkeypatch.undo()
    (still,) = once.pending()
    assert once.settle(still).status == "Success"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LookupError("no budget")])
def test_whatever_interrupts_leaves_it_open(journal: Journal, error: BaseException) -> None:
    once, _ = scripted(journal, error)
    with pytest.raises(type(error)):
        once.submit(text())
    assert state(journal) is EntryState.OPEN
    assert not list(journal.folder.glob("*.lock"))


def test_concurrent_settling_sends_once(platform: SandboxServer, journal: Journal) -> None:
    inside: list[Callable[[], object]] = []
    with client(platform) as kemru, client(platform, before_request=lambda _: inside.pop()()) as other:
        ordinary, intruded = Once(kemru, journal), Once(other, Journal(journal.folder))
        refused: list[BaseException] = []

        def intrude() -> None:
            try:
                ordinary.submit(text())
            except InHand as error:
                refused.append(error)

        inside.append(intrude)
        intruded.submit(text())
    assert len(refused) == 1
    assert [row["acted"] for row in platform.state.ledger()["sms"]] == [1]
