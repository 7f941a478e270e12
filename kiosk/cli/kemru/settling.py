"""`kiosk kemru settle | orders`: what became of the orders that were written down."""

from collections.abc import Iterable
from typing import NoReturn

import click
import msgspec

from kiosk.cli.common import plain, print_json, print_table, unheard
from kiosk.cli.kemru import words
from kiosk.cli.kemru.preview import show
from kiosk.cli.kemru.session import (
    Session,
    asks_first,
    end,
    interruptible,
    keeps_journal,
    may_rehearse,
    print_reply,
    takes_account,
)
from kiosk.errors import Exit, KioskError
from kiosk.kemru.entries import Entry, EntryState
from kiosk.kemru.errors import DidNotHappen, UnknownOutcome
from kiosk.kemru.journal import JournalUnusable
from kiosk.kemru.messages import Voucher
from kiosk.kemru.once import Failed, Once

BY_HAND = {"happened": EntryState.ACCEPTED, "never": EntryState.REFUSED}


_SAID = {"happened": "happened", "never": "never happened"}


class StillOpenError(KioskError):
    """Not every order could be settled."""

    exit_code = Exit.TEMPORARY
    cure = "Try again later. If the Kemru dashboard tells more than the platform: kiosk kemru settle REFERENCE --as happened (or never)."


class NoSuchOrderError(KioskError):
    """No open order of this account has the reference."""

    exit_code = Exit.DATA
    cure = "`kiosk kemru orders --open` lists them."


class Settled(msgspec.Struct, frozen=True):
    """What settling found out about one order. `voucher` is what it bought, where the answer to that came only now."""

    reference: str
    state: EntryState
    note: str
    voucher: Voucher | None = None


@click.command(epilog="Example: kiosk kemru settle")
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option(
    "--as",
    "by_hand",
    type=click.Choice(list(BY_HAND)),
    help="Close them without asking the platform, as you know better.",
)
@may_rehearse
@asks_first
@keeps_journal
@takes_account
def settle(session: Session, references: tuple[str, ...], by_hand: str | None) -> None:
    """Find out what became of the orders that are open: all of them, or those of each REFERENCE.

    The platform is asked first. Only what it never heard of is sent again, after a question, with the same reference. An order that was
    accepted is asked after as well, if it is named. Exit 75 if anything stays open.
    """
    if by_hand is not None and not references:
        raise click.UsageError("--as needs the references of the orders")
    with session.client() as kemru:
        once = session.once(kemru)
        entries = _chosen(once, references, only_open=by_hand is not None)
        if session.dry_run:
            _rehearse(session, entries, by_hand)
        found = [_settled(session, once, each, by_hand) for each in entries]
    _report(session, found)


@click.command(epilog="Example: kiosk kemru orders --open")
@click.option("--open", "only_open", is_flag=True, help="Only those whose outcome nobody knows yet.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, the latest.")
@keeps_journal
@takes_account
def orders(session: Session, limit: int, *, only_open: bool) -> None:
    """List the orders that were written down, newest last, and what became of each. Asks nothing of the platform."""
    contents = session.journal().read()
    listed = (contents.open if only_open else contents.entries)[-limit:]
    if session.as_json:
        print_json([{"reference": each.reference, **msgspec.to_builtins(each)} for each in listed])
        return
    rows = [
        (f"{each.opened.astimezone():%Y-%m-%d %H:%M}", each.state.value, each.reference, _deed(each), each.note)
        for each in listed
    ]
    print_table(("ORDERED", "STATE", "REFERENCE", "WHAT", "NOTE"), rows)


def _chosen(once: Once, references: Iterable[str], *, only_open: bool) -> list[Entry]:
    known = {each.reference: each for each in (once.pending() if only_open else once.unfinished())}
    for each in references:
        if each not in known:
            raise NoSuchOrderError(f"no open order of this account has the reference {each}")
    return [known[each] for each in dict.fromkeys(references)] or [each for each in known.values() if each.is_open]


def _rehearse(session: Session, entries: list[Entry], by_hand: str | None) -> NoReturn:
    if by_hand is not None:
        _print(session, [Settled(each.reference, BY_HAND[by_hand], "would be closed by hand") for each in entries])
        end()
    found = [session.rehearsed(lambda kemru, entry=each: kemru.verify(entry.reference)) for each in entries]  # type: ignore[misc]
    if session.as_json:
        print_json(found)
    else:
        for each in found:
            show(each)
    end()


def _settled(session: Session, once: Once, entry: Entry, by_hand: str | None) -> Settled:
    """What became of one order, whatever the platform says of it. Raises JournalUnusable, or Unsettled if a person interrupts."""
    with interruptible(entry.reference):
        try:
            return _asked(session, once, entry) if by_hand is None else _closed(session, once, entry, by_hand)
        except UnknownOutcome as error:
            return Settled(entry.reference, EntryState.OPEN, str(error))
        except JournalUnusable:
            raise
        except DidNotHappen as error:
            state = EntryState.FAILED if isinstance(error, Failed) else EntryState.REFUSED
            return Settled(entry.reference, state, str(error))


def _closed(session: Session, once: Once, entry: Entry, by_hand: str) -> Settled:
    """Close it as a person says, who is asked whether they mean it."""
    question = (
        f"Close order {entry.reference} as one that {_SAID[by_hand]}, without asking the platform. {_in_full(entry)}"
    )
    if not session.agreed(question):
        return Settled(entry.reference, EntryState.OPEN, "was left open")
    closed = once.close(entry, BY_HAND[by_hand], "closed by hand")
    return Settled(entry.reference, closed.state, closed.note)


def _asked(session: Session, once: Once, entry: Entry) -> Settled:
    """Ask the platform, and send what it never heard of if a person wants it still."""
    receipt = once.look(entry)
    if receipt is None:
        if not session.agreed(f"The platform never heard of order {entry.reference}. {_in_full(entry)}"):
            return Settled(entry.reference, EntryState.OPEN, "never arrived, and was not sent again")
        receipt = once.settle(entry)
    said = [receipt.status or receipt.note, words.lost_pin(entry.order(), receipt)]
    return Settled(entry.reference, EntryState.ACCEPTED, ". ".join(filter(None, said)), receipt.voucher)


def _report(session: Session, found: list[Settled]) -> None:
    with unheard():
        _print(session, found)
    still = sum(each.state is EntryState.OPEN for each in found)
    if still:
        raise StillOpenError(f"{still} of {len(found)} orders stay open")


def _print(session: Session, found: list[Settled]) -> None:
    if session.as_json:
        print_reply(found)
    elif not found:
        click.echo("No order is open.")
    else:
        print_table(("REFERENCE", "STATE", "NOTE"), [(each.reference, each.state.value, each.note) for each in found])
    for each in found:
        if each.voucher is not None and not session.as_json:
            click.echo(plain(f"Order {each.reference}: {words.pin(each.voucher)}"))


def _in_full(entry: Entry) -> str:
    return words.deed(entry.order().endpoint, entry.values, masked=False)


def _deed(entry: Entry) -> str:
    return words.deed(entry.order().endpoint, entry.values, masked=True)
