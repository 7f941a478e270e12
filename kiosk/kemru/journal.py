"""The orders of a merchant on disk: what was asked before the first byte left, and afterwards what became of it.

A folder of its owner's alone, with one small JSON file for each order, named after its reference. A file is replaced whole, durably. Open
entries are what nobody knows the outcome of yet; closed ones are a history, of which the latest are kept. Secrets are never in it.
Telephone numbers, accounts and amounts are in the files and nowhere else: not in a message, a log line or a repr.
"""

import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from kiosk import disk
from kiosk.errors import Exit
from kiosk.kemru import locks
from kiosk.kemru.entries import Entry, EntryState
from kiosk.kemru.errors import DidNotHappen, KemruError, UnknownOutcome

KEPT = 1000
"""Closed entries that are kept."""

MAX_BYTES = 1 << 16
"""Bytes of the longest file that can be an entry: far more than the longest message."""

_log = logging.getLogger(__name__)

_NAME = re.compile(r"([A-Za-z0-9_-]{1,64})\.json(\.draft|\.lock)?")
_GATE = ".gate"


class JournalUnusable(DidNotHappen):
    """The journal cannot be written, and so nothing was sent."""

    exit_code = Exit.IO
    cure = "Mend the journal's folder (place, owner, free space) first: without it an order could be sent twice."


class ReferenceTaken(DidNotHappen):
    """Another order has this reference already. This one was not sent."""

    exit_code = Exit.DATA
    cure = "Give every order a reference of its own."


class SameOrderOpen(DidNotHappen):
    """An order that does the same is still open; `reference` is that order's. The new one was not sent."""

    exit_code = Exit.TEMPORARY
    cure = "Run `kiosk kemru settle` first: it finds out whether the earlier order happened."


class Unsettled(UnknownOutcome):
    """Nobody knows yet what became of the order; its entry stays open."""

    cure = "Do not order it again: `kiosk kemru settle` asks the platform what became of it, and sends it only if it never arrived."


class InHand(UnknownOutcome):
    """Another process is busy with this order at the moment."""

    cure = "Wait for it to end; `kiosk kemru orders` tells what became of the order."


class Damaged(msgspec.Struct, frozen=True):
    """Something in the folder that is no entry, and why. It is left as it is."""

    name: str
    why: str


class Contents(msgspec.Struct, frozen=True):
    """All entries, oldest first, and everything else that is there."""

    entries: list[Entry]
    damaged: list[Damaged]

    @property
    def open(self) -> list[Entry]:
        """Whose outcome nobody knows."""
        return [each for each in self.entries if each.is_open]


class Journal:
    """The journal in `folder`, which is made if it is not there. Raises JournalUnusable if others can read it, or it cannot be made."""

    def __init__(self, folder: Path, *, kept: int = KEPT) -> None:
        self.folder = folder
        self._kept = kept
        with _usable():
            _make_private(folder)

    def read(self) -> Contents:
        """Everything in the folder. A file that is no entry is reported and left alone."""
        contents = Contents([], [])
        with _usable():
            paths = sorted(self.folder.iterdir())
        for path in paths:
            found = None if _is_scaffolding(path) else _load(path)
            if isinstance(found, Entry):
                contents.entries.append(found)
            elif found is not None:
                contents.damaged.append(found)
        contents.entries.sort(key=lambda each: (each.opened, each.reference))
        return contents

    def find(self, reference: str) -> Entry | None:
        """The entry of `reference`; None if there is none that can be read."""
        found = _load(self._path(reference))
        return found if isinstance(found, Entry) else None

    @contextmanager
    def hold(self, reference: str) -> Iterator[None]:
        """Keep every other process away from the order of `reference`.

        Raises InHand if one is busy with it. Where the journal cannot be used: JournalUnusable, or Unsettled if the order may have been
        sent before.
        """
        with ExitStack() as held:
            with self._usable_for(reference):
                try:
                    held.enter_context(locks.at_once(self._lock(reference)))
                except BlockingIOError:
                    raise InHand("another process is busy with this order", reference=reference) from None
            yield

    def begin(self, entry: Entry) -> Entry:
        """Make `entry` durable, while it is held; an order of this reference that is known already is returned instead.

        One that was refused may begin anew. Raises ReferenceTaken, SameOrderOpen or JournalUnusable: then nothing of it is left. Raises
        Unsettled where that is not certain, or where the order may have been sent before.
        """
        with self._usable_for(entry.reference), locks.waiting(self.folder / _GATE):
            contents = self.read()
            known = self._known(entry, contents)
            if known is not None and known.state is not EntryState.REFUSED:
                return known
            _refuse_the_same(entry, contents)
            self._tidy(contents)
            self._write_first(entry, known)
            return entry

    def write(self, entry: Entry) -> None:
        """Make what is known of an order durable, while it is held. Raises OSError; then it may or may not be."""
        disk.replace(self._path(entry.reference), msgspec.json.encode(entry))

    def _write_first(self, entry: Entry, refused: Entry | None) -> None:
        try:
            self.write(entry)
        except OSError as error:
            self._take_back(entry, refused, error)
            raise

    def _take_back(self, entry: Entry, refused: Entry | None, trouble: OSError) -> None:
        """Leave nothing of an entry that could not be made durable: later it would be taken for one that was sent."""
        path = self._path(entry.reference)
        try:
            _draft(path).unlink(missing_ok=True)
            if refused is None or _load(path) != refused:
                path.unlink(missing_ok=True)
            disk.sync_folder(self.folder)
        except OSError as error:
            raise Unsettled(
                f"not sent now, but written down, which cannot be undone: {_reason(error)}", reference=entry.reference
            ) from trouble

    @contextmanager
    def _usable_for(self, reference: str) -> Iterator[None]:
        """Nothing of the order is sent inside. What fails says that it did not happen only if it was not sent before either."""
        try:
            yield
        except (OSError, JournalUnusable) as error:
            raise self._trouble(reference, error) from error

    def _trouble(self, reference: str, error: OSError | JournalUnusable) -> KemruError:
        said = _unusable(error) if isinstance(error, OSError) else error
        return said if self._never_happened(reference) else Unsettled(str(said), reference=reference)

    def _never_happened(self, reference: str) -> bool:
        """Whether it is certain that nothing came of `reference`: it has no file, or one that says so."""
        path = self._path(reference)
        try:
            path.lstat()
        except OSError as error:
            return isinstance(error, FileNotFoundError)
        found = _load(path)
        return isinstance(found, Entry) and found.state in {EntryState.REFUSED, EntryState.FAILED}

    def _known(self, entry: Entry, contents: Contents) -> Entry | None:
        known = next((each for each in contents.entries if each.reference == entry.reference), None)
        if known is not None and not known.repeats(entry):
            raise ReferenceTaken("not sent: another order has this reference", reference=entry.reference)
        if known is None and self._path(entry.reference).exists():
            raise ReferenceTaken(
                "not sent: this reference has a damaged file in the journal", reference=entry.reference
            )
        return known

    def _tidy(self, contents: Contents) -> None:
        """Forget the oldest history, and what processes that were killed left behind, as far as that can be done."""
        closed = sorted(
            (each for each in contents.entries if not each.is_open), key=lambda each: each.closed or each.opened
        )
        for each in closed[: max(0, len(closed) - self._kept)]:
            self._clear(each.reference, whole=True)
        for reference in self._remains():
            self._clear(reference, whole=False)

    def _remains(self) -> set[str]:
        try:
            names = [_NAME.fullmatch(each.name) for each in self.folder.iterdir()]
        except OSError:
            return set()
        return {found[1] for found in names if found is not None and found[2]}

    def _clear(self, reference: str, *, whole: bool) -> None:
        try:
            with locks.at_once(self._lock(reference)):
                _draft(self._path(reference)).unlink(missing_ok=True)
                if whole:
                    self._path(reference).unlink(missing_ok=True)
        except BlockingIOError:
            pass  # a process is busy with it: then it is no remains
        except OSError as error:
            _log.warning("the journal of orders keeps what it no longer needs: %s", _reason(error))

    def _path(self, reference: str) -> Path:
        return self.folder / f"{reference}.json"

    def _lock(self, reference: str) -> Path:
        return self.folder / f"{reference}.json.lock"


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unusable(error) from error


def _unusable(error: OSError) -> JournalUnusable:
    return JournalUnusable(f"the journal of orders cannot be used: {_reason(error)}")


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.draft")


def _make_private(folder: Path) -> None:
    if not folder.is_dir():
        new = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=0o700, parents=True)
        for each in new:
            disk.sync_folder(each.parent)
    if folder.stat().st_mode & 0o077:
        raise JournalUnusable(f"{folder} is open to others: chmod 700, or give the journal a folder of its own")


def _is_scaffolding(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    return path.name == _GATE or (found is not None and found[2] is not None)


def _load(path: Path) -> Entry | Damaged:
    if _NAME.fullmatch(path.name) is None:
        return Damaged(path.name, "is no order's file")
    try:
        entry = msgspec.json.decode(_content_of(path), type=Entry)
        return entry if _belongs(entry, path) else Damaged(path.name, "holds another order's entry")
    except OSError as error:
        return Damaged(path.name, f"cannot be read: {error.strerror}")
    except (msgspec.MsgspecError, KeyError, ValueError):
        return Damaged(path.name, "is damaged")  # the reason could quote what is in it


def _belongs(entry: Entry, path: Path) -> bool:
    return path.name == f"{entry.reference}.json" and entry.order().reference == entry.reference


def _content_of(path: Path) -> bytes:
    # A pipe or a device could keep its reader waiting for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("no regular file")
        return file.read(MAX_BYTES)


def _refuse_the_same(entry: Entry, contents: Contents) -> None:
    for each in contents.open:
        if each.does_the_same(entry):
            raise SameOrderOpen(
                f"not sent: order {each.reference} does the same, and nobody knows yet what became of it",
                reference=each.reference,
            )
