"""The control socket in the file system: who may open it, and who did."""

import contextlib
import grp
import logging
import os
import socket
import struct
from pathlib import Path

from kiosk.control.protocol import Code, ControlError

log = logging.getLogger(__name__)

BACKLOG = 64
"""Callers that may wait at the door."""


def listen(path: Path, group: str) -> socket.socket:
    """Listen at `path`, for this user alone, or for `group` too if it is not empty.

    Raises ControlError when another daemon is there already, OSError when the socket cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _require_free(path)
    path.unlink(missing_ok=True)  # a leftover of a daemon that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    if group:
        try:
            # Under systemd it has the group by birth (Group=), and chown is forbidden there.
            number = grp.getgrnam(group).gr_gid
            if path.stat().st_gid != number:
                os.chown(path, -1, number)
        except (KeyError, PermissionError) as error:
            log.warning("control: group %s cannot look in: %s", group, error)
        else:
            path.chmod(0o660)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _require_free(path: Path) -> None:
    """Raise ControlError if somebody answers at `path`: a daemon with another data folder, which the instance lock cannot see."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
        probe.settimeout(1.0)
        probe.connect(str(path))
        raise ControlError(f"another daemon is listening on {path}: give each its own [control] socket", code=Code.BUSY)


def uid_of(connection: socket.socket) -> int:
    """Ask the kernel whose process is at the other end."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", credentials)[1]
    return uid
