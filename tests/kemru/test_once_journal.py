"""Orders that happen once, with what the journal knows: repeated commands, other processes, full disks, and a person who knows better."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk import disk
from kiosk.kemru import (
    DidNotHappen,
    EntryState,
    Journal,
    Kemru,
    KemruError,
    Once,
    Receipt,
    ReferenceTaken,
    Rejected,
    UnknownOutcome,
    Unsettled,
)
from kiosk.kemru.journal import InHand
from kiosk.sandbox import DEMO_CREDENTIALS, SandboxServer
from tests.support.orders import Script, entry, text
from tests.support.platform import client
from tests.support.scripted import DONE, FAILED, LOST, MISSING, TAKEN, breaking, scripted, state


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
    breaking(monkeypatch, working)
    with pytest.raises(kind) as caught:
        once.submit(text())
    assert isinstance(caught.value, UnknownOutcome) == bool(steps)
    assert len(script.calls) == len(steps)
    assert all(each.is_open for each in journal.read().entries)


def test_an_accepted_order_is_told_also_on_a_full_disk(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    once, _ = scripted(journal, TAKEN, DONE)
    breaking(monkeypatch, 1)
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
