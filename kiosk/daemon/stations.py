"""Builds the readers: one for each configured scanner."""

from collections.abc import Callable, Sequence
from functools import partial

from drivers import Scanner, ScannerError, create_scanner
from kiosk import attendance
from kiosk.alerts import sms_on_punch
from kiosk.clock import Clock
from kiosk.config import ConfigError, Settings, Station
from kiosk.delivery.report import delivery_of
from kiosk.models import Direction, Member, NewDelivery, Punch
from kiosk.station import Punching, Reader
from kiosk.station.reader import Publish
from kiosk.store import Store
from kiosk.toml_check import Problem


def build_readers(
    settings: Settings, store: Store, clock: Clock, *, publish: Publish, changed: Callable[[], None]
) -> dict[str, Reader]:
    """One reader for each `[[station]]`, by name. Raises ConfigError for an unknown family."""
    return {station.name: _build(station, settings, store, clock, publish, changed) for station in settings.station}


def _build(
    station: Station, settings: Settings, store: Store, clock: Clock, publish: Publish, changed: Callable[[], None]
) -> Reader:
    policy = attendance.Policy(
        day_starts=settings.attendance.day_start(),
        repeat_us=settings.attendance.repeat_seconds * 1_000_000,
        fixed=None if station.direction == "derived" else Direction(station.direction),
    )
    return Reader(
        station.name,
        _scanner(station),
        store,
        clock,
        Punching(station.name, store, clock, policy, partial(consequences, settings)),
        publish=publish,
        changed=changed,
        polls_per_second=station.polls_per_second,
    )


def _scanner(station: Station) -> Scanner:
    try:
        return create_scanner(station.family, station.scanner, baud=station.baud, score_floor=station.score_floor)
    except ScannerError as error:
        problem = Problem(0, f'station "{station.name}", family', f"{error}. {error.cure}")
        raise ConfigError("configuration", [problem]) from error


def consequences(settings: Settings, punch: Punch, member: Member) -> Sequence[NewDelivery]:
    """What has to be delivered because of `punch`: its report, and the member's SMS if the site wants one."""
    report = delivery_of(punch, device=f"{settings.site.name}/{punch.station}")
    alerts = settings.alerts
    sms = (
        sms_on_punch(punch, member, site=settings.site.name, language=alerts.language) if alerts.sms_on_punch else None
    )
    return [report] if sms is None else [report, sms]
