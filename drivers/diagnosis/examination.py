"""The checks in their order: each either settles the matter or leaves it to the next."""

import errno
import time
from collections.abc import Callable, Mapping

from drivers.diagnosis.findings import Case, Diagnosis, Finding
from drivers.diagnosis.silence import listen, sweep
from drivers.diagnosis.witness import Witness
from drivers.diagnosis.work import Work
from drivers.discovery import rare_speeds
from drivers.errors import DeviceError, LinkLost, LinkTimeout
from drivers.holders import holders, is_held
from drivers.link import Link
from drivers.registry import create_scanner, port_of, scanner_families
from drivers.scanner import Scanner, ScannerInfo
from drivers.zfm.trial import PASSWORD_CODES

_FIRST = "zfm"
"""The family that is asked for at length before the others: most scanners are of it."""


def diagnose(
    url: str,
    *,
    family: str | None = None,
    baud: int | None = None,
    own: Mapping[str, Mapping[str, object]] | None = None,
    on_step: Callable[[str], None] = lambda _step: None,
    monotonic: Callable[[], float] = time.monotonic,
    deadline_scale: float = 1.0,
) -> Diagnosis:
    """Find out what is wrong with the scanner of `family`, or of whichever answers, at `url`, and what a person can do about it.

    `baud` is the speed it is expected at (the family's usual one if None); `own` are options by family, such as the password of a module
    that has one. `on_step` hears in plain words what is done next; the whole takes some seconds for a scanner that answers, up to half a
    minute for a silent one. The library is left alone, and no opcode sent that another dialect would execute.

    Whatever the port does becomes a finding; raises only UnknownModelError, for a family that is not installed, and LinkLost for an
    emulator that cannot be started.
    """
    first = family or _FIRST
    scanner = create_scanner(first, url)
    expected = baud or scanner.usual_speeds[0]
    case = Case(url, port_of(url), first, expected, on_step, monotonic, deadline_scale, own or {})
    try:
        return (
            _opens(case)
            or _answers(case, scanner)
            or listen(case)
            or _others(case, baud, welcome=family is None)
            or sweep(case, scanner.all_speeds)
        )
    except (LinkLost, LinkTimeout) as failure:
        case.note(str(failure))
        return case.closed(Finding.NO_PORT)


def _opens(case: Case) -> Diagnosis | None:
    case.say(f"Opening {case.url}")
    link = Link(case.port, baud=case.baud, monotonic=case.monotonic)
    try:
        link.open()
    except LinkLost as refused:
        case.note(str(refused))
        if is_held(refused):
            return _held(case)
        forbidden = getattr(refused.__cause__, "errno", None) in {errno.EACCES, errno.EPERM}
        return case.closed(Finding.NO_PERMISSION if forbidden else Finding.NO_PORT)
    finally:
        link.close()
    return None


def _held(case: Case) -> Diagnosis:
    rivals = holders(case.url)
    for rival in rivals:
        case.note(f"the port is open in {rival}")
    return case.closed(Finding.PORT_HELD, rivals[0].cure if rivals else None)


def _answers(case: Case, model: Scanner) -> Diagnosis | None:
    speeds = ", ".join(str(speed) for speed in (case.baud, *model.all_speeds) if speed != case.baud)
    case.say(f"Asking for a {case.family} scanner at {case.baud} bit/s{f', then at {speeds}' if speeds else ''}")
    scanner = create_scanner(
        case.family,
        case.url,
        baud=case.baud,
        speeds=model.all_speeds,
        monotonic=case.monotonic,
        deadline_scale=case.scale,
        **case.own.get(case.family, {}),
    )
    try:
        info = Witness(case, scanner, case.family).open()
        if info is None:
            return case.weak()
        case.info = info
        case.note(f"a {info.model} answers, with {info.capacity} slots")
        return Work(case, scanner).run()
    except DeviceError as refused:
        wrong = case.family == "zfm" and refused.code in PASSWORD_CODES
        return case.closed(Finding.WRONG_PASSWORD if wrong else Finding.SENSOR_FAULT)
    finally:
        scanner.close()


def _others(case: Case, expected: int | None, *, welcome: bool) -> Diagnosis | None:
    """Look for a scanner of another family: a finding, or just as `welcome` as one of the first; `expected` is the speed asked for."""
    others = [family for family in scanner_families() if family != case.family]
    case.say(f"Asking for scanners of other families: {', '.join(others) or 'none is installed'}")
    found = next(
        filter(None, (_asked(case, family, speeds) for speeds in (_usual_speeds, rare_speeds) for family in others)),
        None,
    )
    if found is None:
        return case.weak()
    case.info = found
    case.note(f"a {found.model} answers, in the protocol of {found.family}")
    if not welcome:
        cure = f'Write into its [[station]] of the configuration: family = "{found.family}"'
        return case.closed(Finding.OTHER_FAMILY, cure)
    model = create_scanner(found.family, case.url)
    case.family, case.baud = found.family, expected or model.usual_speeds[0]
    return _answers(case, model)


def _usual_speeds(family: str) -> tuple[int, ...]:
    return create_scanner(family, "").usual_speeds


def _asked(case: Case, family: str, choose: Callable[[str], tuple[int, ...]]) -> ScannerInfo | None:
    """Ask for a scanner of `family` at the speeds that `choose` takes; no more once the packets of some scanner came damaged."""
    speeds = choose(family)
    if not speeds or case.is_weak or (case.is_damaged and choose is rare_speeds):
        return None
    scanner = create_scanner(family, case.url, baud=speeds[0], speeds=speeds, deadline_scale=case.scale)
    try:
        return Witness(case, scanner, family).open()
    except DeviceError:
        # A line that echoes may look like a refusal.
        return None
    finally:
        scanner.close()
