"""Which fingers a scanner's slots should hold, when there are more fingers than slots. Pure: no I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kiosk.attendance import Phase
from kiosk.models import Finger
from kiosk.store import LastPunch

WEEK_US = 7 * 86_400 * 1_000_000
LONG_AGO = 5
"""Weeks after which it makes no difference how long ago it was."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`write`: fingers to bring in, the most expected first; `evict`: fingers to take out so that these find room."""

    write: tuple[str, ...]
    evict: tuple[str, ...]


def plan(wanted: Sequence[str], held: Collection[str], movable: Collection[str], capacity: int) -> Plan:
    """Choose by `wanted`, every finger that may punch here in the order of being expected.

    `held` are in slots now; only `movable` ones can be written again, so that others that are held stay where they are, whatever is
    wanted. Nothing is taken out unless something more expected needs its slot, or it is not wanted at all.
    """
    fixed = [finger for finger in held if finger not in movable]
    chosen = [finger for finger in wanted if finger in movable][: max(capacity - len(fixed), 0)]
    write = tuple(finger for finger in chosen if finger not in held)
    kept, known = set(chosen), set(wanted)
    gone = [finger for finger in held if finger in movable and finger not in known]
    spare = [finger for finger in reversed(wanted) if finger in held and finger in movable and finger not in kept]
    needed = len(held) - len(gone) + len(write) - capacity
    return Plan(write, (*gone, *spare[: max(needed, 0)]))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of who comes when, at `now_us` (UTC), which is None while nobody has set the clock.

    `phases` maps everybody whose shift it is to where that stands; `last` maps members, the latest to punch first, to their last punch.
    """

    now_us: int | None
    phases: Mapping[str, Phase]
    last: Mapping[str, LastPunch]


def expected(fingers: Sequence[Finger], held: Collection[str], outlook: Outlook) -> list[str]:
    """Order the ids of `fingers`, the first enrolled first, by how soon they are expected.

    Everybody has one finger before anybody has a second. Then whoever's shift is about to start comes first, then whoever's it is, then
    all others; among each of these, who punched or was enrolled within a week, within two, and so on; and at last those in a slot
    already before those who are not: who came today is expected tomorrow as much as the next one, and every exchange wears the
    scanner's flash. For the same reason nobody who has a slot makes room by a clock that tells nothing.
    """
    mine: dict[str, list[Finger]] = {}
    for finger in fingers:
        mine.setdefault(finger.member_uid, []).append(finger)
    main = {uid: _main(each, held, outlook.last.get(uid)) for uid, each in mine.items()}
    ages = {uid: _weeks(each, outlook) for uid, each in mine.items()}
    rank = {uid: number for number, uid in enumerate(outlook.last)}

    def key(finger: Finger) -> tuple[bool, bool, int, int, bool, int]:
        uid, free = finger.member_uid, finger.id not in held
        return (
            free and outlook.now_us is None,
            main[uid] != finger.id,
            outlook.phases.get(uid, len(Phase)),
            ages[uid],
            free,
            rank.get(uid, len(rank)),
        )

    return [finger.id for finger in sorted(fingers, key=key)]


def _main(fingers: Sequence[Finger], held: Collection[str], last: LastPunch | None) -> str:
    """The one finger of a member that is worth a slot: the one used last, else one that has a slot, else the first enrolled."""
    ids = [finger.id for finger in fingers]
    if last is not None and last.finger_id in ids:
        return last.finger_id
    return next((each for each in ids if each in held), ids[0])


def _weeks(fingers: Sequence[Finger], outlook: Outlook) -> int:
    """Whole weeks since a member punched, or was enrolled, up to LONG_AGO."""
    if outlook.now_us is None:
        return 0
    punched = outlook.last.get(fingers[0].member_uid)
    latest = max(finger.created_us for finger in fingers)
    if punched is not None:
        latest = max(latest, punched.utc_us)
    return min(max(outlook.now_us - latest, 0) // WEEK_US, LONG_AGO)
