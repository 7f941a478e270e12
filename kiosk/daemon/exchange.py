"""What exists once there are credentials: the connection to Kemru, and all that uses it.

Imported by the first worker that needs it: what talks to Kemru, with the HTTP client, costs as much as everything before it.
"""

from kiosk.clock import Clock
from kiosk.config import KemruSettings
from kiosk.credentials import read_secrets
from kiosk.daemon.jobs import Jobs
from kiosk.delivery.attendance import AttendanceCourier
from kiosk.delivery.budget import Budget
from kiosk.delivery.lane import DeliveryLane
from kiosk.delivery.roster import Roster
from kiosk.delivery.sms import SmsCourier
from kiosk.kemru import Credentials, Kemru
from kiosk.models import Lane
from kiosk.store import Store


class Exchange:
    """The lanes and jobs of a kiosk with credentials. Raises SecretsError or KemruError when they, or the address, cannot be used."""

    def __init__(self, settings: KemruSettings, store: Store, clock: Clock) -> None:
        secrets = read_secrets(settings.credentials)
        credentials = Credentials(
            merchant_id=settings.merchant_id,
            api_key=secrets.api_key,
            secret=secrets.secret,
            access_token=secrets.access_token,
        )
        budget = Budget(store, per_minute=settings.per_minute, per_day=settings.per_day)
        self._clients: list[Kemru] = []

        def connection() -> Kemru:
            # One for each thread: answers went missing where threads shared one.
            self._clients.append(
                Kemru(
                    settings.base_url,
                    credentials,
                    get_parameters=settings.get_parameters,
                    deadline=float(settings.deadline_seconds),
                )
            )
            return self._clients[-1]

        self.lanes = {
            Lane.ATTENDANCE: DeliveryLane(AttendanceCourier(connection()), store, clock, budget),
            Lane.SMS: DeliveryLane(SmsCourier(connection()), store, clock, budget),
        }
        self.roster = Roster(connection(), store, clock, budget)
        self.jobs = Jobs(self.roster, clock, roster_minutes=settings.roster_minutes)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()
