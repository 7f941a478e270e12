"""What the threads of the reader and the caller tell the app: envelopes around frozen values."""

from textual.message import Message

from kiosk.screen.wishes import Reply
from kiosk.views import EnrolProgress, ScanResult, Status


class Scanned(Message):
    """A finger was answered."""

    def __init__(self, result: ScanResult) -> None:
        super().__init__()
        self.result = result


class Answered(Message):
    """The daemon replied to what was typed."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Enrolled(Message):
    """An enrolment went a step further."""

    def __init__(self, progress: EnrolProgress) -> None:
        super().__init__()
        self.progress = progress


class Told(Message):
    """A status came. In a flood the latest stands for all."""

    def __init__(self, status: Status) -> None:
        super().__init__()
        self.status = status

    def can_replace(self, message: Message) -> bool:
        """Tell the queue that an older status in it is of no use any more."""
        return isinstance(message, Told)


class Lost(Message):
    """The daemon is gone; `trouble` is for the administrator."""

    def __init__(self, trouble: str) -> None:
        super().__init__()
        self.trouble = trouble

    def can_replace(self, message: Message) -> bool:
        """Tell the queue that one such message is enough."""
        return isinstance(message, Lost)
