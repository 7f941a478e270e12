"""The sandbox as a running service: blocking for `kiosk sandbox`, or on a thread for whoever wants a platform at hand."""

import contextlib
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import msgspec
import uvicorn

from kiosk.sandbox.app import build
from kiosk.sandbox.conditions import NO_CHANGE, Conditions, apply
from kiosk.sandbox.demo import DEMO_MEMBERS, DEMO_USERS
from kiosk.sandbox.errands import Errands
from kiosk.sandbox.errors import SandboxError
from kiosk.sandbox.faults import Fault, Faults
from kiosk.sandbox.local import is_loopback
from kiosk.sandbox.platform import Clock, Platform
from kiosk.sandbox.scenario import Scenario, play
from kiosk.sandbox.state import State
from kiosk.sandbox.wire import RawProtocol


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    state: Path,
    ready: Callable[[str], None] | None = None,
    demo: bool = False,
    conditions: Conditions = NO_CHANGE,
    scenario: Scenario | None = None,
) -> None:
    """Run the sandbox until SIGTERM or SIGINT, then return. `ready` is told the URL once it answers.

    `port=0` takes a free one; `demo` fills a fresh state; what `conditions` leaves out is as the state says. Raises SandboxError
    if `host` is not this machine's alone, the address is taken, or `state` is another kind of file.
    """
    sandbox = SandboxServer(
        state=state,
        host=host,
        port=port,
        demo=demo,
        conditions=conditions,
        scenario=scenario,
    )
    try:
        sandbox.run(ready)
    finally:
        sandbox.close()


class SandboxServer:
    """The sandbox on a real port. As a context manager it serves from a thread of its own.

    `stop()` and `start()` are an outage and its end: port, state and faults stay. `state`, `faults` and `outcomes` may be used from any
    thread. `clock` gives the time in seconds since 1970; what `conditions` leaves out is as the state
    says. `scenario` has the last word, and the seed of what is left to chance.
    """

    def __init__(
        self,
        *,
        state: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        demo: bool = False,
        conditions: Conditions = NO_CHANGE,
        clock: Clock = time.time,
        scenario: Scenario | None = None,
    ) -> None:
        self.state = State(state)
        try:
            self._place = _reserve(host, port)
        except SandboxError:
            self.state.close()
            raise
        seed = scenario.seed if scenario is not None else 0
        self._clock = clock
        self.faults = Faults(random.Random(f"{seed} faults"))  # noqa: S311  chance that repeats
        platform = Platform(self.state, clock, random.Random(f"{seed} outcomes"))  # noqa: S311
        self.outcomes = platform.outcomes
        self._app = build(platform, self.faults)
        self._errands = Errands(self.state, clock)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        if demo and self.state.fresh:
            self.populate()
        apply(self.state, conditions)
        if scenario is not None:
            play(scenario, platform, self.faults)

    @property
    def url(self) -> str:
        """Where it answers, without a trailing slash."""
        host, port = self._place.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def populate(self) -> None:
        """Put the demo's people in."""
        for member in DEMO_MEMBERS:
            self.state.people.put_member(member)
        for user in DEMO_USERS:
            self.state.people.put_user(user)

    def fault(self, kind: str, **details: object) -> None:
        """Switch a fault on, as `POST /sandbox/faults` would."""
        self.faults.add(msgspec.convert({"kind": kind, **details}, Fault), self._clock())

    def run(self, ready: Callable[[str], None] | None = None) -> None:
        """Serve in this thread until `stop` is called, or a signal comes if this is the main thread."""
        self._server = self._make(None if ready is None else lambda: ready(self.url))
        self._errands.start()
        try:
            self._server.run(sockets=[_listener(self._place)])
        finally:
            self._errands.stop()

    def start(self) -> None:
        """Serve from a thread, on the same port as before; returns once it answers."""
        started = threading.Event()
        self._server = self._make(started.set)
        listener = _listener(self._place)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="sandbox", daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise SandboxError("the sandbox did not start within 10 s")
        self._errands.start()

    def stop(self) -> None:
        """Stop answering: connections are refused from now on."""
        if self._server is not None:
            self._server.should_exit = True
        self._errands.stop()
        if self._thread is not None:
            self._thread.join()
        self._server = self._thread = None

    def close(self) -> None:
        """Stop, and let go of the port and the file."""
        self.stop()
        self._place.close()
        self.state.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self, ready: Callable[[], None] | None) -> "_Server":
        # No access log: with `get_parameters = "query"` the token is in the path.
        config = uvicorn.Config(
            self._app,
            http=RawProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,  # a fault may show one of its own
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        return _Server(config, ready)


class _Server(uvicorn.Server):
    """uvicorn, which says when it is ready, and takes a signal as a request to end well."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready is not None:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again afterwards, which would make a clean end look like a crash.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True


def _reserve(host: str, port: int) -> socket.socket:
    """Bind without listening: the port stays ours while the sandbox is down, and refuses connections."""
    if not is_loopback(host):
        raise SandboxError(f"{host} can be reached from elsewhere, and the sandbox has no secrets")
    place = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
    except OSError as error:
        place.close()
        raise SandboxError(f"cannot use {host} port {port}: {error.strerror or error}") from error
    return place


def _listener(place: socket.socket) -> socket.socket:
    # asyncio switches Nagle's algorithm off only where the protocol is spelt out; without that, each answer takes 40 ms.
    listener = socket.socket(place.family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(place.getsockname())
    listener.listen(128)
    return listener
