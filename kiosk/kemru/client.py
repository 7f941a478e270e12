"""The client: one kept-alive connection, one deadline a call, typed values in and out.

    with Kemru("https://kemrut.com/api/v2", credentials) as kemru:
        receipt = kemru.submit(Airtime(phone="0739117883", amount=100, telco=Telco.SAFARICOM, initiator_phone="0739117883"))

Every call may raise any KemruError; its type says whether the platform can have acted. No call is ever repeated in here: `once` does
that, on the safe side.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import msgspec

from kiosk.kemru import address, agreement, codes, endpoints, forms, replies, urls
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.errors import KemruError, Rejected, UnknownOutcome
from kiosk.kemru.exchange import Exchange
from kiosk.kemru.forms import Problem
from kiosk.kemru.messages import (
    AttendanceRecord,
    Balance,
    Business,
    BusinessRecord,
    Credentials,
    MemberReply,
    Receipt,
    Roster,
    ScanReport,
    User,
    Verification,
)
from kiosk.kemru.orders import Order, Sms
from kiosk.kemru.verdict import Answer, Reply, judge
from kiosk.kemru.wire import Prepared, prepare

if TYPE_CHECKING:
    import httpx


class Kemru:
    """The platform at `base_url`, for one merchant.

    One client belongs to one thread: where threads share one, the connection pool sometimes loses an answer (UnknownOutcome).

    `deadline` bounds each call as a whole, in seconds. `get_parameters="query"` is for proxies that drop the body of a GET.
    `before_request` is shown each request before a byte leaves: a place to spend a budget, to look, or to refuse by raising. `transport`
    replaces the network (an httpx.BaseTransport). Raises AddressRefused or Unauthorised for what could never work.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        get_parameters: Literal["body", "query"] = "body",
        deadline: float = 30.0,
        before_request: Callable[[Prepared], None] | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self._credentials = credentials
        self._before_request = before_request
        self._exchange = Exchange(
            base_url,
            credentials.api_key,
            as_query=get_parameters == "query",
            deadline=deadline,
            transport=transport,
        )

        self._is_sandbox = address.is_sandbox(self._exchange.base)

    def __repr__(self) -> str:
        return f"Kemru({self._exchange.base!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._exchange.close()

    @property
    def base_url(self) -> str:
        """Where the platform is."""
        return self._exchange.base

    @property
    def merchant_id(self) -> str:
        """Who calls."""
        return self._credentials.merchant_id

    # people

    def roster(self) -> Roster:
        """Everybody that the merchant has, and their attendance."""
        return replies.roster(self._ask(endpoints.ROSTER, {}))

    def member(self, identifier: str) -> MemberReply:
        """One member by UID, national ID or passport number."""
        return replies.member(self._ask(endpoints.MEMBER, {"uid": identifier}))

    def user(self, identifier: str) -> User:
        """One user by identifier."""
        return replies.user(self._ask(endpoints.USER, {"uid": identifier}))

    def report(self, scan: ScanReport, *, read_back: bool = True) -> Receipt:
        """Tell the platform of one scan. Returns only when it holds it; a success that does not show it is an UnknownOutcome.

        After "duplicate" the member's scans are read back: Rejected if the platform has another scan under the reference. Without
        `read_back` that second request is the caller's.
        """
        with _about(scan.reference):
            given = {**msgspec.structs.asdict(scan), "offline": scan.offline or None}
            receipt = replies.scan_receipt(self._ask(endpoints.ATTENDANCE, given), scan)
            if receipt.duplicate and read_back:
                self._check_held(scan)
            return receipt

    def attendance(self, uid: str) -> list[AttendanceRecord]:
        """Read back what the platform holds of `uid`; reports nothing."""
        return replies.attendance(self._ask(endpoints.ATTENDANCE, {"uid": uid}), uid)

    # money, airtime, bills and messages

    def prepare(self, order: Order) -> Prepared:
        """The request that `submit` would send: checked, spelt and signed. Nothing is sent."""
        with _about(order.reference):
            prepared = self._prepare(order.endpoint, order.values())
            problem = order.objection()
            if problem is not None:
                raise _not_sent(order.endpoint, problem)
            return prepared

    def submit(self, order: Order) -> Receipt:
        """Ask for a payment, airtime, a bill or a message. Returns when the platform has accepted it, which is not yet its outcome.

        After an UnknownOutcome ask `verify` what became of it before it is submitted again, with the same reference: `once.Once`
        does.
        """
        prepared = self.prepare(order)
        with _about(order.reference):
            answer = self._hand_over(prepared)
            return replies.receipt(judge(order.endpoint.path, answer, now=_now()), order.reference)

    def send_sms(self, sms: Sms) -> Receipt:
        """Hand over a text message: `submit` by another name."""
        return self.submit(sms)

    def verify(self, reference: str) -> Verification:
        """What became of `reference` (ours, or the platform's own): up to 64 letters, digits, hyphens and underscores, else Rejected."""
        with _about(reference):
            answer = self._send(endpoints.VERIFY, {"reference": reference})
            return replies.verification(endpoints.VERIFY.path, answer, reference, now=_now())

    def reverse(self, reference: str) -> Receipt:
        """Bring back the money of a completed transaction. Asking again changes nothing: then the receipt is marked as a duplicate."""
        with _about(reference):
            return replies.receipt(self._ask(endpoints.REVERSE, {"reference": reference}), reference)

    def balance(self) -> Balance:
        """What is left in the merchant's wallet."""
        return replies.balance(self._ask(endpoints.BALANCE, {}))

    def telco(self, prefix: str) -> str | None:
        """The network of a telephone prefix such as `722`; None if there is none."""
        try:
            return replies.telco(self._ask(endpoints.TELCO_CHECK, {"prefix": prefix}))
        except Rejected as error:
            if error.code == codes.INVALID_TELCO and error.http_status is not None:
                return None
            raise

    # the account

    def register_callback(self, url: str) -> bool:
        """Where the platform is to report each change of a transaction (IPN), once for each environment.

        True if it is new, False if the platform already had this address. Raises Rejected (6001) for another one than it has.
        """
        return replies.callback(self._ask(endpoints.CALLBACK, {"url": url}))

    def register_business(self, business: Business) -> BusinessRecord:
        """Register a business, or learn what the platform already has under its e-mail address."""
        reply = self._ask(endpoints.BUSINESS, msgspec.structs.asdict(business))
        if not reply.duplicate:
            return replies.business(reply, business)
        with _after_duplicate(endpoints.BUSINESS):
            return self.find_business(business.email)

    def find_business(self, search: str) -> BusinessRecord:
        """A registered business by its e-mail address, name or telephone. Raises Rejected if there is none."""
        return replies.business(self._ask(endpoints.CONFIRM, {"search": search}), None)

    def _check_held(self, scan: ScanReport) -> None:
        with _after_duplicate(endpoints.ATTENDANCE):
            records = self.attendance(scan.uid)
        if not agreement.is_held(scan, records, by_time=True):
            raise UnknownOutcome(
                f"{endpoints.ATTENDANCE.path}: the platform says that it has the scan, and does not show it",
                call=endpoints.ATTENDANCE.path,
            )

    def _ask(self, endpoint: Endpoint, given: Mapping[str, object]) -> Reply:
        return judge(endpoint.path, self._send(endpoint, given), now=_now())

    def _send(self, endpoint: Endpoint, given: Mapping[str, object]) -> Answer:
        return self._hand_over(self._prepare(endpoint, given))

    def _prepare(self, endpoint: Endpoint, given: Mapping[str, object]) -> Prepared:
        prepared = prepare(endpoint, self._credentials, given)
        if not self._is_sandbox:
            for field in endpoint.fields:
                url = given.get(field.name) if field.form is forms.URL else None
                why = None if url is None else urls.objection(str(url), production=True)
                if why is not None:
                    said = f"{field.name.replace('_', ' ')} {why}"
                    raise _not_sent(endpoint, Problem(codes.URL_REFUSED, said))
        return prepared

    def _hand_over(self, prepared: Prepared) -> Answer:
        if self._before_request is not None:
            self._before_request(prepared)
        return self._exchange.send(prepared)


def _not_sent(endpoint: Endpoint, problem: Problem) -> Rejected:
    return Rejected(f"{endpoint.path}: not sent: {problem.text}", call=endpoint.path, code=problem.code)


@contextmanager
def _about(reference: str) -> Iterator[None]:
    """Let every error that passes say which record it is about."""
    try:
        yield
    except KemruError as error:
        error.reference = reference
        raise


@contextmanager
def _after_duplicate(endpoint: Endpoint) -> Iterator[None]:
    """The platform has it: whatever becomes of the question what it has, nothing says any more that it did not happen."""
    try:
        yield
    except KemruError as error:
        raise UnknownOutcome(
            f"{endpoint.path}: the platform already has it, and does not tell what: {error}",
            call=endpoint.path,
            http_status=error.http_status,
            code=error.code,
        ) from error


def _now() -> datetime:
    return datetime.now(UTC)
