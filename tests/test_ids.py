import threading
import uuid

import pytest

from kiosk import ids
from kiosk.ids import derived, uuid7


@pytest.fixture(autouse=True)
def _from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_latest", 0)


def test_the_time_and_the_layout_are_those_of_rfc_9562() -> None:
    made = uuid.UUID(uuid7(1_764_000_000_123_456))
    assert made.int >> 80 == 1_764_000_000_123
    assert made.int >> 64 & 0xFFF == 456 * 4096 // 1000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ids_sort_as_they_were_made_whatever_the_clock_does() -> None:
    times = [5_000_000, 5_000_000, 5_000_001, 4_000_000, 0, -3, 6_000_000]
    made = [uuid7(utc_us) for utc_us in times for _ in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_get_the_same_id() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(uuid7(7) for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000


def test_a_derived_id_is_certain_and_stands_beside_its_parent() -> None:
    first, second = uuid7(1_764_000_000_123_456), uuid7(1_764_000_000_123_456)
    made = uuid.UUID(derived(first, "sms"))
    assert str(made) == derived(first, "sms")
    assert made.int >> 64 == uuid.UUID(first).int >> 64
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert len({first, second, derived(first, "sms"), derived(second, "sms"), derived(first, "other")}) == 5
