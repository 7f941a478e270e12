"""`kiosk kemru settle | orders`: what became of the orders that were written down."""

from collections.abc import Iterable

import click
import msgspec

from kiosk.cli.common import print_json, print_table
from kiosk.cli.kemru import words
from kiosk.cli.kemru.session import Session, asks_first, end, keeps_journal, may_rehearse, takes_account
from kiosk.errors import Exit, KioskError
from kiosk.kemru.client import Kemru
from kiosk.kemru.entries import Entry, EntryState
from kiosk.kemru.errors import DidNotHappen, UnknownOutcome
from kiosk.kemru.journal import JournalUnusable
from kiosk.kemru.once import Failed, Once

BY_HAND = {"happened": EntryState.ACCEPTED, "never": EntryState.REFUSED}


class StillOpenError(KioskError):
    """Not every order could be settled."""

    exit_code = Exit.TEMPORARY
    cure = "Try again later. If the Kemru dashboard tells more than the platform: kiosk kemru settle REFERENCE --as happened (or never)."


class NoSuchOrderError(KioskError):
    """No open order of this account has the reference."""

    exit_code = Exit.DATA
    cure = "`kiosk kemru orders --open` lists them."


class Settled(msgspec.Struct, frozen=True):
    """What settling found out about one order."""

    reference: str
    state: EntryState
    note: str


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

    The platform is asked first. Only what it never heard of is sent again, after a question, with the same reference. Exit 75 if
    anything stays open.
    """
    if by_hand is not None and not references:
        raise click.UsageError("--as needs the references of the orders")
    with session.client() as kemru:
        once = session.once(kemru)
        entries = _chosen(once, references)
        if session.dry_run:
            for each in entries:
                session.rehearse(lambda kemru, entry=each: kemru.verify(entry.reference))  # type: ignore[misc]
            end()
        found = [_settled(session, kemru, once, each, by_hand) for each in entries]
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


def _chosen(once: Once, references: Iterable[str]) -> list[Entry]:
    pending = {each.reference: each for each in once.pending()}
    for each in references:
        if each not in pending:
            raise NoSuchOrderError(f"no open order of this account has the reference {each}")
    return [pending[each] for each in dict.fromkeys(references)] or list(pending.values())


def _settled(session: Session, kemru: Kemru, once: Once, entry: Entry, by_hand: str | None) -> Settled:
    try:
        if by_hand is not None:
            closed = once.close(entry, BY_HAND[by_hand], "closed by hand")
            return Settled(entry.reference, closed.state, closed.note)
        receipt = once.look(entry)
        if receipt is None:
            deed = words.deed(entry.order().endpoint, entry.values, masked=False)
            question = f"The platform never heard of order {entry.reference}. {deed}"
            if not session.agreed(kemru, question):
                return Settled(entry.reference, EntryState.OPEN, "never arrived, and was not sent again")
            receipt = once.settle(entry)
        return Settled(entry.reference, EntryState.ACCEPTED, receipt.status or receipt.note)
    except UnknownOutcome as error:
        return Settled(entry.reference, EntryState.OPEN, str(error))
    except JournalUnusable:
        raise
    except DidNotHappen as error:
        state = EntryState.FAILED if isinstance(error, Failed) else EntryState.REFUSED
        return Settled(entry.reference, state, str(error))


def _report(session: Session, found: list[Settled]) -> None:
    if session.as_json:
        print_json(found)
    elif not found:
        click.echo("No order is open.")
    else:
        print_table(("REFERENCE", "STATE", "NOTE"), [(each.reference, each.state.value, each.note) for each in found])
    still = sum(each.state is EntryState.OPEN for each in found)
    if still:
        raise StillOpenError(f"{still} of {len(found)} orders stay open")


def _deed(entry: Entry) -> str:
    return words.deed(entry.order().endpoint, entry.values, masked=True)
