"""Whether the module is still the one that was opened, and has not restarted since: for the price of one handshake."""

from drivers.errors import DeviceError
from drivers.zfm.commands import CURES, PASSWORD_NEEDED, READ_SYS_PARA, Profile
from drivers.zfm.session import Session


class Health:
    """What a module of `profile` said when it was opened, to be held against what it says later.

    A module with a password of its own asks for it again after a restart, and ReadSysPara's status word shows whether it was verified
    since the start. With the factory's password neither is certain; a module with other parameters is noticed in any case.
    """

    def __init__(self, session: Session, profile: Profile) -> None:
        self.profile = profile
        self._session = session
        self._tells = READ_SYS_PARA.code in profile.commands
        self._restarts = session.restarts
        self._opened = session.getSystemParameters()
        self._verified = session.verified

    def check(self) -> None:
        """One exchange. Raises DeviceError (code 21) if the module restarted or is another one, and whatever else a handshake raises."""
        if not self._tells:
            self._session.verifyPassword()
        elif self._session.learn()[1:] != self._opened[1:] or self._verified > self._session.verified:
            raise self._changed()
        if self._session.restarts != self._restarts:
            raise self._changed()

    def _changed(self) -> DeviceError:
        message = f"{self.profile.model} restarted since it was opened, or was exchanged"
        return DeviceError(message, command="ReadSysPara", code=PASSWORD_NEEDED, cure=CURES[PASSWORD_NEEDED])
