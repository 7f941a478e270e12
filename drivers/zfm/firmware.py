"""What the emulated sensor does on each command: registers, password, notepad, index and light here, fingers in `biometrics`."""

import copy
import random
from collections.abc import Callable

from drivers.emulation.fingers import Glass
from drivers.zfm import commands
from drivers.zfm.biometrics import Biometrics
from drivers.zfm.commands import OK, Product, Profile
from drivers.zfm.flash import PAGE, PAGES, Flash
from drivers.zfm.reply import Reply

# Seconds of work, from the same trace as those of `biometrics`.
_PARAMETERS, _FLASH = 0.016, 0.058
# Register numbers of SetSysPara.
_BAUD, _LEVEL, _PACKET = 4, 5, 6
_PACKET_SIZES = (32, 64, 128, 256)


class Firmware:
    """The sensor behind the framing: `flash` survives `reset`, everything else is lost with the power."""

    def __init__(self, profile: Profile, flash: Flash, glass: Glass, noise: random.Random) -> None:
        self.profile = profile
        self.flash = flash
        self._noise = noise
        self._biometrics = Biometrics(profile, flash, glass, noise)
        self._handlers = self._table()
        self.reset()

    def reset(self) -> None:
        """Lose the power, and get it back."""
        self.active = copy.copy(self.flash.registers)
        self.verified = self.active.password == 0
        self.light = bytes(4)
        self._biometrics.level = self.active.level
        self._biometrics.reset()

    @property
    def packet_size(self) -> int:
        """Payload bytes of a data packet."""
        return _PACKET_SIZES[self.active.packet_code]

    def apply_registers(self) -> None:
        """Let what SetSysPara, SetPwd and SetAdder stored take effect: called when the ack is out.

        An R50x takes speed, level and packet size over only when it starts.
        """
        stored = self.flash.registers
        self.active.address, self.active.password = stored.address, stored.password
        if not self.profile.grow:
            self.active = copy.copy(stored)
            self._biometrics.level = stored.level

    def execute(self, code: int, fields: bytes) -> Reply:
        """One command. Unknown ones and wrong lengths are refused as the model does."""
        self._biometrics.receiving = None
        if code not in self._handlers or code not in self.profile.commands:
            return Reply(self.profile.unknown_code)
        length, handler = self._handlers[code]
        if len(fields) != length:
            return Reply(commands.PACKET_ERROR)
        if not self.verified and code != commands.VFY_PWD.code:
            return Reply(commands.PASSWORD_NEEDED)
        return handler(fields)

    def download(self, data: bytes) -> None:
        """The data packets after DownChar are complete."""
        self._biometrics.download(data)

    def _table(self) -> dict[int, tuple[int, Callable[[bytes], Reply]]]:
        """Instruction -> the length of its fields, and what it does."""
        return {
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
            commands.AURA_LED_CONFIG.code: (4, self._aura_led_config),
            commands.CHECK_SENSOR.code: (0, lambda _: Reply()),
            commands.READ_PROD_INFO.code: (0, self._read_prod_info),
            commands.HAND_SHAKE.code: (0, lambda _: Reply()),
        }

    def _set_sys_para(self, fields: bytes) -> Reply:
        register, value = fields
        speeds = (1, 2, 4, 6, 12) if self.profile.grow else range(1, 13)
        allowed = {_BAUD: speeds, _LEVEL: range(1, 6), _PACKET: range(4)}
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
        self.flash.registers.password = int.from_bytes(fields)
        self.flash.save_registers()
        return Reply()

    def _vfy_pwd(self, fields: bytes) -> Reply:
        self.verified = int.from_bytes(fields) == self.active.password
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

    def _aura_led_config(self, fields: bytes) -> Reply:
        self.light = fields
        return Reply()

    def _read_prod_info(self, _: bytes) -> Reply:
        profile = self.profile
        serial = self.active.serial.hex()
        size = self.flash.template_size
        return Reply(fields=Product(profile.model, serial, profile.image or (0, 0), size, profile.capacity).to_bytes())
