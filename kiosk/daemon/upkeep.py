"""The templates' upkeep: the key they lie under, and bringing them to a new one."""

import logging

from kiosk.config import TemplateSettings
from kiosk.sealing import KeyFileError, TemplateKeys, read_keys
from kiosk.station import Vault
from kiosk.store import Store

log = logging.getLogger(__name__)

REST_S = 3600.0
NO_KEY = (
    "no template key: fingers are kept on the scanners alone, and a broken scanner costs everybody a new enrolment. "
    "Make one: kiosk key new FOLDER"
)

UNOPENED = "%d copies of fingers cannot be opened: the key that they lie under is not here"


class Upkeep:
    """`vault` for the stations, and `step` for a worker."""

    def __init__(self, settings: TemplateSettings, store: Store) -> None:
        self._no_keys = ""
        self._changed = 0
        keep = settings.keep == "store"
        self.vault = Vault(store, self._keys(settings.credentials) if keep else None, keep=keep)
        if self._no_keys:
            log.warning("%s", self._no_keys)

    @property
    def trouble(self) -> str:
        """In plain words, why copies that should be kept are not, or are of no use; empty if all is well."""
        lost = self.vault.unopened
        return self._no_keys or (UNOPENED % lost if lost else "")

    def step(self) -> float:
        """Do a part of what a change of keys or of `keep` asks for."""
        looked_at = self.vault.tidy()
        self._changed += looked_at
        if looked_at:
            return 0.0
        if self._changed:
            opened = self._changed - self.vault.unopened
            log.info(
                "%d copies of fingers brought under the present key or rule; the old key is not needed any more", opened
            )
            self._changed = 0
        if self.vault.unopened:
            log.error(UNOPENED, self.vault.unopened)
        return REST_S

    def _keys(self, folder: str) -> TemplateKeys | None:
        try:
            keys = read_keys(folder)
        except KeyFileError as error:
            self._no_keys = f"{error}. {error.cure}"
            return None
        if keys is None:
            self._no_keys = NO_KEY
        return keys
