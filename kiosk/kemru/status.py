"""What the platform says of a transaction. Source: "Status Reference" of the vendor's API documentation."""

import enum


class Status(enum.StrEnum):
    """A documented status, as the documentation writes it."""

    SUCCESS = "Success"
    PROCESSING = "Processing"
    PENDING = "Pending"
    RETRY = "Retry"
    FAILED = "Failed"
    QUEUED = "Queued (Offline)"
    """Accepted with a provisional receipt; it is submitted when the platform is connected again."""

    @property
    def is_final(self) -> bool:
        """Whether the transaction stays as it is. A reversal is a transaction of its own."""
        return self in {Status.SUCCESS, Status.FAILED}


_BY_NAME = {each.lower(): each for each in Status}


def read(said: str) -> Status | None:
    """The status that `said` names, in any case; None if it is not a documented one, which is never guessed to be another."""
    return _BY_NAME.get(said.strip().lower())
