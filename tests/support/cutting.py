"""A line to a platform that loses answers: cut at a byte, after the platform acted or without its ever having seen the request."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Cut:
    """Answer only the first `at` bytes, then hang up; `instead` is what is cut if the platform is not to see the request."""

    at: int
    instead: bytes | None = None


class CuttingLine:
    """Passes requests to the platform at `place`; `cuts` are what happens to the next answers, `answers` those that passed whole."""

    def __init__(self, place: tuple[str, int]) -> None:
        self.cuts: list[Cut] = []
        self.answers: list[bytes] = []
        self._place = place
        line = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while (request := read_message(self.rfile.readline, self.rfile.read)) and line.carry(
                    request, self.connection
                ):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def carry(self, request: bytes, back: socket.socket) -> bool:
        """Answer one request; whether the line holds."""
        cut = self.cuts.pop(0) if self.cuts else None
        answer = self._ask(request) if cut is None or cut.instead is None else cut.instead
        if cut is None:
            self.answers.append(answer)
        back.sendall(answer if cut is None else answer[: cut.at])
        return cut is None

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self._place, timeout=10) as platform, platform.makefile("rb") as file:
            platform.sendall(request)
            return read_message(file.readline, file.read)

    @contextmanager
    def up(self) -> Iterator["CuttingLine"]:
        """Serve from a thread."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def read_message(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> bytes:
    """One HTTP message with a Content-Length; empty if the other side has hung up."""
    head = b""
    while line := readline():
        head += line
        if line == b"\r\n":
            break
    else:
        return b""
    sizes = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head + read(int(sizes[0]) if sizes else 0)
