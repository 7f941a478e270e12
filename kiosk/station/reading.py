"""Reading what lies in one slot of a scanner, where a failure may be the slot's, the line's or the scanner's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from drivers import DeviceError, LinkTimeout, ProtocolError, Scanner, Template


class NotProvenError(Exception):
    """The slot was not found to hold what the store says: nobody is credited for it. The store's rows were put right meanwhile."""


class UnreadableError(NotProvenError):
    """What the slot holds cannot be told, and nothing was put right. `refused` says that these are the scanner's own words."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


@contextmanager
def heard(scanner: Scanner) -> Iterator[None]:
    """Make a ProtocolError of silence about one slot, if the scanner answers when it is asked for nothing but a sign of life."""
    try:
        yield
    except LinkTimeout as silence:
        try:
            scanner.check()
        except DeviceError as restarted:
            raise silence from restarted  # or it is another one: that is no word about the slot
        raise ProtocolError(str(silence)) from silence


def read_slot(scanner: Scanner, slot: int) -> Template:
    """What came of `slot`, once. Raises UnreadableError if that is the slot's fault or the line's, ScannerError if the scanner is gone."""
    try:
        with heard(scanner):
            return scanner.export_template(slot)
    except (DeviceError, ProtocolError) as error:
        refused = isinstance(error, DeviceError)
        raise UnreadableError(f"slot {slot} cannot be read: {error}", refused=refused) from error
