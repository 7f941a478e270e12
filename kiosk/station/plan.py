"""Which fingers a scanner's slots should hold, when there are more fingers than slots. Pure: ids and ranks, no I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


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


def expected(
    fingers: Mapping[str, str],
    recent: Mapping[str, str | None],
    held: Collection[str],
    on_shift: Collection[str] = (),
) -> list[str]:
    """Order `fingers` (id to member's uid, the first enrolled first) by how soon they are expected.

    `recent` maps members, the latest to punch first, to the finger they punched with. Those who are `on_shift` come before all others,
    and among either, the recent before the rest. Then everybody has one finger, the one used last or else the first enrolled, before
    anybody has a second; and those in a slot already come before those who are not: who came today is expected tomorrow as much as the
    next one, and every exchange wears the scanner's flash.
    """
    rank = {uid: number for number, uid in enumerate(recent)}
    first = {fingers[finger]: finger for finger in reversed(list(fingers))}
    used = {uid: finger for uid, finger in recent.items() if finger is not None and fingers.get(finger) == uid}
    main = first | used

    def key(finger: str) -> tuple[bool, bool, bool, bool, int]:
        uid = fingers[finger]
        return uid not in on_shift, uid not in rank, main[uid] != finger, finger not in held, rank.get(uid, 0)

    return sorted(fingers, key=key)
