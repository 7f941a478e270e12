"""The store's copies of what scanners hold: sealed on the way in, opened on the way out, and the digests that slots are proven by."""

import logging
import secrets
from collections.abc import Sequence

import msgspec

from drivers import Template
from kiosk.errors import KioskError
from kiosk.models import Finger, FingerState, SealedTemplate
from kiosk.sealing import SealError, TemplateKeys, digest
from kiosk.store import Store
from kiosk.views import Restored, SealedFinger

log = logging.getLogger(__name__)

_SALT = "template-digest-salt"
_SALT_BYTES = 32
_ID_BYTES = 8
BATCH = 100
"""Copies that `tidy` looks at in one go."""


class BackupError(KioskError):
    """A finger of a backup cannot be taken in."""


class _Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup's record holds when it is opened."""

    finger: Finger
    model: str
    data: bytes


class Vault:
    """Keeps copies in `store` under `keys`; without keys, or with `keep` off, none, and no scanner can be filled again.

    `unopened` counts the copies that `tidy` met and could not open: their key is not here.
    """

    def __init__(self, store: Store, keys: TemplateKeys | None, *, keep: bool = True) -> None:
        self._store = store
        self._keys = keys if keep else None
        self._keep = keep
        self.unopened = 0
        self._salt = _salt(store)
        self.kiosk_id = digest(self._salt, b"this kiosk")[:_ID_BYTES]

    @property
    def keeps(self) -> bool:
        """Whether copies are kept here, so that a scanner's library can be made anew."""
        return self._keys is not None

    def digest(self, template: Template) -> bytes:
        """What a slot with this content is proven by."""
        return digest(self._salt, template.data)

    def whose(self, template: Template) -> Finger | None:
        """The enrolled finger that `template` was taken from, at whatever station; None if it is nobody's here."""
        found = self.digest(template)
        finger_id = self._store.slots.with_digest(found) or self._store.templates.with_digest(template.model, found)
        finger = None if finger_id is None else self._store.fingers.get(finger_id)
        return finger if finger is not None and finger.state is FingerState.ENROLLED else None

    def keep(self, finger: Finger, template: Template, *, enrolled: bool = False) -> None:
        """Put a copy of the finger into the store, unless none are kept, or there is one that can be opened.

        One that was `enrolled` just now takes the place of any other for its model: that one does not fit the scanner that is here.
        """
        if self._keys is not None and (enrolled or finger.id not in self.restorable(template.model, None)):
            self._put(self._keys, finger, template)

    def fetch(self, finger: Finger, model: str) -> Template | None:
        """The finger's template for scanners of `model`; None if none is kept, or it cannot be opened (then the journal says why)."""
        kept = self._store.templates.get(finger.id, model)
        if kept is None or self._keys is None:
            return None
        try:
            data = self._keys.open(
                kept.sealed, key_id=kept.key_id, finger_id=finger.id, member_uid=finger.member_uid, model=model
            )
        except SealError as error:
            log.error("%s", error)
            return None
        return Template(model, data)

    def restorable(self, model: str, size: int | None) -> set[str]:
        """The ids of fingers with a copy for such a scanner, under a key that is here."""
        return set() if self._keys is None else self._store.templates.restorable(model, size, self._keys.ids)

    def has(self, finger_id: str) -> bool:
        """Whether there is a copy of the finger, for scanners of whichever model, under a key that is here."""
        ids = frozenset[str]() if self._keys is None else self._keys.ids
        return any(kept.key_id in ids for kept in self._store.templates.of_finger(finger_id))

    def tidy(self) -> int:
        """Bring copies under the present rule, some at a time: sealed anew after a change of keys, or dropped if none are to be kept.

        Returns how many were looked at; 0 means that nothing is left to do, except for those that cannot be opened.
        """
        if self._keys is None:
            return 0 if self._keep else self._store.templates.forget_all()
        batch = self._store.templates.sealed_under_other_keys(self._keys.key_id, BATCH, self.unopened)
        for kept in batch:
            finger = self._store.fingers.get(kept.finger_id)
            template = None if finger is None else self.fetch(finger, kept.model)
            if finger is None or template is None:
                self.unopened += 1
            else:
                self._put(self._keys, finger, template)
        return len(batch)

    def backup(self, after: str, limit: int) -> list[SealedFinger]:
        """A page of all copies, behind the place `after` of the last one of the page before, for a file that may leave the kiosk."""
        if self._keys is None:
            return []
        finger_id, _, model = after.partition(" ")
        place = (finger_id, model)
        while page := self._store.templates.page(place, limit):
            readable = [record for kept in page if (record := self._record(self._keys, kept)) is not None]
            if readable:
                return readable
            place = (page[-1].finger_id, page[-1].model)  # an empty answer means that nothing is behind it
        return []

    def restore(self, fingers: Sequence[SealedFinger]) -> Restored:
        """Take in what a backup holds, of this kiosk or of another one with the same key; what is known already stays as it is."""
        added, known, refused = 0, 0, []
        for each in fingers:
            try:
                new = self._take_in(each)
            except KioskError as error:
                refused.append(str(error))
            else:
                added, known = added + new, known + (not new)
        return Restored(added, known, refused)

    def _record(self, keys: TemplateKeys, kept: SealedTemplate) -> SealedFinger | None:
        finger = self._store.fingers.get(kept.finger_id)
        template = None if finger is None else self.fetch(finger, kept.model)
        if finger is None or template is None:
            return None
        place = f"{finger.id} {kept.model}"
        saved = msgspec.json.encode(_Saved(finger, kept.model, template.data))
        key_id, sealed = keys.seal(saved, finger_id=place, member_uid="", model="backup")
        return SealedFinger(place, key_id, sealed)

    def _take_in(self, each: SealedFinger) -> bool:
        assert self._keys is not None  # noqa: S101  for the type checker: whoever calls has looked at `keeps`
        opened = self._keys.open(each.sealed, key_id=each.key_id, finger_id=each.place, member_uid="", model="backup")
        saved = msgspec.json.decode(opened, type=_Saved)
        finger = saved.finger
        if self._store.members.get(finger.member_uid) is None:
            raise BackupError(f"no member has the uid {finger.member_uid}: wait for the roster, and restore again")
        present = self._store.fingers.named(finger.member_uid, finger.name)
        if present is not None and (present.id != finger.id or finger.id in self.restorable(saved.model, None)):
            return False
        with self._store.atomic():
            if present is None:
                self._store.fingers.begin(finger)
                self._store.fingers.confirm(finger.id)
            self._put(self._keys, finger, Template(saved.model, saved.data))
        return True

    def _put(self, keys: TemplateKeys, finger: Finger, template: Template) -> None:
        key_id, sealed = keys.seal(
            template.data, finger_id=finger.id, member_uid=finger.member_uid, model=template.model
        )
        size, found = len(template.data), self.digest(template)
        self._store.templates.put(SealedTemplate(finger.id, template.model, size, found, key_id, sealed))


def _salt(store: Store) -> bytes:
    known = store.notes.get(_SALT)
    if known is None:
        known = secrets.token_hex(_SALT_BYTES)
        store.notes.put(_SALT, known)
    return bytes.fromhex(known)
