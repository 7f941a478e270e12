"""The platform's own lists: channels, networks, banks, institutions and data bundles, in its own spelling.

Source: "Payment APIs" and "Utility APIs" of the vendor's API documentation. What it names without a code is marked *decision*.
"""

import enum
from decimal import Decimal

import msgspec


class Channel(enum.StrEnum):
    """Mobile wallets: where a payout goes and where a checkout comes from."""

    MPESA = "MPESA"
    AIRTEL = "AIRTEL"
    EQUITEL = "EQUITEL"


class Telco(enum.StrEnum):
    """Networks that sell airtime. FAIBA_B sells data bundles by product code."""

    SAFARICOM = "SAFARICOM"
    AIRTEL = "AIRTEL"
    TELKOM = "TELKOM"
    EQUITEL = "EQUITEL"
    FAIBA = "FAIBA"
    FAIBA_B = "FAIBA_B"


VOUCHER_TELCOS = (Telco.SAFARICOM, Telco.AIRTEL, Telco.TELKOM)
"""Networks that sell airtime as a PIN voucher."""


class BillChannel(enum.StrEnum):
    """Who can be paid a bill. *Decision*: Kenya Power is documented as a service, without a code."""

    GOTV = "GOTV"
    DSTV = "DSTV"
    ZUKU = "ZUKU"
    STARTIMES = "STARTIMES"
    NAIROBI_WTR = "NAIROBI_WTR"
    KENYA_POWER = "KENYA_POWER"


class BusinessChannel(enum.StrEnum):
    """How a business is paid. *Decision*: tills are documented as possible; their code is Safaricom's own word for them."""

    PAYBILL = "BusinessPayBill"
    TILL = "BusinessBuyGoods"


BANKS = {
    "101": "Absa Bank",
    "102": "Co-operative Bank",
    "103": "Equity Bank",
    "104": "Family Bank",
    "105": "KCB Bank Kenya",
    "106": "Standard Chartered",
    "108": "I & M Bank",
    "112": "NCBA Bank",
    "113": "Stanbic Bank",
    "119": "DTB Kenya",
    "124": "Bank of Africa",
    "133": "National Bank",
    "143": "Gulf African Bank",
    "146": "Bank of India",
}
"""Bank codes of the bank payout."""


class Bundle(msgspec.Struct, frozen=True):
    """A Faiba data bundle: `days` of validity, `price` in KES."""

    name: str
    days: int
    price: Decimal
    product_code: str


BUNDLES = {
    each.product_code: each
    for each in (
        Bundle("100MB", 1, Decimal(10), "DAILY_DATA_100MB"),
        Bundle("225MB", 1, Decimal(20), "DAILY_DATA_225MB"),
        Bundle("1GB", 1, Decimal(50), "DailyData1GB"),
        Bundle("8GB", 7, Decimal(300), "WeeklyData8GB"),
        Bundle("30GB", 30, Decimal(1000), "MONTHLY_DATA_30GB"),
        Bundle("65GB", 30, Decimal(2000), "MONTHLY_DATA_65GB"),
        Bundle("100GB", 60, Decimal(3000), "60_DAY_DATA_100GB"),
        Bundle("225GB", 90, Decimal(6000), "90_DAY_DATA_225GB"),
    )
}
"""The bundles by product code."""
