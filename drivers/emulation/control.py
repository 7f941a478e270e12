"""The socket beside an emulator's link (`LINK.ctl`): one JSON object a line there, one back.

    {"do": "place", "name": "amina", "quality": "good"}     ->  {"ok": true}
    {"do": "nonsense"}                                      ->  {"ok": false, "error": "..."}

Only the user who runs the emulator may open it (mode 0600).
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from drivers.errors import LinkLost, ProtocolError, ScannerError

Handler = Callable[[dict[str, object]], dict[str, object]]

# Seconds for one request; nothing here waits for a person.
_DEADLINE = 5.0
_MAX_LINE = 1 << 20


def control_path(link: Path) -> Path:
    """Where the socket of the emulator at `link` lies."""
    return link.with_name(link.name + ".ctl")


def request(link: Path, do: str, **fields: object) -> dict[str, object]:
    """Ask the emulator at `link` to do something, and return its answer's fields.

    Raises LinkLost if no emulator is there, ProtocolError (with its words) if it refused.
    """
    line = json.dumps({"do": do, **fields}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_DEADLINE)
            connection.connect(str(control_path(link)))
            connection.sendall(line)
            with connection.makefile("rb") as lines:
                answer = dict(json.loads(lines.readline(_MAX_LINE) or b"{}"))
    except (OSError, ValueError, TypeError) as failure:
        cure = "Start an emulator at this link first."
        raise LinkLost(f"no emulator answers at {link}: {failure}", port=str(link), cure=cure) from failure
    if not answer.pop("ok", False):
        raise ProtocolError(f"the emulator refused {do!r}: {answer.get('error', 'no reason given')}")
    return answer


class ControlServer:
    """Answers requests with `handler`, in a thread of its own, one at a time."""

    def __init__(self, link: Path, handler: Handler) -> None:
        self._path = control_path(link)
        self._handler = handler
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. Raises LinkLost if the socket cannot be made."""
        listener = socket.socket(socket.AF_UNIX)
        try:
            self._path.unlink(missing_ok=True)
            listener.bind(str(self._path))
            # The mode is set before anybody can connect: nobody listens yet.
            self._path.chmod(0o600)
            listener.listen()
        except OSError as failure:
            listener.close()
            raise LinkLost(
                f"cannot make {self._path}: {failure}", port=str(self._path), cure="Give another link."
            ) from failure
        self._socket = listener
        self._thread = threading.Thread(
            target=self._serve, args=(listener,), name=f"emulator-control {self._path.name}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop, and take the socket away. Never raises; safe to call twice, and from the thread itself."""
        listener, self._socket = self._socket, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            # Wakes the thread out of accept(), which closing alone does not.
            listener.shutdown(socket.SHUT_RDWR)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_DEADLINE)
        listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                # A client that goes away is no trouble of ours.
                with connection, contextlib.suppress(OSError):
                    self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(_DEADLINE)
        with connection.makefile("rb") as lines:
            while line := lines.readline(_MAX_LINE):
                connection.sendall(json.dumps(self._answer(line)).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, object]:
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                return {"ok": False, "error": "a request is a JSON object"}
            return {"ok": True, **self._handler(asked)}
        except (ValueError, TypeError, KeyError, ScannerError) as refused:
            return {"ok": False, "error": f"{type(refused).__name__}: {refused}"}
