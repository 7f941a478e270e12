"""Taking on an order: what each endpoint's values say about category, source, destination and money, and the answer to it."""

from decimal import Decimal

from kiosk.kemru import endpoints, phones
from kiosk.kemru.endpoints import Charge, Endpoint
from kiosk.kemru.orders import bundle_objection
from kiosk.sandbox.checks import Fields
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.refusals import RefusedError
from kiosk.sandbox.transactions import Transaction
from kiosk.sandbox.wallet import SMS_CENTS

MOST = {
    endpoints.MOBILE_PAYOUT: Decimal(250_000),
    endpoints.CHECKOUT: Decimal(250_000),
    endpoints.AIRTIME: Decimal(10_000),
    endpoints.PIN_AIRTIME: Decimal(10_000),
}
"""Shillings that one order may move. *Decision*: the documentation has codes and no numbers."""

_TOO_MUCH = {endpoints.AIRTIME: "9004", endpoints.PIN_AIRTIME: "9004"}

CATEGORIES = {
    endpoints.MOBILE_PAYOUT: "MobilePayout",
    endpoints.BANK_PAYOUT: "BankPayout",
    endpoints.CHECKOUT: "Checkout",
    endpoints.TRANSFER: "UPI",
    endpoints.BUSINESS_PAYMENT: "B2B",
    endpoints.AIRTIME: "Airtime",
    endpoints.BILL: "BillPayment",
    endpoints.PIN_AIRTIME: "PinAirtime",
    endpoints.SEND_SMS: "SMS",
    endpoints.REVERSE: "Reversal",
}
"""The IPN's `category`; only MobilePayout is documented."""


def submit(endpoint: Endpoint, platform: Platform, fields: Fields, now: float) -> dict[str, object]:
    """Take on the order that `fields` ask of `endpoint`, and answer it. Raises RefusedError."""
    queued, refusal = _is_offline(fields), _beyond_limits(endpoint, fields)
    if refusal is not None and not queued:
        raise RefusedError(refusal)
    opened = platform.open(_asked(endpoint, fields), str(fields.get("amount", "")), now, queued=queued, refusal=refusal)
    return answer(opened)


def reverse(platform: Platform, fields: Fields, now: float) -> dict[str, object]:
    """Bring a completed payment back. Raises RefusedError: 7001 (unknown), 1109 (cannot be reversed), 8006 (the second time)."""
    original = platform.state.transactions.find(str(fields["reference"]))
    if original is None:
        raise RefusedError("7001")
    if not original.succeeded or Charge(original.charge) is not Charge.PAYS:
        raise RefusedError("1109")
    with platform.state.change():
        if platform.state.transactions.reversal_of(original) is not None:
            raise RefusedError("8006")
        opened = platform.open(_reversal(original), "", now)
    return {**answer(opened), "reference": str(fields["reference"])}


def answer(transaction: Transaction) -> dict[str, object]:
    """The documented answer to an order, and the references that belong to it."""
    said: dict[str, object] = {
        "status": transaction.status,
        "status_code": "200",
        "merchant_reference": transaction.merchant_reference,
        "reference": transaction.reference,
        "transactiontxt": "Request accepted for processing!",
    }
    if transaction.is_queued:
        return {
            **said,
            "transactiontxt": "Request queued; the outcome follows by callback.",
            "provisional_receipt": f"PR{transaction.merchant_reference.removeprefix('KT')}",
        }
    if transaction.call == endpoints.PIN_AIRTIME.name:
        return {**said, "voucher": _voucher(transaction)}
    return said


def _asked(endpoint: Endpoint, fields: Fields) -> Transaction:
    told = {
        each.name: fields[each.name]
        for each in endpoint.fields
        if each.name in fields and each.name not in {"merchant_id", "reference", "offline"}
    }
    return Transaction(
        reference=str(fields.get("reference", "")),
        call=endpoint.name,
        charge=endpoint.charge.value,
        category=CATEGORIES[endpoint],
        source=_source(fields),
        destination=_destination(endpoint, fields),
        cents=SMS_CENTS if endpoint.charge is Charge.MESSAGE else int(Decimal(str(fields["amount"])) * 100),
        fields=told,
    )


def _reversal(original: Transaction) -> Transaction:
    return Transaction(
        reference="",
        call=endpoints.REVERSE.name,
        charge=Charge.RETURNS.value,
        category=CATEGORIES[endpoints.REVERSE],
        source=original.destination,
        destination=original.source,
        cents=original.cents,
        fields={},
        reverses=original.merchant_reference,
    )


def _beyond_limits(endpoint: Endpoint, fields: Fields) -> str | None:
    """The code of what is wrong with the values of an order together; None if nothing is."""
    if endpoint is endpoints.AIRTIME:
        code = fields.get("product_code")
        problem = bundle_objection(
            str(fields["telco"]), None if code is None else str(code), Decimal(str(fields["amount"]))
        )
        if problem is not None:
            return problem.code
    most = MOST.get(endpoint)
    return _TOO_MUCH.get(endpoint, "8005") if most is not None and Decimal(str(fields["amount"])) > most else None


def _destination(endpoint: Endpoint, fields: Fields) -> str:
    name = endpoint.destination[0]
    said = str(fields[name])
    return phones.ten_digits(said) or said if name == "phone" else said


def _source(fields: Fields) -> str:
    return str(fields.get("initiator_name") or fields.get("from_account") or fields.get("initiator_phone") or "")


def _is_offline(fields: Fields) -> bool:
    return fields.get("offline") in {True, "true"}


def _voucher(transaction: Transaction) -> dict[str, str]:
    # Made from the order's number, so that a run repeats; no network would take it.
    number = int(transaction.merchant_reference.removeprefix("KT"))
    return {"pin": f"{number * 7919 % 10**14:014d}", "serial": f"S{number:010d}"}
