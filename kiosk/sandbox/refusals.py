"""The platform saying no: a documented code, and the HTTP status that goes with it."""

from kiosk.kemru.codes import meaning

_STATUS = {"1102": 401, "1103": 403, "1107": 200, "7001": 200, "8006": 200, "5000": 500}
"""HTTP statuses that are not 400. The documentation has one for the key and one for bad fields, and is silent on the rest."""


class RefusedError(Exception):
    """The platform says no, with a documented code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.http_status = _STATUS.get(code, 400)

    def wire(self) -> dict[str, str]:
        """The answer's body, in the form of the documented IPN payload."""
        return {"status": "Failed", "status_code": self.code, "message": meaning(self.code).text}
