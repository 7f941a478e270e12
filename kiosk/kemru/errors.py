"""Everything that can go wrong between the kiosk and the platform; the type alone says whether it happened.

    KemruError
    ├── DidNotHappen         certain: the platform did not act on the request
    │   ├── Rejected         it refused this request, and will refuse the same one again
    │   ├── Unauthorised     it refuses the account (key, merchant, permission); no request will do better
    │   ├── SignatureRefused it computed another signature: wrong secret
    │   ├── Throttled        too many requests; later the same one may pass
    │   ├── NoFloat          the wallet is empty; only paid calls are affected
    │   ├── Unavailable      it was never reached, or says that the service is closed
    │   └── AddressRefused   the base URL may not be used at all; a mistake of the configuration
    └── UnknownOutcome       nobody knows: read back before anything is sent again

    CallbackError            what arrived here is not what the platform sends; nothing of it may be acted on
    ├── Malformed            it cannot be read
    └── NotGenuine           it was not signed with the webhook secret

`journal` and `once` add their own below these two, so that the types keep their meaning.

Messages hold the call's path, the HTTP status and the documented meaning of the platform's code. They never hold what was sent, nor
the other side's own words, which could be anything.
"""

from kiosk.errors import Exit, KioskError


class KemruError(KioskError):
    """Root of the platform's failures. `call` is the documented path; `code` the platform's code as it came, where it gave one."""

    exit_code = Exit.UNAVAILABLE

    def __init__(
        self,
        message: str,
        *,
        call: str = "",
        http_status: int | None = None,
        code: str | None = None,
        reference: str | None = None,
    ) -> None:
        super().__init__(message)
        self.call = call
        self.http_status = http_status
        self.code = code
        self.reference = reference


class DidNotHappen(KemruError):  # noqa: N818  named for the state it describes
    """The platform did not act on the request: sending it again cannot make a duplicate."""


class Rejected(DidNotHappen):
    """The platform refused this request for good; others may pass."""

    exit_code = Exit.DATA
    cure = "Look at the record that was refused: the platform will refuse it again as it is."


class Unauthorised(DidNotHappen):
    """The account is refused: key, merchant id or permission."""

    exit_code = Exit.NO_PERMISSION
    cure = "Check the API key, merchant id and access token against the Kemru dashboard."


class SignatureRefused(DidNotHappen):
    """The signature does not fit what was sent."""

    exit_code = Exit.NO_PERMISSION
    cure = "Check the merchant's secret key and the clock."


class Throttled(DidNotHappen):
    """Too many requests. `retry_after_s` is the wait that the platform asks for, 1 to 3,600 seconds; None if it names none."""

    exit_code = Exit.TEMPORARY
    cure = "Wait; if it keeps happening, another machine uses the same API key."

    def __init__(
        self, message: str, *, retry_after_s: float | None, call: str = "", http_status: int | None = None
    ) -> None:
        super().__init__(message, call=call, http_status=http_status)
        self.retry_after_s = retry_after_s


class NoFloat(DidNotHappen):
    """The merchant's float does not cover this."""

    exit_code = Exit.TEMPORARY
    cure = "Top up the merchant's wallet in the Kemru dashboard."


class Unavailable(DidNotHappen):
    """The platform was not reached (name, connection, TLS, address), or says that the service behind is closed."""

    exit_code = Exit.TEMPORARY
    cure = "Check the network, the base URL and the clock; the kiosk goes on without the platform and tries again."


class AddressRefused(DidNotHappen):
    """The base URL may not be used."""

    exit_code = Exit.CONFIG
    cure = "Use https://…; plain HTTP is allowed only for this machine and for sandbox.kemrut.com."


class UnknownOutcome(KemruError):  # noqa: N818  named for the state it describes
    """The request left and no answer came that says what became of it. Read back before sending anything again."""

    exit_code = Exit.TEMPORARY
    cure = "Nothing to do: the kiosk asks the platform what became of it before it sends it again."


class CallbackError(KioskError):
    """Something arrived that is not what the platform sends. The message names a field at most, and quotes nothing of what arrived."""

    exit_code = Exit.DATA


class Malformed(CallbackError):  # noqa: N818  named for the state it describes
    """It cannot be read: no JSON, a field missing, or of another type or form than documented."""

    cure = "Act on nothing of it and compare the sender with Kemru's documentation; what became of a transaction, `verify` tells."


class NotGenuine(CallbackError):  # noqa: N818  named for the state it describes
    """It does not carry the signature that the webhook secret makes."""

    exit_code = Exit.NO_PERMISSION
    cure = "Answer it with HTTP 401. If the platform did send it, check the webhook secret against the Kemru dashboard."
