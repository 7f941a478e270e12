"""Getting a module's ear: at the speed that it listens at, and awake."""

from drivers.link import Link
from drivers.speed import find_speed, persist
from drivers.zfm.commands import PACKET_ERROR, SOFT_RST, VFY_PWD
from drivers.zfm.session import Session
from drivers.zfm.wire import Wire

# A module that just got power says 55 after 50 to 200 ms, with junk before it, and hears nothing until then.
_GREETINGS = 3
# After SoftRst it is as deaf, but there is no doubt about its speed.
_REVEILLES = 6
# Seconds for a VfyPwd that may well find nobody.
_GLANCE = 0.25


class Greeting:
    """Finds the speed of the module behind `session`, among the present one and `speeds`."""

    def __init__(self, link: Link, wire: Wire, session: Session, speeds: tuple[int, ...]) -> None:
        self._link = link
        self._wire = wire
        self._session = session
        self._speeds = speeds

    def find(self) -> None:
        """Open the port and greet: with patience at the present speed, once and quickly at each of the others.

        Raises DeviceError (code 13) at once for a wrong password: somebody has understood. Otherwise as `find_speed`.
        """
        self._find(_GREETINGS, VFY_PWD.deadline)

    def restart(self) -> None:
        """SoftRst, and whatever speed the module has then; its parameters are learnt anew.

        The module says 55 when it hears again. That byte gets lost like any other, so the module is greeted until it answers.
        """
        self._session.exchange(SOFT_RST)
        self._find(_REVEILLES, _GLANCE)
        self._session.learn()

    def _find(self, times: int, seconds: float) -> None:
        find_speed(self._link, self._speeds, lambda: self._greet(times, seconds), lambda: self._greet(1, _GLANCE))

    def _greet(self, times: int, seconds: float) -> None:
        # After PACKET_ERROR, the greeting came damaged; a wrong password stays wrong.
        persist(lambda: self._shake_hands(seconds), times, excused=lambda refused: refused.code == PACKET_ERROR)

    def _shake_hands(self, seconds: float) -> None:
        with self._wire.within(seconds):
            self._session.verifyPassword()
