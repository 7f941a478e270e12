"""What systemd is told: sd_notify(3) over its datagram socket. Without systemd (no NOTIFY_SOCKET) nothing is sent."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends state changes and watchdog beats. `watchdog_s` is systemd's patience in seconds; None means that nobody watches."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        usec = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s = int(usec) / 1_000_000 if usec.isdigit() and ours else None

    def ready(self, status: str) -> None:
        """The kiosk takes fingers from now on."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={text}")

    def beat(self) -> None:
        """All parts that matter have shown life."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """An ordered shutdown began."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(self._address)
                sender.sendall(message.encode())
        except OSError:
            return  # systemd notices silence by itself; there is nobody else to tell
