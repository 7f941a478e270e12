"""Money and messages through lost answers and killed processes: each happens once, and client and platform agree afterwards."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from kiosk.kemru import EntryState, Journal, Kemru, Once, Order, UnknownOutcome
from kiosk.sandbox import DEMO_CREDENTIALS, SandboxServer
from tests.support.crash import ROOT
from tests.support.cutting import Cut, CuttingLine
from tests.support.orders import small
from tests.support.platform import client, sandbox

KINDS = ("sms", "payout")
NO_WAITS = (0.0, 0.0, 0.0)

FEW = 6
"""Places that the quick suite tries of each way to fail."""

every_order = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[SandboxServer]:
    with sandbox(tmp_path) as server:
        yield server


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "orders", kept=5)


def check_once(platform: SandboxServer, references: list[str], before: Decimal) -> None:
    """Every one of `references` acted once and nothing else did; the wallet has paid for each once."""
    platform.state.transactions.advance(1e12)
    ledger = platform.state.ledger()
    rows = [*ledger["orders"], *ledger["sms"]]
    assert sorted(row["reference"] for row in rows) == sorted(references)
    assert {row["acted"] for row in rows} == {1}
    assert {row["conflicts"] for row in rows} == {0}
    with client(platform) as kemru:
        spent = before - kemru.balance().amount
        assert spent == sum(Decimal(row["cents"]) / 100 for row in rows)
        assert all(kemru.verify(each).status == "Success" for each in references)


def wallet(platform: SandboxServer) -> Decimal:
    with client(platform) as kemru:
        return kemru.balance().amount


def settle_all(once: Once) -> None:
    for each in once.pending():
        assert once.settle(each).delivered
    assert once.pending() == []


def place_of(platform: SandboxServer) -> tuple[str, int]:
    host, _, port = platform.url.removeprefix("http://").partition(":")
    return host, int(port)


def honest_answer(line: CuttingLine, kemru: Kemru, kind: str) -> bytes:
    """What the platform answers to an order whose reference is as long as the others'."""
    kemru.submit(small(kind, "cut-00000"))
    return line.answers[-1]


def check_cuts(platform: SandboxServer, journal: Journal, kind: str, positions: int | None) -> None:
    before, done = wallet(platform), ["cut-00000"]
    with CuttingLine(place_of(platform)).up() as line, Kemru(line.url, DEMO_CREDENTIALS, deadline=10.0) as kemru:
        answer = honest_answer(line, kemru, kind)
        once = Once(kemru, journal, waits=NO_WAITS)
        step = 1 if positions is None else len(answer) // positions
        for at in range(0, len(answer), step):
            for acts in (True, False):
                for lost in (1, 4):
                    reference = f"cut-{len(done):05}"
                    done.append(reference)
                    instead = None if acts else answer.replace(b"cut-00000", reference.encode())
                    line.cuts = [Cut(at, instead)] + [Cut(at)] * (lost - 1)
                    check_cut(once, line, small(kind, reference), lost=lost)
                    assert journal.find(reference).state is EntryState.ACCEPTED  # type: ignore[union-attr]
    check_once(platform, done, before)
    print(f"{kind}: {len(done) - 1} answers cut, at every {step} of {len(answer)} bytes")


def check_cut(once: Once, line: CuttingLine, asked: Order, *, lost: int) -> None:
    try:
        assert once.submit(asked).delivered
    except UnknownOutcome:
        assert lost > 1
    line.cuts.clear()
    settle_all(once)


@every_order
def test_answers_cut_here_and_there(platform: SandboxServer, journal: Journal, kind: str) -> None:
    check_cuts(platform, journal, kind, FEW)


@pytest.mark.slow
@every_order
def test_answers_cut_at_every_byte(platform: SandboxServer, journal: Journal, kind: str) -> None:
    check_cuts(platform, journal, kind, None)


class Mortal:
    """A process that can be told to order, and to die while it does."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, what: str, kind: str, reference: str, at: int) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what} {kind} {reference} {at}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def mortal(url: str, journal: Journal) -> Iterator[Mortal]:
    command = [sys.executable, "-m", "tests.support.orders_child", url, str(journal.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Mortal(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def begin(platform: SandboxServer, journal: Journal, what: str, asked: Order) -> None:
    """Leave `asked` open, for somebody else to settle: the platform has it, or never saw it."""
    # Without the sandbox's faults: a request of the process killed before may still be on its way, and would meet them.
    if what == "submit":
        return
    with client(platform) as kemru:
        journal.begin(Once(kemru, journal)._entry(kemru.prepare(asked)))
        if what == "settle-acted":
            kemru.submit(asked)


def check_kills(platform: SandboxServer, journal: Journal, what: str, kind: str, positions: int | None) -> None:
    before, done, never, at, step = wallet(platform), list[str](), 0, 0, 1
    with mortal(platform.url, journal) as victim, client(platform) as kemru:
        once = Once(kemru, journal, waits=NO_WAITS)
        while True:
            reference = f"kill-{len(done):05}"
            asked = small(kind, reference)
            begin(platform, journal, what, asked)
            told = victim.do(what.partition("-")[0], kind, reference, at)
            assert told.startswith(("killed", "done")), told
            settle_all(once)
            entry = journal.find(reference)
            if entry is None:  # it died before it had written it down: then nothing has left
                never += 1
                assert not kemru.verify(reference).found
                assert once.submit(asked).delivered
            else:
                assert entry.state is EntryState.ACCEPTED
            done.append(reference)
            if told.startswith("done"):
                break
            at += step
            if len(done) == 1 and positions is not None:
                # Once through, to learn how many lines there are.
                step = at = max(1, lines(victim, journal, platform, what, kind, done) // positions)
    check_once(platform, done, before)
    assert [each.name for each in journal.folder.iterdir() if each.suffix == ".lock"] == []
    print(
        f"{what}, {kind}: killed at {len(done) - 1} of {told.split()[1]} lines; {never} times before anything was written"
    )


def lines(victim: Mortal, journal: Journal, platform: SandboxServer, what: str, kind: str, done: list[str]) -> int:
    reference = f"kill-{len(done):05}"
    begin(platform, journal, what, small(kind, reference))
    told = victim.do(what.partition("-")[0], kind, reference, 1_000_000)
    done.append(reference)
    return int(told.split()[1])


every_stage = pytest.mark.parametrize("what", ["submit", "settle-acted", "settle-never"])


@every_order
@every_stage
def test_killed_here_and_there(platform: SandboxServer, journal: Journal, what: str, kind: str) -> None:
    check_kills(platform, journal, what, kind, FEW)


@pytest.mark.slow
@every_order
@every_stage
def test_killed_at_every_line(platform: SandboxServer, journal: Journal, what: str, kind: str) -> None:
    check_kills(platform, journal, what, kind, None)
