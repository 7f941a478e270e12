"""Calling a merchant's server: one POST, over by its deadline whatever the other side does, with an answer of bounded size."""

from collections.abc import Mapping

import httpx
import msgspec

from kiosk.kemru import bodies
from kiosk.kemru.deadline import DeadlineBackend
from kiosk.kemru.exchange import deadline_transport


class NoAnswerError(Exception):
    """Nothing came that could be read; the text says why, as a sentence, and `kind` in one word."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


class Said(msgspec.Struct, frozen=True):
    """What the merchant's server answered."""

    status: int
    content_type: str
    body: bytes


class Outbound:
    """A way to merchants' servers, for one thread. Each call is over within `patience` seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._backend = DeadlineBackend()
        self._client = httpx.Client(
            transport=deadline_transport(self._backend),
            headers={"User-Agent": "kemru-sandbox"},
            timeout=patience,
            trust_env=False,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Said:
        """Send `body` to `url`. Raises NoAnswerError, also for a `url` that is none."""
        try:
            request = self._client.build_request("POST", url, content=body, headers=headers)
            with self._backend.within(self._patience):
                response = self._client.send(request, stream=True)
                try:
                    return _read(response)
                finally:
                    response.close()
                    self._client.cookies.clear()
        except (httpx.TimeoutException, TimeoutError) as error:
            raise NoAnswerError(f"No answer within {self._patience:g} seconds.", type(error).__name__) from None
        except httpx.ConnectError as error:
            raise NoAnswerError(
                "Nobody answers at this address: is the service running?", type(error).__name__
            ) from None
        except bodies.BodyError as error:
            raise NoAnswerError(f"The answer is {error}.", str(error)) from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, ValueError) as error:
            # ValueError: a host name that is none by the rules of international ones, or half a character in a path.
            raise NoAnswerError(f"No answer that can be read ({type(error).__name__}).", type(error).__name__) from None


def _read(response: httpx.Response) -> Said:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Said(response.status_code, kind, bodies.read(response.iter_raw(), encoding))
