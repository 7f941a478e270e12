"""The screen on tty1: a process of its own, which sees the control socket and nothing else."""

from kiosk.screen.keys import DemoKey
from kiosk.screen.launch import run

__all__ = ["DemoKey", "run"]
