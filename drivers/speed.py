"""Finding the speed at which a scanner listens: somebody may have set another one, or a brown-out may have set it back."""

from collections.abc import Callable, Iterable

from drivers.errors import LinkLost, LinkTimeout, ProtocolError
from drivers.link import Link


def find_speed(link: Link, speeds: Iterable[int], greet: Callable[[], None], glance: Callable[[], None]) -> None:
    """Leave `link` open at a speed at which the scanner answers.

    `greet` shakes hands with all patience, at the speed the link has now; `glance` does so once and quickly, at each of the other
    `speeds` in turn. Both raise LinkTimeout or ProtocolError when nothing sensible came back.

    Raises LinkLost, whatever else the handshake raises (a refused password means that the speed was right), and the first
    speed's own error if the scanner answers at none.
    """
    first = link.baud
    link.open()
    try:
        greet()
    except (LinkTimeout, ProtocolError) as failure:
        if any(_answers(link, speed, glance) for speed in speeds if speed != first):
            return
        link.baud = first
        raise failure from None


def _answers(link: Link, speed: int, glance: Callable[[], None]) -> bool:
    link.baud = speed
    try:
        link.open()
        glance()
    except (LinkTimeout, ProtocolError):
        return False
    except LinkLost as lost:
        lost.args = (f"{lost} (while looking for its speed, at {speed})",)
        raise
    return True
