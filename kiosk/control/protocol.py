"""The words on the control socket, and nothing that touches one.

A request is one line, `{"jsonrpc":"2.0","id":1,"method":"status","params":{}}`; its answer is one line with the same id. After
`watch` the server also sends notifications (no id): `scan`, `status` and `enrol`, whose params are the models of those names.
Try it: `echo '{"jsonrpc":"2.0","id":1,"method":"status"}' | socat - UNIX-CONNECT:/run/kiosk/control.sock | jq`.
"""

import enum
from typing import Any, TypeVar

import msgspec

from kiosk.errors import Exit, KioskError
from kiosk.views import EnrolProgress, ScanResult, Status

MAX_LINE = 1 << 20
"""Bytes of the longest line either side accepts."""

Model = TypeVar("Model")

Event = ScanResult | Status | EnrolProgress

EVENT_TYPES: dict[str, type[Event]] = {"scan": ScanResult, "status": Status, "enrol": EnrolProgress}
"""Notification method to the model that its params hold."""

EVENT_NAMES = {model: name for name, model in EVENT_TYPES.items()}


class Code(enum.IntEnum):
    """JSON-RPC error codes: the standard's own, and ours from -32000 down."""

    PARSE = -32700
    INVALID_REQUEST = -32600
    UNKNOWN_METHOD = -32601
    INVALID_PARAMS = -32602
    INTERNAL = -32603
    REFUSED = -32000
    FORBIDDEN = -32001
    NOT_FOUND = -32002
    BUSY = -32003


class ControlError(KioskError):
    """The daemon answered with an error: `code` is a `Code`, the text is for people."""

    exit_code = Exit.FAILURE

    def __init__(self, message: str, *, code: Code = Code.REFUSED) -> None:
        super().__init__(message)
        self.code = code


class DaemonGoneError(ControlError):
    """Nobody answers on the socket, or the daemon hung up."""

    exit_code = Exit.UNAVAILABLE
    cure = "Start it with `systemctl start kiosk`, or `kiosk run`."


class RpcError(msgspec.Struct, frozen=True):
    """The `error` member of an answer."""

    code: int
    message: str


class Incoming(msgspec.Struct, frozen=True, omit_defaults=True):
    """Any line from either side, before it is known what it is."""

    jsonrpc: str = "2.0"
    id: int | str | None = None
    method: str | None = None
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: RpcError | msgspec.UnsetType = msgspec.UNSET


_decoder = msgspec.json.Decoder(Incoming)
_encoder = msgspec.json.Encoder()


def decode(line: bytes) -> Incoming:
    """Read one line. Raises ControlError(Code.PARSE) for anything that is not a JSON-RPC 2.0 object."""
    try:
        message = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ControlError(f"not a JSON-RPC object: {error}", code=Code.PARSE) from error
    if message.jsonrpc != "2.0":
        raise ControlError('"jsonrpc" must be "2.0"', code=Code.INVALID_REQUEST)
    return message


def request(number: int, method: str, params: dict[str, object]) -> bytes:
    """Encode a request line. Raises ControlError for a text that is none: a command line can hold any bytes."""
    try:
        return _line({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    except UnicodeEncodeError as error:
        raise ControlError(f"{method}: a value is not UTF-8 text", code=Code.INVALID_PARAMS) from error


def read_answer(model: type[Model], result: msgspec.Raw) -> Model:
    """Turn the result of a call into `model`. Raises ControlError when the daemon, of another version perhaps, means something else."""
    try:
        return msgspec.json.decode(result, type=model)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlError(
            f"the daemon's answer is not understood ({error}): is it of another version?", code=Code.PARSE
        ) from error


def answer(number: int | str | None, result: object) -> bytes:
    """Encode a successful answer; `result` is anything msgspec can encode."""
    return _line({"jsonrpc": "2.0", "id": number, "result": result})


def refusal(number: int | str | None, error: ControlError) -> bytes:
    """Encode an error answer."""
    return _line({"jsonrpc": "2.0", "id": number, "error": {"code": int(error.code), "message": str(error)}})


def notification(event: Event) -> bytes:
    """Encode an event for those who watch."""
    return _line({"jsonrpc": "2.0", "method": EVENT_NAMES[type(event)], "params": event})


def public(event: Event) -> Event:
    """Take out of `event` what only operators may know."""
    return msgspec.structs.replace(event, private="") if isinstance(event, EnrolProgress) else event


def read_event(message: Incoming) -> Event | None:
    """Turn a notification into its model; None for a notification that this version does not know.

    Raises ControlError for one that it knows otherwise.
    """
    model = EVENT_TYPES.get(message.method or "")
    try:
        return None if model is None else msgspec.convert(message.params, model)
    except msgspec.ValidationError as error:
        raise ControlError(
            f"the daemon's event is not understood ({error}): is it of another version?", code=Code.PARSE
        ) from error


def _line(value: object) -> bytes:
    return _encoder.encode(value) + b"\n"
