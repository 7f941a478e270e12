"""What all commands of `kiosk kemru` share: their options, the client, the dry run, the question before money moves."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from kiosk.cli.common import plain, print_json, unheard
from kiosk.cli.kemru.account import Account, Source, journal_folder, resolve
from kiosk.cli.kemru.preview import Preview, preview, show
from kiosk.cli.kemru.typed import completed
from kiosk.errors import KioskError
from kiosk.kemru import address
from kiosk.kemru.client import Kemru
from kiosk.kemru.endpoints import Effect
from kiosk.kemru.errors import UnknownOutcome
from kiosk.kemru.journal import Journal, Unsettled
from kiosk.kemru.once import Once
from kiosk.kemru.wire import Prepared
from kiosk.secret import Secret

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

AGAIN = {
    Effect.READS: "Nothing was changed: ask again.",
    Effect.SETTLES: "Ask again: however often it is asked, it ends in the same state.",
    Effect.ACTS: "Give the very same command again with --reference {reference}: the platform does it once.",
}
"""What to do after an UnknownOutcome of a call that is not in the journal."""


class Session(msgspec.Struct, frozen=True):
    """One command's account and wishes. `yes` answers the question before money moves."""

    source: Source
    as_json: bool
    dry_run: bool = False
    reveal: bool = False
    yes: bool = False

    def account(self) -> Account:
        """Whose account it is. Raises what `resolve` raises."""
        return resolve(self.source)

    def call(self, effect: Effect, act: Callable[[Kemru], T]) -> T:
        """Do `act` with a client; with --dry-run, print its first request instead, and end the command."""
        if self.dry_run:
            self.rehearse(act)
        try:
            with self.client() as kemru:
                return act(kemru)
        except UnknownOutcome as error:
            error.cure = AGAIN[effect].format(reference=error.reference)
            raise

    def client(self, before_request: Callable[[Prepared], None] | None = None) -> Kemru:
        """A client for the account. Raises AddressRefused or Unauthorised for what could never work."""
        account = self.account()
        return Kemru(
            account.base_url,
            account.credentials,
            get_parameters=account.get_parameters,
            deadline=account.deadline_s,
            before_request=before_request,
        )

    def rehearse(self, act: Callable[[Kemru], object]) -> NoReturn:
        """Print the request that `act` would send first, send nothing, and end the command."""
        found = self.rehearsed(act)
        if self.as_json:
            print_json(found)
        else:
            show(found)
        end()

    def rehearsed(self, act: Callable[[Kemru], object]) -> Preview:
        """The request that `act` would send first; nothing is sent."""
        try:
            with self.client(_refuse) as kemru:
                act(kemru)
        except _NotSentError as stopped:
            return preview(self.account(), stopped.prepared, reveal=self.reveal)
        raise AssertionError("every call sends something")

    def journal(self) -> Journal:
        """Where orders are written down; what does not belong there is reported. Raises JournalUnusable."""
        journal = Journal(journal_folder(self.source))
        with unheard():
            for each in journal.read().damaged:
                click.echo(f"kiosk: {plain(str(journal.folder / each.name))} {each.why}; it is left alone", err=True)
        return journal

    def once(self, kemru: Kemru) -> Once:
        """Orders that happen once. Raises JournalUnusable."""
        return Once(kemru, self.journal(), sleep=_wait)

    def completed(self, text: str) -> str:
        """`text`, whose commands name the account that was typed."""
        return completed(text, self.source)

    def confirm(self, question: str) -> None:
        """Ask a person before money moves. Raises UsageError where there is nobody to ask, Abort if the answer is no."""
        if not self.agreed(question):
            click.echo("Nothing was sent.", err=True)
            raise click.Abort

    def agreed(self, question: str) -> bool:
        """Whether a person wants it. Raises UsageError where there is nobody to ask, AddressRefused for what may not be asked."""
        payer = account_of(self.account())
        if self.yes:
            return True
        if not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask on before this is done; scripts say --yes")
        return click.confirm(f"{plain(question)}, merchant {payer}?", err=True)


def account_of(account: Account) -> str:
    """The merchant, and where. Raises AddressRefused."""
    return plain(f"{account.credentials.merchant_id} at {address.checked(account.base_url)}")


@contextmanager
def interruptible(reference: str) -> Iterator[None]:
    """Ctrl-C inside leaves the order of `reference` open, and is no "no"."""
    try:
        yield
    except KeyboardInterrupt:
        raise Unsettled(
            f"interrupted: nobody knows yet what became of order {reference}", reference=reference
        ) from None


def end() -> NoReturn:
    """End the command well."""
    click.get_current_context().exit(0)


def print_reply(value: object) -> None:
    """Print a reply as JSON; the one secret in any is a voucher's PIN, which was bought to be read."""
    print_json(msgspec.to_builtins(value, enc_hook=_readable))


def takes_account(function: Callable[..., None]) -> Callable[..., None]:
    """The options that say whose account it is, and `--json`; the function gets a Session."""

    @functools.wraps(function)
    def command(
        config: Path | None,
        url: str | None,
        merchant: str | None,
        credentials: Path | None,
        journal: Path | None = None,
        *,
        as_json: bool,
        dry_run: bool = False,
        reveal: bool = False,
        yes: bool = False,
        **rest: Any,  # noqa: ANN401  the command's own options, of every type
    ) -> None:
        session = Session(Source(config, url, merchant, credentials, journal), as_json, dry_run, reveal, yes)
        try:
            function(session, **rest)
        except KioskError as error:
            error.cure = session.completed(error.cure)
            raise

    return _with(
        command,
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            envvar="KIOSK_CONFIG",
            help="Configuration file with the account.",
        ),
        click.option("--url", help="Where the platform is. [default: KEMRU_URL]"),
        click.option("--merchant", help="Merchant id. [default: KEMRU_MERCHANT_ID]"),
        click.option(
            "--credentials",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder with kemru-api-key, kemru-secret and kemru-access-token.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs."),
    )


def may_rehearse(function: F) -> F:
    """`--dry-run` and `--reveal`."""
    return _with(
        function,
        click.option("--dry-run", is_flag=True, help="Print the exact request and what was signed; send nothing."),
        click.option("--reveal", is_flag=True, help="With --dry-run: show the API key and the access token too."),
    )


def asks_first(function: F) -> F:
    """`--yes`."""
    return _with(function, click.option("--yes", is_flag=True, help="Do not ask before it is sent."))


def keeps_journal(function: F) -> F:
    """`--journal`."""
    return _with(
        function,
        click.option(
            "--journal",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder in which orders are written down. [default: KIOSK_ORDERS, beside the kiosk's data, or in your home]",
        ),
    )


def _with(function: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


class _NotSentError(Exception):
    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        self.prepared = prepared


def _wait(seconds: float) -> None:
    if seconds:
        with unheard():
            click.echo(
                f"kiosk: no answer yet; asking again in {seconds:.0f} s (Ctrl-C leaves the order open)", err=True
            )
        sleep(seconds)


def _refuse(prepared: Prepared) -> None:
    raise _NotSentError(prepared)


def _readable(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(type(value).__name__)  # msgspec turns it into its own error
