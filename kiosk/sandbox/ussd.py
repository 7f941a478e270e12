"""A handset for USSD: dials a code at a developer's URL, and shows what a subscriber would see.

Every step is one POST, as the documentation has it: the answer is `text/plain`, begins with CON or END, and is due within 5 seconds.
"""

import time
import uuid

import msgspec

from kiosk.kemru import phones, ussd
from kiosk.kemru.errors import Malformed
from kiosk.kemru.ussd import UssdRequest
from kiosk.sandbox.outbound import NoAnswerError, Outbound, Said

PATIENCE_S = 5.0
"""The documented time for an answer."""

_KEPT = 100
"""Sessions that are open at once; the oldest is forgotten."""


class UssdError(ValueError):
    """What was dialled or entered cannot be sent; the text says why."""


class Step(msgspec.Struct, frozen=True):
    """One screen of a session.

    `text` is what the handset shows. `ends` tells that the session is over, by the answer's END or by a `problem`: a plain sentence about
    what the network could not use, else empty. `sent` is the request's body, `answer` what came back; it took `seconds`.
    """

    session: str
    text: str
    ends: bool
    problem: str
    sent: str
    answer: str
    seconds: float


class Session:
    """One session of `phone` (any spelling) with the service at `url`, which was called by dialling `code`.

    Raises UssdError for what the platform would never send.
    """

    def __init__(
        self,
        url: str,
        *,
        phone: str,
        code: str,
        network: str = "SAFARICOM",
        form: str = ussd.JSON,
        patience: float = PATIENCE_S,
    ) -> None:
        full = phones.e164(phone)
        if full is None:
            raise UssdError(f"{phone or 'An empty text'} is no telephone number: write it as +254739117883")
        if not url.startswith(("http://", "https://")):
            raise UssdError("The address of the service must begin with http:// or https://")
        self._url = url
        self._form = form
        self._patience = patience
        self._request = UssdRequest(f"ATUid_{uuid.uuid4().hex}", full, network, code)
        self._encoded()  # what cannot be sent is told before anybody dials

    @property
    def id(self) -> str:
        """The session's id, the same until its END."""
        return self._request.session_id

    def dial(self) -> Step:
        """The first screen."""
        return self._ask()

    def enter(self, text: str) -> Step:
        """The screen after an input. Raises UssdError for one that cannot be sent; the session stays where it is."""
        before = self._request
        self._request = msgspec.structs.replace(before, inputs=(*before.inputs, text))
        try:
            self._encoded()
        except UssdError:
            self._request = before
            raise
        return self._ask()

    def _encoded(self) -> bytes:
        if any(not each or "*" in each for each in self._request.inputs):
            raise UssdError("An input is one character at least, and no *: the platform joins inputs with it")
        try:
            return ussd.encode(self._request, self._form)
        except ValueError as error:
            raise UssdError(str(error)) from None

    def _ask(self) -> Step:
        body = self._encoded()
        began = time.monotonic()
        try:
            answer = _post(self._url, body, self._form, self._patience)
        except NoAnswerError as error:
            return self._step(body, b"", str(error), began)
        return self._step(body, answer.body, _objection(answer), began)

    def _step(self, body: bytes, answer: bytes, problem: str, began: float) -> Step:
        seconds = round(time.monotonic() - began, 4)
        text, ends = "", True
        if not problem:
            try:
                said = ussd.parse_answer(answer)
                text, ends = said.text, said.ends
            except Malformed as error:
                why = str(error).removeprefix("USSD answer: ")
                problem = f"The answer cannot be shown: {why}."
        return Step(self.id, text, ends, problem, body.decode(), answer.decode(errors="replace"), seconds)


class Sessions:
    """The sessions that are open at the page's handsets."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}

    def dial(self, session: Session) -> Step:
        """Begin `session`."""
        if len(self._open) >= _KEPT:
            del self._open[next(iter(self._open))]
        self._open[session.id] = session
        return self._after(session.dial())

    def enter(self, session_id: str, text: str) -> Step:
        """Go on with a session. Raises UssdError."""
        session = self._open.get(session_id)
        if session is None:
            raise UssdError("This session is over: dial again")
        return self._after(session.enter(text))

    def _after(self, step: Step) -> Step:
        if step.ends:
            self._open.pop(step.session, None)
        return step


def _post(url: str, body: bytes, form: str, patience: float) -> Said:
    outbound = Outbound(patience)
    try:
        return outbound.post(url, body, {"Content-Type": form})
    finally:
        outbound.close()


def _objection(said: Said) -> str:
    if said.status != 200:
        return f"The answer has HTTP status {said.status}; it has to be 200."
    if said.content_type != ussd.TEXT:
        return f"The answer's Content-Type is {said.content_type or 'missing'}; it has to be {ussd.TEXT}."
    return ""
