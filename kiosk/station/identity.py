"""Is this the scanner that we know? By the tag that we wrote into it, by its serial number, or by what lies in its slots.

The tag is 32 bytes: `KIOSK1`, then `S` where the kiosk has copies of all that lies in the scanner and `O` where the scanner has the only
ones, then 8 bytes that name the kiosk, then 17 random ones.
"""

import enum
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from drivers import Capability, ProtocolError, Scanner, Template
from kiosk.models import SlotState
from kiosk.station.reading import UnreadableError, read_slot
from kiosk.station.vault import Vault
from kiosk.store import Store

log = logging.getLogger(__name__)

_MARK = b"KIOSK1"
_COPIED, _ONLY = b"S", b"O"
_RANDOM = 17
SAMPLE = 8
"""Slots whose content is looked at where nothing else tells one scanner from another."""


Mark = TypeVar("Mark", bytes, str | None)


class LibraryError(Exception):
    """The scanner answers, but its slots cannot be trusted; the text says so in plain words."""


class Standing(enum.Enum):
    """What a scanner that has just been connected is to this station."""

    OURS = enum.auto()
    """The one that was here before."""
    EMPTY = enum.auto()
    """Another one, with nothing in it: it can become ours."""
    FREE = enum.auto()
    """Another one, and of all that lies in it there are copies: it can be emptied, and become ours."""
    FOREIGN = enum.auto()
    """Another one, with fingers of which nobody may have a copy."""


class Identity:
    """Who the scanner of `station` is, in the store's notes and in the scanner. Methods may raise ScannerError and StoreError."""

    def __init__(self, station: str, scanner: Scanner, store: Store, vault: Vault) -> None:
        self._station = station
        self._scanner = scanner
        self._store = store
        self._vault = vault
        self._tagged = Capability.TAG in scanner.info.capabilities
        self._serial: str | None = None

    def standing(self) -> Standing:
        """Find out, without changing anything on either side. Raises LibraryError for the scanner of another station."""
        if self._tagged:
            return self._by_tag(self._surely(self._scanner.read_tag, lambda tag: tag.hex() in self._known()))
        self._serial = self._surely(self._scanner.read_serial, lambda serial: serial == self._number())
        return self._by_content() if self._serial is None else self._by_serial(self._serial)

    def _surely(self, ask: Callable[[], Mark], known: Callable[[Mark], bool]) -> Mark:
        """The answer, which has to come twice if it is not the one that is known: a damaged one would make a stranger of our scanner."""
        mark = ask()
        if not known(mark) and ask() != mark:
            raise ProtocolError("the scanner says something else each time it is asked who it is")
        return mark

    def same(self) -> bool:
        """Whether it still is the scanner that `standing` or `adopt` saw, by its tag or its number: one exchange; True without either."""
        if self._tagged:
            return self._scanner.read_tag().hex() in self._known()
        return self._scanner.read_serial() == self._serial

    def adopt(self) -> None:
        """Make it this station's scanner."""
        if self._tagged or self._serial is None:  # `standing` has asked those that are known by it
            self._serial = self._scanner.read_serial()
        self._note_serial()
        if self._tagged:
            self._tag()

    def confirm(self) -> None:
        """Let the tag of our own scanner say what is true now, whether there are copies, and whose they are; or note its number."""
        if self._tagged and not self._scanner.read_tag().startswith(self._head()):
            self._tag()
        if not self._tagged and self._serial is not None and self._number() != self._serial:
            self._note_serial()

    def _by_tag(self, tag: bytes) -> Standing:
        if tag.hex() in self._known():
            return Standing.OURS
        self._refuse_other_stations(tag.hex())
        if not self._scanner.used():
            return Standing.EMPTY
        # Our own copies: of a scanner that was here once, and comes back.
        return Standing.FREE if self._vault.keeps and tag.startswith(self._head()) else Standing.FOREIGN

    def _by_serial(self, serial: str) -> Standing:
        if self._number() == serial:
            return Standing.OURS
        self._refuse_other_stations(serial)
        if self._number() == "":
            return self._by_content()  # its number was not heard when it was taken over
        used = self._scanner.used()
        was_here = self._store.notes.get(f"scanner-of:{serial}") is not None
        if not used:
            return Standing.EMPTY
        return Standing.FREE if was_here and self._vault.keeps and self._is_copied(used) else Standing.FOREIGN

    def _by_content(self) -> Standing:
        """Without tag and number: ours if one slot of a sample holds a finger that the store knows; another's if none does."""
        used = self._scanner.used()
        if not used:
            return Standing.EMPTY
        if Capability.TEMPLATES not in self._scanner.info.capabilities:
            # Nothing can be looked at: the same slots have to be in use.
            rows = self._store.slots.of_station(self._station)
            held = {row.slot for row in rows if row.state is SlotState.HELD}
            return Standing.OURS if used == held else Standing.FOREIGN
        sample: Iterable[tuple[int, Template]] = self._sample(used)
        others = [station for station in self._store.slots.stations() if station != self._station]
        if others:
            sample = list(sample)  # read once, for both questions
            self._refuse_content_of(others, sample)
        return Standing.OURS if any(self._vault.whose(template) for _, template in sample) else Standing.FOREIGN

    def _refuse_content_of(self, others: Sequence[str], sample: Sequence[tuple[int, Template]]) -> None:
        """Raise LibraryError for a scanner that, slot by slot, holds what another station's should, and not what this one's should.

        By a sample of them: two that hold much the same in the same slots cannot be told apart.
        """
        found = {(slot, self._vault.digest(template)) for slot, template in sample}

        def agreeing(station: str) -> int:
            return len(found & {(row.slot, row.digest) for row in self._store.slots.of_station(station)})

        ours = agreeing(self._station)
        for station in others:
            if agreeing(station) > max(ours, len(found) // 2):
                raise strayed(station, had_one=self._had_one())

    def _is_copied(self, used: frozenset[int]) -> bool:
        """Whether a scanner that was here once still holds our fingers, of which there are copies.

        A number is no tag: another kiosk may have filled it since. And whoever can be recognised nowhere else may lie in it.
        """
        if Capability.TEMPLATES not in self._scanner.info.capabilities:
            return False
        fingers = (self._vault.whose(template) for _, template in self._sample(used))
        ours = any(finger is not None and self._vault.has(finger.id) for finger in fingers)
        everybody = self._store.fingers.all()
        return ours and all(self._vault.has(each.id) or self._store.slots.of_finger(each.id) for each in everybody)

    def _sample(self, used: frozenset[int]) -> Iterator[tuple[int, Template]]:
        """Some slots, and what lies in them, but for those that cannot be read.

        Raises LibraryError at the end if nothing came out of any, and not because the scanner says so of itself: who it is cannot be told.
        """
        slots = sorted(used)
        some, trouble = False, None
        for slot in slots[:: max(1, len(slots) // SAMPLE)][:SAMPLE]:
            try:
                template = read_slot(self._scanner, slot)
            except UnreadableError as error:
                log.debug("station %s: %s", self._station, error)
                trouble = trouble if error.refused else error
            else:
                some = True
                yield slot, template
        if trouble is not None and not some:
            raise illegible(self._station) from trouble

    def _refuse_other_stations(self, who: str) -> None:
        owner = self._store.notes.get(f"scanner-of:{who}")
        if owner is not None and owner != self._station and self._store.slots.of_station(owner):
            raise strayed(owner, had_one=self._had_one())

    def _number(self) -> str | None:
        """The serial number of this station's scanner, as noted; "" if it had none, or did not tell it; None if there never was one."""
        return self._store.notes.get(f"scanner-serial:{self._station}")

    def _note_serial(self) -> None:
        self._store.notes.put(f"scanner-serial:{self._station}", self._serial or "")
        if self._serial is not None:
            self._store.notes.put(f"scanner-of:{self._serial}", self._station)

    def _had_one(self) -> bool:
        return self._number() is not None

    def _head(self) -> bytes:
        return _MARK + (_COPIED if self._vault.keeps else _ONLY) + self._vault.kiosk_id

    def _known(self) -> list[str]:
        return (self._store.notes.get(f"scanner-tag:{self._station}") or "").split()

    def _tag(self) -> None:
        """Write a new tag. Until it is in the scanner, both are known: a power cut must not make a stranger of it."""
        before = self._scanner.read_tag().hex()
        known = before if before in self._known() else ""
        tag = self._head() + secrets.token_bytes(_RANDOM)
        with self._store.atomic():
            self._store.notes.put(f"scanner-of:{tag.hex()}", self._station)
            self._store.notes.put(f"scanner-tag:{self._station}", f"{tag.hex()} {known}".strip())
        self._scanner.write_tag(tag)
        self._store.notes.put(f"scanner-tag:{self._station}", tag.hex())


def foreign(scanner: Scanner, store: Store, station: str) -> LibraryError:
    """Why nobody is credited at a FOREIGN scanner, and what to do about it."""
    known = any(row.state is SlotState.HELD for row in store.slots.of_station(station))
    other = "This is not the scanner that this station knows. " if known else ""
    return LibraryError(
        f"{other}This {scanner.info.model} holds fingers that this kiosk knows nothing of. Plug this station's own scanner in, or let the "
        f"kiosk erase this one and write its own fingers into it: kiosk scanner adopt {station}"
    )


def illegible(station: str) -> LibraryError:
    """Why nobody is credited at a scanner that is known by its content alone, and tells none of it."""
    return LibraryError(
        "Nothing of what lies in this scanner can be read, so that nobody can tell whose it is. Take its power away for two seconds, and "
        "check its cable. If that does not help, let the kiosk erase it; whose fingers lie in it alone has to be enrolled anew: "
        f"kiosk scanner adopt {station}"
    )


def strayed(owner: str, *, had_one: bool) -> LibraryError:
    """Why nobody is credited at the scanner of station `owner`, here where another one was before, or (not `had_one`) none at all."""
    if had_one:
        advice = (
            "If the plugs of the two scanners were exchanged, exchange them back, or exchange the ports of the two stations in the "
            "configuration. If not, plug this station's own scanner in."
        )
    else:
        advice = (
            f'If that is what this station was called before, call it "{owner}" again. If not, plug its own scanner in.'
        )
    return LibraryError(f'This is the scanner of station "{owner}". {advice}')


def costly(station: str, fingers: int) -> LibraryError:
    """Why an empty scanner is not simply taken for this station's: that would cost people their enrolment."""
    lie, these = ("1 finger lies", "this finger") if fingers == 1 else (f"{fingers} fingers lie", "these fingers")
    return LibraryError(
        f"This is not the scanner that this station knows, and {lie} in that one alone. Plug it in again, or let the kiosk take this "
        f"one, and enrol {these} anew: kiosk scanner adopt {station}"
    )
