"""`kiosk kemru` in this process or on a terminal, and what the platform has of it."""

import os
import pty
import subprocess
import sys
from typing import Any

from kiosk.cli import main
from kiosk.sandbox import SandboxServer

PAYOUT = [
    "mobile-payout",
    *("--phone", "0739117883", "--amount", "1500.50", "--channel", "mpesa"),
    *("--initiator-name", "John Doe", "--reference", "pay-1"),
]
SMS = ["sms", "--phone", "0739117883", "--otp", "4823", "--message", "Closed", "--reference", "sms-1"]


def kiosk(*arguments: str) -> int:
    """Run a command in this process; its exit code."""
    try:
        main(["kemru", *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def orders(platform: SandboxServer) -> list[dict[str, Any]]:
    found = platform.state.ledger()
    return [*found["orders"], *found["sms"]]


def total(platform: SandboxServer) -> int:
    """Requests that the sandbox has seen."""
    return int(platform.state.traffic.summary(0)["total"])


def on_a_terminal(*arguments: str, answer: str) -> tuple[int, str]:
    """Run the real command with a terminal to ask on; exit code, and what was asked."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        command = [sys.executable, "-m", "kiosk", "kemru", *arguments]
        done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    return done.returncode, done.stderr
