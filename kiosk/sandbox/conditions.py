"""Limits, money and pace: what a developer may change while the sandbox runs, by a scenario or over HTTP."""

from decimal import Decimal
from typing import Annotated

import msgspec

from kiosk.sandbox.limits import Limits
from kiosk.sandbox.state import State
from kiosk.sandbox.wallet import shillings

_Count = Annotated[int, msgspec.Meta(ge=0)]


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much the platform takes, how fast it is, and what the merchant has; what is left out stays as it is.

    `balance` is in shillings. `pace` is how many seconds a transaction stays in a state. `online` says whether the networks behind are
    there: while not, `offline_mode` orders wait. `callback_url` is where IPN go; empty for nowhere.
    """

    per_minute: _Count | None = None
    per_day: _Count | None = None
    balance: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{2})?$")] | None = None
    pace: Annotated[float, msgspec.Meta(ge=0, le=3600)] | None = None
    online: bool | None = None
    callback_url: str | None = None


NO_CHANGE = Conditions()


def apply(state: State, change: Conditions) -> None:
    """Let `change` hold from now on."""
    with state.change():
        now = state.traffic.limits
        state.traffic.limits = Limits(
            now.per_minute if change.per_minute is None else change.per_minute,
            now.per_day if change.per_day is None else change.per_day,
        )
        if change.balance is not None:
            state.wallet.cents = int(Decimal(change.balance) * 100)
        if change.pace is not None:
            state.transactions.pace = change.pace
        if change.online is not None:
            state.transactions.online = change.online
        if change.callback_url is not None:
            state.notices.callback_url = change.callback_url or None


def of(state: State) -> Conditions:
    """What holds now."""
    return Conditions(
        per_minute=state.traffic.limits.per_minute,
        per_day=state.traffic.limits.per_day,
        balance=shillings(state.wallet.cents),
        pace=state.transactions.pace,
        online=state.transactions.online,
        callback_url=state.notices.callback_url or "",
    )
