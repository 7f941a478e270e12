"""How the platform's values are shown to people: exact amounts, and telephone numbers by their last three digits."""

from collections.abc import Mapping
from decimal import Decimal

from kiosk.kemru import forms
from kiosk.kemru.catalogue import BANKS
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.messages import Receipt, Voucher
from kiosk.kemru.orders import Order, PinAirtime
from kiosk.kemru.phones import mask

_MASKED = (forms.LOCAL_PHONE, forms.FULL_PHONE, forms.ACCOUNT)

DEEDS = {
    "mobile-payout": "Pay KES {amount} to {phone} by {channel}",
    "bank-payout": "Pay KES {amount} to account {account_number} at {bank}",
    "checkout": "Ask {phone} to pay KES {amount} by {channel} into the wallet",
    "transfer": "Move KES {amount} from account {from_account} at {from_institution} to account {to_account} at {to_institution}",
    "b2b": "Pay KES {amount} to {channel} {short_code}, account {identifier}",
    "airtime": "Buy airtime of {telco} for KES {amount} for {phone}",
    "bill": "Pay a bill of KES {amount} to {channel}, account {account_number}",
    "pin-airtime": "Buy a voucher of {telco} for KES {amount} for {phone}",
    "sms": "Send a text message to {phone}",
}
"""What an order does, by the name of its endpoint, for the question before it is sent."""


def shillings(amount: Decimal | int | str) -> str:
    """An amount, exactly, with commas between the thousands."""
    return f"{Decimal(amount):,f}"


def deed(endpoint: Endpoint, values: Mapping[str, object], *, masked: bool) -> str:
    """What an order with these values does; for the question in full, so that a wrong digit is seen, elsewhere `masked`."""
    return DEEDS[endpoint.name].format_map(
        {name: _word(endpoint, name, value, masked=masked) for name, value in values.items()}
    )


def pin(voucher: Voucher) -> str:
    """A voucher's PIN, for whoever bought it."""
    serial = f" (serial {voucher.serial})" if voucher.serial else ""
    return f"PIN {voucher.pin.reveal()}{serial}. It is shown once, and kept nowhere."


def lost_pin(order: Order, receipt: Receipt) -> str:
    """What to do about a voucher that was bought and whose PIN is not in the receipt; empty for everything else."""
    if not isinstance(order, PinAirtime) or receipt.voucher is not None or receipt.provisional:
        return ""
    named = (
        f"{receipt.reference} (Kemru's {receipt.platform_reference})"
        if receipt.platform_reference
        else receipt.reference
    )
    return (
        "The voucher is bought, but its PIN is not here: it comes with the first answer alone, which was lost or was shown before. "
        f"If nobody has noted it, ask Kemru's support for the PIN of transaction {named}."
    )


def phone(number: str | None) -> str:
    """A telephone number as it is shown; empty if there is none."""
    return mask(number) if number else ""


def _word(endpoint: Endpoint, name: str, value: object, *, masked: bool) -> str:
    form = next((each.form for each in endpoint.fields if each.name == name), forms.TEXT)
    if form is forms.AMOUNT:
        return shillings(str(value))
    if form is forms.BANK:
        return f"{BANKS.get(str(value), 'bank')} ({value})"
    return (
        mask(str(value)) if masked and (any(form is each for each in _MASKED) or name == "identifier") else str(value)
    )
