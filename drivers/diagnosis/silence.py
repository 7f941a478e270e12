"""When no scanner answers: text, an echo, noise, damage, or nothing at all."""

from drivers.diagnosis.findings import Case, Diagnosis, Finding
from drivers.errors import LinkTimeout
from drivers.link import Link
from drivers.zfm import trial
from drivers.zfm.codec import BROADCAST
from drivers.zfm.commands import VFY_PWD

# Speeds of consoles: that of the kernel's, that of most gettys, that of old ones.
_CONSOLE_SPEEDS = (115200, 9600, 57600)
# Seconds to listen at each for the answer to a carriage return, which no scanner's protocol knows.
_PROMPT = 0.5
# Seconds for an answer to VfyPwd, which takes 10 ms; and for somebody to switch the scanner's supply.
_GLANCE = 0.3
_PATIENCE = 3.0
# A text is at least this many bytes, of which this part can be printed; more of it is nobody's business.
_WORD, _PRINTABLE, _SHOWN = 4, 0.8, 40


def listen(case: Case) -> Diagnosis | None:
    """Look for a console: text that comes by itself or to a carriage return, or our own bytes coming back."""
    case.say("Listening for text: a login console may sit on this line")
    for speed in _CONSOLE_SPEEDS:
        heard = _answer_to_return(case, speed)
        if _is_text(heard):
            case.note(f"at {speed} bit/s somebody writes text: {_excerpt(heard)!r}")
            return case.closed(Finding.CONSOLE)
        if heard and not heard.strip(b"\r\n"):
            case.note(f"at {speed} bit/s our own bytes come back")
            return case.closed(Finding.CONSOLE)
        case.strays += len(heard)
    return None


def sweep(case: Case, speeds: tuple[int, ...]) -> Diagnosis:
    """Ask once at every speed and take whatever comes as a sign."""
    case.say(f"Asking at every speed, and taking any byte for a sign: {', '.join(map(str, speeds))}")
    for speed in speeds:
        found = _sign(case, speed, _asked(case, speed))
        if found is not None:
            return found
    return _awaited(case) or _concluded(case)


def _sign(case: Case, speed: int, heard: trial.Heard) -> Diagnosis | None:
    case.strays += len(heard.strays)
    case.restarts += heard.restarted
    if heard.echoed:
        case.note(f"at {speed} bit/s our own bytes come back")
        return case.closed(Finding.CONSOLE)
    return case.weak() or _understood(case, speed, heard)


def _understood(case: Case, speed: int, heard: trial.Heard) -> Diagnosis | None:
    """What packets say, whole or not, and the byte of a module that got power."""
    finding, cure = None, None
    if heard.damaged:
        case.note(f"at {speed} bit/s packets come whose checksum is wrong")
        finding = Finding.CHECKSUM
    elif heard.woke:
        case.note(f"at {speed} bit/s it says that it got power, and answers nothing")
        finding = Finding.DEAF
    elif (
        heard.address not in {None, case.own.get("zfm", {}).get("address", BROADCAST)}
        and _asked(case, speed).address == heard.address
    ):
        case.note(f"at {speed} bit/s it answers under the address {heard.address:08X}")
        finding = Finding.OTHER_ADDRESS
        cure = f'Write into its [[station]] of the configuration: address = "{heard.address:08X}"'
    elif heard.codes and (case.damaged or case.begun or case.strays or heard.damages):
        return _damaged(case)
    elif heard.codes:
        case.note(f"at {speed} bit/s it answered one question, and nothing before and after")
        finding = Finding.DEAF
    return case.closed(finding, cure) if finding else None


def _awaited(case: Case) -> Diagnosis | None:
    """Wait for the byte that a module says on power: it tells a deaf module from a line on which nothing can come."""
    case.say("Listening for a start: if the scanner's supply can be switched apart from the adapter, do it now")
    link = _opened(case, case.baud)
    try:
        heard = trial.overhear(link, _PATIENCE * case.scale, monotonic=case.monotonic)
    finally:
        link.close()
    return _sign(case, case.baud, heard)


def _concluded(case: Case) -> Diagnosis:
    if case.is_damaged:
        return _damaged(case)
    if case.begun:
        case.note("it answered at first, and fell silent")
        return case.closed(Finding.DEAF)
    if case.strays:
        case.note(f"{case.strays} bytes came, at no speed a packet among them")
        return case.closed(Finding.NOISE)
    case.note("not one byte came, at any speed")
    return case.closed(Finding.NO_BYTES)


def _damaged(case: Case) -> Diagnosis:
    case.note(f"{case.damaged} packets and {case.strays} bytes came that were no answer, and answers failed to come")
    return case.closed(Finding.CHECKSUM)


def _asked(case: Case, speed: int) -> trial.Heard:
    link = _opened(case, speed)
    try:
        return trial.ask(link, VFY_PWD, _GLANCE * case.scale, monotonic=case.monotonic)
    finally:
        link.close()


def _answer_to_return(case: Case, speed: int) -> bytes:
    link, heard = _opened(case, speed), b""
    deadline = case.monotonic() + _PROMPT * case.scale
    try:
        link.send(b"\r")
        while len(heard) < _SHOWN:
            heard += link.receive(deadline)
    except LinkTimeout:
        pass
    finally:
        link.close()
    return heard


def _opened(case: Case, speed: int) -> Link:
    link = Link(case.port, baud=speed, monotonic=case.monotonic)
    link.open()
    return link


def _is_text(heard: bytes) -> bool:
    printable = sum(byte in b"\r\n\t\x1b" or 0x20 <= byte < 0x7F for byte in heard)
    letters = sum(byte < 0x80 and chr(byte).isalpha() for byte in heard)
    return letters >= _WORD and printable >= _PRINTABLE * len(heard)


def _excerpt(heard: bytes) -> str:
    text = heard.decode("ascii", errors="replace")
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:_SHOWN]
