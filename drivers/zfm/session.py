"""pyfingerprint's command logic over our own wire, and the commands that it lacks.

pyfingerprint 1.5 builds the requests and reads the answers; how packets travel is replaced by defining its two private methods here
(their names are why the version is pinned). So every command gets our deadlines, resynchronisation and typed errors: its own
reader blocks for 24 s and more on a silent sensor, and takes anything for an answer. It sees a confirmation code
only if that code is an answer; refusals are raised before, as DeviceError with the code.
"""

import importlib.util
import sys
from collections.abc import Iterable, Sequence

from drivers.errors import DeviceError, ProtocolError
from drivers.scanner import Hit
from drivers.zfm import commands
from drivers.zfm.codec import Packet, Pid
from drivers.zfm.commands import CURES, Command, Dialect, Product, Profile
from drivers.zfm.wire import Wire


def _load_on_use(package: str, name: str) -> None:
    """Let a later `from package import name` cost nothing until one of that module's attributes is used."""
    path = f"{package}.{name}"
    spec = importlib.util.find_spec(path)
    if path in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path] = module
    # As an import would: without it, the import system asks the module itself, which loads it.
    setattr(sys.modules[package], name, module)
    spec.loader.exec_module(module)


# pyfingerprint imports PIL for downloadImage alone, which is not used here (it is fixed to 256 x 288). Measured: 2 to 4.5 MiB
# and 10 to 24 ms of start-up, for a daemon of 48 MiB.
_load_on_use("PIL", "Image")
from pyfingerprint.pyfingerprint import PyFingerprint  # noqa: E402  only after PIL was made to load on use

# Pages of the index table hold a bit for each of 256 slots.
INDEX_PAGE_SLOTS = 256
_PACKET_SIZES = (32, 64, 128, 256)
# Their code that the factory sets: 128 bytes.
_FACTORY_PACKET = 2
# Seconds for what is only asked to see whether it exists: a module that knows the command needs a few milliseconds.
_PROBE = 0.25
# The bit of ReadSysPara's status word that VfyPwd sets (ZFM-20 manual, "System status register").
_VERIFIED = 1 << 2

Parameters = tuple[int, int, int, int, int, int, int]


class BuffersLost(DeviceError):  # noqa: N818  named for the state it describes
    """The module restarted in the middle of a job: picture and features are gone, and the job has to begin anew."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"{command}: the scanner restarted, and lost what it had read",
            command=command,
            code=commands.PASSWORD_NEEDED,
            cure=CURES[commands.PASSWORD_NEEDED],
        )


class Session(PyFingerprint):  # type: ignore[misc]  # pyfingerprint has no types
    """One verified dialogue with a module. `restarts` counts how often it asked for the password again since this object was made.

    Every method may raise DeviceError, ProtocolError, LinkTimeout and LinkLost.
    """

    def __init__(self, wire: Wire, *, password: int) -> None:
        # Not super().__init__: it would open a port of its own.
        self._wire = wire
        self._PyFingerprint__address = wire.address
        self._PyFingerprint__password = password
        self._parameters: Parameters | None = None
        self.restarts = 0

    def _PyFingerprint__writePacket(self, packetType: int, packetPayload: Sequence[int]) -> None:  # noqa: N802, N803  pyfingerprint's names
        """What pyfingerprint calls to send."""
        self._wire.send(Pid(packetType), bytes(packetPayload))

    def _PyFingerprint__readPacket(self) -> tuple[int, list[int]]:  # noqa: N802  pyfingerprint's name
        """What pyfingerprint calls to receive: an ack first, data packets after it."""
        packet = self._wire.receive_data() if self._wire.acknowledged else self._acknowledged()
        return packet.pid, list(packet.payload)

    def _acknowledged(self) -> Packet:
        """The ack of the command just sent. A module that lost its power wants the password again, and then the command.

        Raises BuffersLost instead of asking again where the command works on what the module has just lost: whatever it
        answered then would be about no finger, or about another one.
        """
        sent, row = self._wire.command, self._wire.row
        try:
            return self._wire.receive_ack()
        except DeviceError as refused:
            if refused.code != commands.PASSWORD_NEEDED or row is commands.VFY_PWD:
                raise
        self.restarts += 1
        self.verifyPassword()
        if row.volatile:
            raise BuffersLost(row.name)
        self._wire.send(Pid.COMMAND, sent)
        return self._wire.receive_ack()

    def require_unbroken(self, since: int) -> None:
        """Raise BuffersLost if the module restarted after `restarts` was `since`."""
        if self.restarts != since:
            raise BuffersLost(self._wire.row.name)

    def exchange(self, command: Command, fields: bytes = b"") -> Packet:
        """Send a command that pyfingerprint lacks, and return its ack."""
        self._wire.send(Pid.COMMAND, bytes((command.code,)) + fields)
        return self._acknowledged()

    def probe(self, command: Command, fields: bytes = b"") -> Packet:
        """Send a command that the module may not know; silence is an answer, too, and comes soon."""
        with self._wire.within(_PROBE):
            return self.exchange(command, fields)

    def begin(self) -> None:
        """Forget what an earlier module at this port was: its parameters and its dialect."""
        self._parameters = None
        self.speak(Dialect.PLAIN)

    def speak(self, dialect: Dialect) -> None:
        """Use this dialect's commands from now on."""
        self._wire.speak(dialect)

    def learn(self) -> Parameters:
        """Read the module's parameters from it: status, system id, capacity, level, address, packet size code, baud/9600."""
        parameters: Parameters = super().getSystemParameters()
        if parameters[5] >= len(_PACKET_SIZES) or not parameters[2]:
            raise ProtocolError("ReadSysPara: the parameters make no sense")
        self._parameters = parameters
        return parameters

    def assume(self, profile: Profile) -> None:
        """Take the parameters of a module without ReadSysPara for what the factory sets; system id and level stay 0."""
        baud_n = self._wire.link.baud // 9600
        self._parameters = (0, profile.system_id, profile.capacity, 0, self._wire.address, _FACTORY_PACKET, baud_n)

    @property
    def level(self) -> int | None:
        """The security level as last learnt, 1 to 5; None if the module does not tell."""
        return self.getSystemParameters()[3] or None

    @property
    def verified(self) -> bool:
        """Whether the module said, when last asked, that its password was verified since it started."""
        return bool(self.getSystemParameters()[0] & _VERIFIED)

    def getSystemParameters(self) -> Parameters:  # noqa: N802  pyfingerprint's name
        """The parameters as last learnt: pyfingerprint asks for the capacity before every search, store, load and delete."""
        return self._parameters or self.learn()

    def search(self, buffer: int = 1, start: int = 0, count: int | None = None) -> Hit | None:
        """Look the features in `buffer` up in `count` slots from `start` on (all, if not given); None if they are in none."""
        count = self.getStorageCapacity() - start if count is None else count
        if buffer == 1 and (start, count) == (0, self.getStorageCapacity()):
            slot, score = self.searchTemplate()
        else:
            ack = self.exchange(commands.SEARCH, bytes((buffer,)) + start.to_bytes(2) + count.to_bytes(2)).payload
            # Page and score are junk unless the code is 00.
            found = ack[0] == commands.OK
            slot, score = (int.from_bytes(ack[1:3]), int.from_bytes(ack[3:5])) if found else (-1, -1)
        if slot < 0:
            return None
        if not start <= slot < start + count:
            raise ProtocolError(f"Search: slot {slot} is not among the {count} from {start} on")
        return Hit(slot, score)

    def extract(self, buffer: int) -> None:
        """Img2Tz into any of the buffers that the model has; pyfingerprint knows the first two."""
        if buffer <= 2:
            self.convertImage(buffer)
        else:
            self.exchange(commands.IMG2TZ, bytes((buffer,)))

    def used_slots(self) -> frozenset[int]:
        """The slots that hold a template, by the pages of the index table."""
        capacity = self.getStorageCapacity()
        pages = -(-capacity // INDEX_PAGE_SLOTS)
        bits = [bit for page in range(min(pages, 4)) for bit in self.getTemplateIndex(page)]
        return frozenset(slot for slot, used in enumerate(bits[:capacity]) if used)

    def is_used(self, slot: int) -> bool:
        """Whether one slot's index bit is set."""
        page, bit = divmod(slot, INDEX_PAGE_SLOTS)
        return bool(self.getTemplateIndex(page)[bit])

    def empty(self, slot: int) -> None:
        """Forget one slot. Raises ProtocolError if its index bit is still set afterwards."""
        self.deleteTemplate(slot)
        if self.is_used(slot):
            raise ProtocolError(f"DeletChar: slot {slot} was acknowledged, but its index bit is still set")

    def read_template(self, slot: int) -> bytes:
        """A slot's template, by way of buffer 1. Raises ProtocolError if anything was lost on the way."""
        self.loadTemplate(slot, 1)
        return bytes(self.downloadCharacteristics(1))

    def download(self, buffer: int, data: bytes, packet_size: int | None = None) -> None:
        """Send a template into `buffer`. The transfer has no final ack: only what is done with it next shows whether it arrived.

        `packet_size` is 32, 64 or 128 bytes, or as the module's parameters say if not given.
        """
        self.exchange(commands.DOWN_CHAR, bytes((buffer,)))
        size = packet_size or self.getMaxPacketSize()
        for start in range(0, len(data), size):
            pid = Pid.DATA if start + size < len(data) else Pid.END
            self._wire.send(pid, data[start : start + size])

    def write_template(self, slot: int, data: bytes, packet_size: int | None = None) -> None:
        """Store a template by way of buffer 1. Only reading back proves it."""
        self.download(1, data, packet_size)
        self.storeTemplate(slot, 1)

    def compare(self, data: bytes) -> int | None:
        """The score of the features in buffer 1 against a template that is sent now; None if they do not match."""
        before = self.restarts
        self.download(2, data)
        self.require_unbroken(before)
        score: int = self.compareCharacteristics()
        return score or None

    def read_image(self) -> bytes:
        """The picture last taken: two pixels a byte, the left one in the high half."""
        self.exchange(commands.UP_IMAGE)
        return b"".join(self._transfer())

    def _transfer(self) -> Iterable[bytes]:
        last = False
        while not last:
            packet = self._wire.receive_data()
            last = packet.pid is Pid.END
            yield packet.payload

    def read_notepad(self, page: int) -> bytes:
        """The 32 bytes of a notepad page."""
        return self.exchange(commands.READ_NOTEPAD, bytes((page,))).payload[1:]

    def write_notepad(self, page: int, data: bytes) -> None:
        """Overwrite the 32 bytes of a notepad page."""
        self.exchange(commands.WRITE_NOTEPAD, bytes((page,)) + data)

    def read_product(self) -> Product:
        """Grow's ReadProdInfo. Never to be sent to a Synochip module, where the code drives the light."""
        return Product.from_bytes(self.exchange(commands.READ_PROD_INFO).payload[1:])
