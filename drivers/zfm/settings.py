"""The security level: set if it differs, and told as it was read back, never as it was sent.

The ZFM-20's manual lets SetSysPara take effect behind its ack; the R503's wants the power taken away first; and one relative of
it read back only after a second. So nothing is assumed: what ReadSysPara shows is in force, whatever the ack said.
"""

from collections.abc import Callable

from drivers.errors import DeviceError
from drivers.zfm.commands import SET_SYS_PARA, meaning
from drivers.zfm.session import Session

_LEVEL_REGISTER = 5


def require_level(session: Session, level: int, restart: Callable[[], None] | None) -> tuple[str, ...]:
    """Bring the module to `level` (1 lax to 5 strict), by `restart` if need be; a remark for the technician if that did not work.

    Writes to the module's flash only if it shows another level. `restart` is None where the module knows no such command.
    """
    shown = session.level
    if shown is None:
        return (f"This scanner does not tell its security level, so that level {level} was not set.",)
    if shown == level:
        return ()
    try:
        session.exchange(SET_SYS_PARA, bytes((_LEVEL_REGISTER, level)))
    except DeviceError as refused:
        return (f"The scanner refused security level {level} ({meaning(refused.code)}) and stays at {shown}.",)
    session.learn()
    if session.level != level and restart is not None:
        restart()
    if session.level == level:
        return ()
    return (f"Security level {level} takes effect when the scanner has been without power for 2 seconds.",)
