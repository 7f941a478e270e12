"""The module's commands as calls: fields packed, answers unpacked and checked, nothing of the contract in them."""

from drivers.errors import DeviceError, ProtocolError
from drivers.waveshare import commands
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import EIGENVALUE, PREFIX, QUERY, SET, Command
from drivers.waveshare.wire import Wire

# A user's entry in the list: number and permission.
_ENTRY = 3


class Session:
    """One dialogue with a module. Every method may raise DeviceError, ProtocolError, LinkTimeout and LinkLost."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def count(self) -> int:
        """How many users the library holds. Changes nothing, waits for nothing: the handshake."""
        return int.from_bytes(self._wire.ask(commands.COUNT).fields[:2])

    def is_user(self, user: int) -> bool:
        """Whether a number is taken."""
        return self._wire.ask(commands.GET_PERMISSION, _user(user)).fields[2] != commands.NO_USER

    def users(self) -> frozenset[int]:
        """The numbers that are taken. The list must agree with itself and with the count: much is deleted by it."""
        count = self.count()
        answer = self._wire.ask(commands.USERS)
        if answer.fields[2] == commands.FAIL:
            # What an empty library says is not in the manual.
            return _listed(b"\0\0", count)
        return _listed(answer.data, count)

    def delete(self, user: int) -> None:
        """Forget a user; none there is no error."""
        self._wire.ask(commands.DELETE, _user(user))

    def delete_all(self) -> None:
        """Forget all users, whatever their permission."""
        self._wire.ask(commands.DELETE_ALL)

    def add(self, step: Command, user: int) -> int:
        """Wait for a finger and take one of the three pictures of an enrolment. Returns the code."""
        return self._wire.ask(step, _user(user, commands.PERMISSION)).fields[2]

    def is_full(self, user: int) -> bool:
        """Whether the library takes nobody any more: asked by beginning to add a free number, of which nothing comes.

        With room, the module looks at the glass before it answers. That it looks into its library before that is assumed; one that does
        not gives False here, and refuses when a finger comes.
        """
        try:
            self.add(commands.ADD_1, user)
        except DeviceError as refused:
            return refused.code == commands.FULL
        return False

    def acquire(self) -> tuple[int, bytes]:
        """Wait for a finger and take a picture for the host alone. Returns the code, and the template if that is SUCCESS."""
        answer = self._wire.ask(commands.ACQUIRE)
        code = answer.fields[2]
        if code != commands.SUCCESS:
            return code, b""
        if len(answer.data) != PREFIX + EIGENVALUE:
            raise ProtocolError(f"{commands.ACQUIRE.name}: {len(answer.data)} bytes, not {PREFIX + EIGENVALUE}")
        # One that was left over from an earlier press would be somebody else's.
        self._confirm(answer, commands.COUNT)
        return code, answer.data[PREFIX:]

    def compare_all(self) -> int | None:
        """Wait for a finger and look it up. Returns its user, 0 if it is nobody's, None if no finger came.

        A picture that is no good has no code of its own here: it is nobody's.
        """
        answer = self._wire.ask(commands.COMPARE_1_N)
        if answer.fields[2] == commands.TIMEOUT:
            return None
        user = int.from_bytes(answer.fields[:2])
        # FAIL is not in the manual for this command, and would look like permission 1 of user 0.
        found = answer.fields[2] in commands.PERMISSIONS
        if not found or not user:
            return 0
        if user > commands.LAST_USER:
            raise ProtocolError(f"{commands.COMPARE_1_N.name}: user {user} cannot exist")
        if self._confirm(answer, commands.GET_PERMISSION, _user(user)) != answer.fields[2]:
            raise ProtocolError(f"{commands.COMPARE_1_N.name}: user {user} has another permission")
        return user

    def compare_one(self, user: int) -> int:
        """Wait for a finger and compare it with one user's. Returns the code."""
        return self._compared(self._wire.ask(commands.COMPARE_1_1, _user(user)))

    def compare_with(self, eigenvalue: bytes) -> int:
        """Wait for a finger and compare it with a template that is in no library. Returns the code."""
        return self._compared(self._wire.ask(commands.DOWNLOAD_COMPARE, data=bytes(PREFIX) + eigenvalue))

    def upload(self, user: int) -> bytes:
        """A user's template, read twice: one byte of check is little for two hundred."""
        first, second = (self._wire.ask(commands.UPLOAD, _user(user)).data for _ in range(2))
        if first != second or len(first) != PREFIX + EIGENVALUE or int.from_bytes(first[:2]) != user:
            raise ProtocolError(
                f"{commands.UPLOAD.name}: not {PREFIX + EIGENVALUE} bytes of user {user}, the same twice"
            )
        return first[PREFIX:]

    def download(self, user: int, eigenvalue: bytes) -> None:
        """Store a template under a free number."""
        self._wire.ask(commands.DOWNLOAD, data=_user(user, commands.PERMISSION) + eigenvalue)

    def value(self, command: Command) -> int:
        """Read a setting: level, adding mode or capture timeout."""
        return self._wire.ask(command, bytes((0, 0, QUERY))).fields[1]

    def set_value(self, command: Command, value: int) -> None:
        """Change a setting."""
        self._wire.ask(command, bytes((0, value, SET)))

    def serial(self) -> int:
        """The module's number of 24 bits, which command 08 can change."""
        return int.from_bytes(self._wire.ask(commands.QUERY_SN).fields)

    def version(self) -> str:
        """The firmware's name, such as F2.05.00."""
        return self._wire.ask(commands.VERSION).data.rstrip(b"\0").decode("ascii", errors="replace")

    def _compared(self, answer: Packet) -> int:
        code = answer.fields[2]
        if code == commands.SUCCESS:
            self._confirm(answer, commands.COUNT)
        return code

    def _confirm(self, answer: Packet, command: Command, fields: bytes = bytes(3)) -> int:
        """Ask something harmless behind a finger that was recognised, and return that answer's third field.

        Had `answer` been left over from an earlier press, the true one would come now. The same answer twice does no harm.
        """
        confirmation = self._wire.ask(command, fields).fields[2]
        if self._wire.flushed or any(stray != answer for stray in self._wire.strays):
            raise ProtocolError(f"{command.name}: more than one answer came, so that nobody was recognised")
        return confirmation


def _user(user: int, permission: int = 0) -> bytes:
    return user.to_bytes(2) + bytes((permission,))


def _listed(data: bytes, count: int) -> frozenset[int]:
    entries = [data[at : at + _ENTRY] for at in range(2, len(data), _ENTRY)]
    users = frozenset(int.from_bytes(entry[:2]) for entry in entries)
    whole = len(data) == 2 + _ENTRY * count and int.from_bytes(data[:2]) == len(users) == count
    if not whole or not all(commands.FIRST_USER <= user <= commands.LAST_USER for user in users):
        raise ProtocolError(f"{commands.USERS.name}: the list does not agree with the count of {count}")
    return users
