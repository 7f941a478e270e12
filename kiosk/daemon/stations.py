"""Builds the readers: one for each configured scanner."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from drivers import scanner_families
from kiosk import attendance, hexadecimal
from kiosk.alerts import sms_on_punch
from kiosk.clock import Clock
from kiosk.config import ConfigError, Settings, Station
from kiosk.control.protocol import Code, ControlError
from kiosk.credentials import SecretsError, read_scanner_password
from kiosk.daemon.shifts import shifts_of
from kiosk.delivery.report import delivery_of
from kiosk.models import Direction, Member, NewDelivery, Punch
from kiosk.station import Finder, Ports, Punching, Reader, Vault
from kiosk.station.errands import Publish
from kiosk.station.finder import AUTO
from kiosk.store import Store
from kiosk.toml_check import Problem
from kiosk.views import ScannerHealth

log = logging.getLogger(__name__)


def build_readers(
    settings: Settings,
    store: Store,
    clock: Clock,
    vault: Vault,
    *,
    publish: Publish,
    changed: Callable[[], None],
) -> dict[str, Reader]:
    """One reader for each `[[station]]`, by name. Raises ConfigError for an unknown family."""
    shifts = shifts_of(settings)
    ports = Ports({station.scanner: station.name for station in settings.station if station.scanner != AUTO})

    def own(station: Station) -> dict[str, dict[str, object]]:
        return {"zfm": _zfm_options(station, settings.templates.credentials)}

    def build(station: Station) -> Reader:
        return Reader(
            station.name,
            Finder(station.name, station.scanner, _family(station), _options(station), ports, own(station)),
            store,
            clock,
            Punching(station.name, store, clock, _policy(station, settings), partial(consequences, settings)),
            vault,
            publish=publish,
            changed=changed,
            place=station.place,
            polls_per_second=station.polls_per_second,
            feedback=station.feedback,
            shifts=shifts,
        )

    return {station.name: build(station) for station in settings.station}


def reader_of(readers: Mapping[str, Reader], name: str | None) -> Reader:
    """The reader of the station `name`; of the first that is ready if it is not named. Raises ControlError for an unknown name."""
    if name is None:
        every = list(readers.values())
        return next((each for each in every if each.status.health is ScannerHealth.READY), every[0])
    if name not in readers:
        raise ControlError(f"no station {name}; known are {', '.join(readers)}", code=Code.NOT_FOUND)
    return readers[name]


def _policy(station: Station, settings: Settings) -> attendance.Policy:
    return attendance.Policy(
        day_starts=settings.attendance.day_start(),
        repeat_us=settings.attendance.repeat_seconds * 1_000_000,
        fixed=None if station.direction == "derived" else Direction(station.direction),
    )


def _options(station: Station) -> dict[str, object]:
    return {
        "baud": station.baud or None,
        "score_floor": station.score_floor,
        "level": station.security_level or None,
    }


def _zfm_options(station: Station, folder: str) -> dict[str, object]:
    """What only ZFM modules have. A password that cannot be read is told in the journal; the scanner then refuses, and says so too."""
    options: dict[str, object] = {"address": hexadecimal.word(station.address)}
    try:
        password = read_scanner_password(station.name, folder)
    except SecretsError as error:
        log.error("station %s: %s", station.name, error)
    else:
        options |= {} if password is None else {"password": hexadecimal.word(password.reveal())}
    return options


def _family(station: Station) -> str:
    known = scanner_families()
    if station.family in {AUTO, *known}:
        return station.family
    problem = Problem(
        0,
        f'station "{station.name}", family',
        f'no scanner family is called "{station.family}"; known are {AUTO}, {", ".join(known)}',
    )
    raise ConfigError("configuration", [problem])


def consequences(settings: Settings, punch: Punch, member: Member) -> Sequence[NewDelivery]:
    """What has to be delivered because of `punch`: its report, and the member's SMS if the site wants one."""
    report = delivery_of(punch, device=f"{settings.site.name}/{punch.station}")
    alerts = settings.alerts
    sms = (
        sms_on_punch(punch, member, site=settings.site.name, language=alerts.language) if alerts.sms_on_punch else None
    )
    return [report] if sms is None else [report, sms]
