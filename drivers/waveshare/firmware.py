"""What the emulated sensor does on each command: library and settings here, fingers in `biometrics`.

Codes and layouts are the manual's; where it is silent, a comment says what is assumed.
"""

import random
from collections.abc import Callable

from drivers.emulation.fingers import Glass
from drivers.emulation.flash import Flash
from drivers.waveshare import commands
from drivers.waveshare.biometrics import Biometrics
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import EIGENVALUE, FAIL, NO_USER, PERMISSIONS, PREFIX, QUERY, SET, SUCCESS, Profile
from drivers.waveshare.library import Library
from drivers.waveshare.reply import QUICK, Reply, ack, long, short

# Command 21's codes, and 9600ths as the flash keeps them.
_SPEEDS = {1: 1, 2: 2, 3: 4, 4: 6, 5: 12}
_STORE, _CLEAR = 0.058, 0.070
_MAX_LEVEL = 9
# How long the module waits for a finger after power-on is not established.
_WAIT = 10

Get = Callable[[], int]
Put = Callable[[int], object]


class Firmware:
    """The sensor behind the framing: `flash` survives `reset`, everything else is lost with the power."""

    def __init__(self, profile: Profile, flash: Flash, glass: Glass, noise: random.Random) -> None:
        self.profile = profile
        self.flash = flash
        self.library = Library(flash, profile.capacity)
        self._biometrics = Biometrics(self.library, glass, noise, level=flash.registers.level)
        self._handlers = self._table()
        self.reset()

    def reset(self) -> None:
        """Lose the power, and get it back."""
        self.apply_speed()
        self._biometrics.unique = True
        self._biometrics.wait = _WAIT
        self._biometrics.reset()

    def apply_speed(self) -> None:
        """Let a new speed take effect: called when the answer is out under the old one, which is assumed."""
        self.speed = self.flash.registers.baud_n * 9600

    def execute(self, asked: Packet) -> Reply:
        """One command. What the module says to one that it does not know is not established: here it fails."""
        handler = self._handlers.get(asked.code)
        return ack(asked, FAIL) if handler is None else handler(asked)

    def _table(self) -> dict[int, Callable[[Packet], Reply]]:
        # Each of the two manuals has a way to ask who the module is that the other lacks.
        named: dict[int, Callable[[Packet], Reply]] = {
            commands.MODIFY_SN.code: self._modify_sn,
            commands.QUERY_SN.code: lambda asked: short(asked, self.flash.registers.serial[-3:]),
        }
        if self.profile.version:
            named = {commands.VERSION.code: lambda asked: long(asked, b"F2.05.00\0")}
        return {
            **named,
            **self._biometrics.table(),
            commands.DELETE.code: self._delete,
            commands.DELETE_ALL.code: self._delete_all,
            commands.COUNT.code: lambda asked: short(asked, len(self.library.users).to_bytes(2) + b"\0"),
            commands.GET_PERMISSION.code: self._get_permission,
            commands.SET_BAUD.code: self._set_baud,
            commands.LEVEL.code: self._level,
            commands.USERS.code: self._users,
            commands.ADD_MODE.code: self._add_mode,
            commands.CAPTURE_TIMEOUT.code: self._capture_timeout,
            commands.UPLOAD.code: self._upload,
            commands.DOWNLOAD.code: self._download,
        }

    def _delete(self, asked: Packet) -> Reply:
        user = int.from_bytes(asked.fields[:2])
        if self.library.permission(user) is None:
            return ack(asked, FAIL)
        self.library.remove(user)
        return ack(asked, SUCCESS, _STORE)

    def _delete_all(self, asked: Packet) -> Reply:
        """All users, or those with one permission."""
        for user in self.library.users:
            if asked.fields[2] in {0, self.library.permission(user)}:
                self.library.remove(user)
        return ack(asked, SUCCESS, _CLEAR)

    def _modify_sn(self, asked: Packet) -> Reply:
        registers = self.flash.registers
        before = registers.serial[-3:]
        registers.serial = registers.serial[:-3] + asked.fields
        self.flash.save_registers()
        return short(asked, before)

    def _get_permission(self, asked: Packet) -> Reply:
        permission = self.library.permission(int.from_bytes(asked.fields[:2]))
        return ack(asked, NO_USER if permission is None else permission)

    def _set_baud(self, asked: Packet) -> Reply:
        speed = _SPEEDS.get(asked.fields[2])
        if speed is None:
            return ack(asked, FAIL)
        self.flash.registers.baud_n = speed
        self.flash.save_registers()
        return ack(asked, SUCCESS)

    def _users(self, asked: Packet) -> Reply:
        users = [user.to_bytes(2) + bytes((self.library.permission(user) or 0,)) for user in self.library.users]
        return long(asked, len(users).to_bytes(2) + b"".join(users))

    def _upload(self, asked: Packet) -> Reply:
        user = int.from_bytes(asked.fields[:2])
        permission = self.library.permission(user)
        if permission is None:
            return ack(asked, NO_USER)
        return long(asked, user.to_bytes(2) + bytes((permission,)) + self.library.eigenvalue(user))

    def _download(self, asked: Packet) -> Reply:
        """A user who exists is not overwritten, and known fingers are taken: both is assumed."""
        data = asked.data
        user = int.from_bytes(data[:2])
        fits = len(data) == PREFIX + EIGENVALUE and data[2] in PERMISSIONS and 0 < user <= commands.LAST_USER
        if not fits or self.library.full or self.library.permission(user) is not None:
            return short(asked, data[:2].rjust(2, b"\0") + bytes((FAIL,)))
        self.library.put(user, data[2], data[PREFIX:])
        return short(asked, data[:2] + bytes((SUCCESS,)), _STORE)

    def _level(self, asked: Packet) -> Reply:
        def put(level: int) -> None:
            self._biometrics.level = self.flash.registers.level = level
            self.flash.save_registers()

        return _setting(asked, lambda: self._biometrics.level, put, _MAX_LEVEL)

    def _add_mode(self, asked: Packet) -> Reply:
        def put(mode: int) -> None:
            self._biometrics.unique = bool(mode)

        return _setting(asked, lambda: int(self._biometrics.unique), put, 1)

    def _capture_timeout(self, asked: Packet) -> Reply:
        def put(wait: int) -> None:
            self._biometrics.wait = wait

        return _setting(asked, lambda: self._biometrics.wait, put, 255)


def _setting(asked: Packet, get: Get, put: Put, most: int) -> Reply:
    """Set (third field 0) or query (1) one number; either way the answer tells the one in force."""
    value, what = asked.fields[1:]
    if what == SET and value <= most:
        put(value)
    elif what != QUERY:
        return short(asked, bytes((0, get(), FAIL)))
    return short(asked, bytes((0, get(), SUCCESS)), QUICK)
