"""What the emulated sensor does on each command: registers, password, notepad, index and light here, fingers in `biometrics`."""

import copy
import random

from drivers.emulation.fingers import Glass
from drivers.emulation.flash import PAGE, PAGES, Flash
from drivers.zfm import commands
from drivers.zfm.biometrics import Biometrics
from drivers.zfm.builds import Build, Quirk
from drivers.zfm.commands import OK, Dialect, Product, Takes
from drivers.zfm.perils import Handler, Perils
from drivers.zfm.reply import Reply

# Seconds of work, from the same trace as those of `biometrics`.
_PARAMETERS, _FLASH = 0.016, 0.058
# Register numbers of SetSysPara.
_BAUD, _LEVEL, _PACKET = 4, 5, 6
_PACKET_SIZES = (32, 64, 128, 256)
# Synochip's HandShake has the code of Grow's AuraLedConfig.
_SYNO_HAND_SHAKE = 0x35
# Codes that both dialects know, by other names and with other lengths; those are 0 and 4.
_SHARED, _SHARED_LENGTHS = frozenset({_SYNO_HAND_SHAKE, commands.CONTROL_BLN.code}), (0, 4)
# Bytes of the chip's number that ReadUUID gives; some hosts send a parameter byte with it.
_UUID, _UUID_LENGTHS = 32, (0, 1)

# What GetAlgVer and GetFwVer say: 32 bytes of ASCII, whose words nobody published.
_VERSION = b"emulated".ljust(32, b"\0")


class Firmware:
    """The sensor behind the framing: `flash` survives `reset`, everything else is lost with the power."""

    def __init__(self, build: Build, flash: Flash, glass: Glass, noise: random.Random) -> None:
        self.build = build
        self.profile = build.profile
        self.flash = flash
        self.perils = Perils(build.profile, flash, glass)
        self._noise = noise
        self._biometrics = Biometrics(build, flash, glass, noise)
        self._handlers = self._known()
        self.reset()

    def reset(self) -> None:
        """Lose the power, and get it back."""
        self.active = copy.copy(self.flash.registers)
        self.verified = self.active.password == 0
        self._accepted = {self.active.password}
        self.light = bytes(4)
        self._biometrics.level = self.active.level
        self._biometrics.reset()

    @property
    def packet_size(self) -> int:
        """Payload bytes of a data packet."""
        return _PACKET_SIZES[self.active.packet_code]

    def apply_registers(self) -> None:
        """Let what SetSysPara, SetPwd and SetAdder stored take effect: called when the ack is out."""
        stored = self.flash.registers
        self.active.address, self.active.password = stored.address, stored.password
        if self.profile.takes is Takes.AFTER_ACK:
            self.active = copy.copy(stored)
            self._biometrics.level = stored.level

    def execute(self, code: int, fields: bytes) -> Reply:
        """One command. Unknown ones and wrong lengths are refused as the model does."""
        self._biometrics.receiving = None
        if code not in self._handlers:
            return Reply(self.profile.unknown_code)
        handler = self._handlers[code].get(len(fields))
        if handler is None:
            return Reply(commands.PACKET_ERROR)
        if not self.verified and code != commands.VFY_PWD.code:
            return Reply(commands.PASSWORD_NEEDED)
        return handler(fields)

    def download(self, data: bytes) -> None:
        """The data packets after DownChar are complete."""
        self._biometrics.download(data)

    def _known(self) -> dict[int, dict[int, Handler]]:
        """Instruction -> length of its fields -> what it does, for everything that the model reacts to."""
        rows = {code: row for code, row in self._table().items() if code in self.profile.commands}
        if self.profile.dialect is Dialect.SYNO:
            rows[_SYNO_HAND_SHAKE] = (0, _done)
        known = {code: {length: handler} for code, (length, handler) in (rows | self.perils.table()).items()}
        for code in _SHARED & rows.keys():
            length, handler = rows[code]
            wrong = {other: self.perils.mixed_up(length, handler) for other in _SHARED_LENGTHS}
            known[code] = wrong | known[code]
        if commands.READ_UUID.code in known:
            known[commands.READ_UUID.code] = dict.fromkeys(_UUID_LENGTHS, self._read_uuid)
        return known

    def _table(self) -> dict[int, tuple[int, Handler]]:
        """Instruction -> the length of its fields, and what it does."""
        table = {
            **self._biometrics.table(),
            commands.SET_SYS_PARA.code: (2, self._set_sys_para),
            commands.READ_SYS_PARA.code: (0, self._read_sys_para),
            commands.SET_PWD.code: (4, self._set_pwd),
            commands.VFY_PWD.code: (4, self._vfy_pwd),
            commands.GET_RANDOM_CODE.code: (0, lambda _: Reply(fields=self._noise.randbytes(4))),
            commands.SET_ADDER.code: (4, self._set_adder),
            commands.WRITE_NOTEPAD.code: (1 + PAGE, self._write_notepad),
            commands.READ_NOTEPAD.code: (1, self._read_notepad),
            commands.TEMPLETE_NUM.code: (0, lambda _: Reply(fields=len(self.flash.used).to_bytes(2))),
            commands.READ_INDEX_TABLE.code: (1, self._read_index_table),
            commands.AURA_LED_CONFIG.code: (4, self._set_light),
            commands.CHECK_SENSOR.code: (0, _done),
            commands.CANCEL.code: (0, _done),
            commands.SLEEP.code: (0, _done),
            commands.GET_ALG_VER.code: (0, lambda _: Reply(fields=_VERSION)),
            commands.GET_FW_VER.code: (0, lambda _: Reply(fields=_VERSION)),
            commands.READ_PROD_INFO.code: (0, self._read_prod_info),
            commands.HAND_SHAKE.code: (0, _done),
            commands.READ_UUID.code: (0, self._read_uuid),
        }
        if self.profile.dialect is Dialect.SYNO:
            table[commands.CONTROL_BLN.code] = (4, self._set_light)
        return table

    def _set_sys_para(self, fields: bytes) -> Reply:
        register, value = fields
        allowed = {_BAUD: self.profile.speeds, _LEVEL: range(1, 6), _PACKET: range(4)}
        if register not in allowed:
            return Reply(commands.BAD_REGISTER)
        if value not in allowed[register]:
            return Reply(commands.BAD_VALUE)
        setattr(self.flash.registers, {_BAUD: "baud_n", _LEVEL: "level", _PACKET: "packet_code"}[register], value)
        self.flash.save_registers()
        return Reply()

    def _read_sys_para(self, _: bytes) -> Reply:
        held = self.active
        status = self.verified << 2 | self._biometrics.has_image << 3
        words = (status, self.profile.system_id, self.profile.capacity, held.level)
        fields = b"".join(word.to_bytes(2) for word in words) + held.address.to_bytes(4)
        return Reply(fields=fields + held.packet_code.to_bytes(2) + held.baud_n.to_bytes(2), work_s=_PARAMETERS)

    def _set_pwd(self, fields: bytes) -> Reply:
        password = int.from_bytes(fields)
        self._accepted = {password} | (self._accepted if Quirk.OLD_PASSWORD in self.build.quirks else set())
        self.flash.registers.password = password
        self.flash.save_registers()
        return Reply()

    def _vfy_pwd(self, fields: bytes) -> Reply:
        self.verified = int.from_bytes(fields) in self._accepted
        return Reply(OK if self.verified else commands.WRONG_PASSWORD)

    def _set_adder(self, fields: bytes) -> Reply:
        self.flash.registers.address = int.from_bytes(fields)
        self.flash.save_registers()
        return Reply()

    def _write_notepad(self, fields: bytes) -> Reply:
        if fields[0] >= PAGES:
            return Reply(commands.BAD_PAGE)
        self.flash.write_page(fields[0], fields[1:])
        return Reply(work_s=_FLASH)

    def _read_notepad(self, fields: bytes) -> Reply:
        return Reply(commands.BAD_PAGE) if fields[0] >= PAGES else Reply(fields=self.flash.read_page(fields[0]))

    def _read_index_table(self, fields: bytes) -> Reply:
        return Reply(commands.BAD_SLOT) if fields[0] > 3 else Reply(fields=self.flash.index(fields[0]))

    def _set_light(self, fields: bytes) -> Reply:
        self.light = fields
        return Reply()

    def _read_prod_info(self, _: bytes) -> Reply:
        profile = self.profile
        serial = self.active.serial.hex()
        size = self.flash.template_size
        return Reply(fields=Product(profile.model, serial, profile.image or (0, 0), size, profile.capacity).to_bytes())

    def _read_uuid(self, _: bytes) -> Reply:
        return Reply(fields=self.active.serial.ljust(_UUID, b"\0"))


def _done(_: bytes) -> Reply:
    return Reply()
