"""Carrying notices to the merchant: one POST each, ten seconds at the most."""

from kiosk.kemru import ipn, webhooks
from kiosk.sandbox.notices import Kind, Notice
from kiosk.sandbox.outbound import NoAnswerError, Outbound, Said

PATIENCE_S = 10.0
"""The documented time for an answer."""


class Post:
    """A way to merchants' servers, for one thread."""

    def __init__(self, patience: float = PATIENCE_S) -> None:
        self._outbound = Outbound(patience)

    def close(self) -> None:
        """Hang up."""
        self._outbound.close()

    def carry(self, notice: Notice) -> str | None:
        """Send `notice` once. What was wrong, in few words; None if it was taken."""
        headers = {"Content-Type": "application/json"}
        if notice.signature:
            headers[webhooks.HEADER] = notice.signature
        try:
            return _refusal(notice, self._outbound.post(notice.url, notice.body.encode(), headers))
        except NoAnswerError as error:
            return f"no answer ({error.kind})"


def _refusal(notice: Notice, said: Said) -> str | None:
    if said.status != 200:
        return f"HTTP {said.status}"
    taken = notice.kind is Kind.WEBHOOK or ipn.acknowledged(said.body)
    return None if taken else 'HTTP 200, but not {"status":"success"}'
