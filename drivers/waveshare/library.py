"""The emulated sensor's library: users, each with a permission and a template, in the slots of an emulated flash."""

from drivers.emulation.flash import Flash
from drivers.waveshare.commands import EIGENVALUE, FIRST_USER, LAST_USER, PERMISSIONS

# A user's record: the template, and a byte for the permission.
RECORD = EIGENVALUE + 1


class Library:
    """At most `capacity` users with numbers from 1 to 4095."""

    def __init__(self, flash: Flash, capacity: int) -> None:
        self._flash = flash
        self._capacity = capacity

    @property
    def users(self) -> list[int]:
        """The numbers that are taken, in order."""
        return sorted(self._flash.used)

    @property
    def full(self) -> bool:
        """Whether nobody fits in any more."""
        return len(self._flash.used) >= self._capacity

    def permission(self, user: int) -> int | None:
        """A user's permission, or None."""
        record = self._flash.read(user) if FIRST_USER <= user <= LAST_USER else None
        return None if record is None else record[EIGENVALUE]

    def eigenvalue(self, user: int) -> bytes:
        """The template of a user who exists."""
        return (self._flash.read(user) or b"")[:EIGENVALUE]

    def score(self, user: int, *features: int) -> int:
        """How like a user's template is to any of these features; 0 if there is none."""
        return self._flash.score(user, *features)

    def best(self, *features: int) -> tuple[int, int]:
        """The user who is most like these features, and how much; 0 and 0 if there is none."""
        score, user = max(((self.score(user, *features), user) for user in self.users), default=(0, 0))
        return user, score

    def put(self, user: int, permission: int, eigenvalue: bytes) -> None:
        """Store a user. Raises ValueError for what cannot be one."""
        if not FIRST_USER <= user <= LAST_USER or permission not in PERMISSIONS or len(eigenvalue) != EIGENVALUE:
            raise ValueError(f"no user: {user} with permission {permission} and {len(eigenvalue)} bytes")
        self._flash.write(user, eigenvalue + bytes((permission,)))

    def remove(self, user: int) -> None:
        """Forget a user; none there is no error. Raises ValueError for a number that nobody can have."""
        if not FIRST_USER <= user <= LAST_USER:
            raise ValueError(f"no user: {user}")
        self._flash.erase(user)
