"""Getting a scanner's ear: awake, and at the speed that it listens at. Somebody may have set another one, or a brown-out set it back."""

from collections.abc import Callable, Iterable

from drivers.errors import DeviceError, LinkLost, LinkTimeout, ProtocolError
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


def persist(
    shake_hands: Callable[[], object], times: int, *, excused: Callable[[DeviceError], bool] = lambda _: False
) -> None:
    """Shake hands until the scanner answers sensibly, at most `times` times: one that just got power may miss what comes first.

    Raises what the last handshake raised, and at once LinkLost and a refusal that is not `excused`.
    """
    for _ in range(times - 1):
        try:
            shake_hands()
        except (LinkTimeout, ProtocolError):
            continue
        except DeviceError as refused:
            if not excused(refused):
                raise
        else:
            return
    shake_hands()


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
