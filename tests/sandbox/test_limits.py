from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kiosk.sandbox import DEMO_MERCHANT, Limits, SandboxServer
from kiosk.sandbox.limits import busiest, day_start, minute_start
from tests.support.platform import START, Hands, ask, sandbox, signed

FIELDS = {"MerchantID": DEMO_MERCHANT, "signature": signed(DEMO_MERCHANT)}


def knock(platform: SandboxServer) -> tuple[int, str | None]:
    status, headers, _ = ask(platform, "POST", "/api-link", FIELDS)
    return status, headers.get("retry-after")


def test_the_sixty_first_request_in_a_minute_also_after_a_restart(tmp_path: Path) -> None:
    clock = Hands(START + 12)
    with sandbox(tmp_path, limits=Limits(), clock=clock) as platform:
        assert [knock(platform)[0] for _ in range(30)] == [200] * 30
        platform.stop()
        platform.start()
        assert [knock(platform)[0] for _ in range(15)] == [200] * 15
    with sandbox(tmp_path, limits=Limits(), clock=clock) as platform:
        assert [knock(platform)[0] for _ in range(15)] == [200] * 15
        assert knock(platform) == (429, "48")
        clock.now = START + 59.5
        assert knock(platform) == (429, "1")
        clock.now = START + 60
        assert knock(platform)[0] == 200
        traffic = platform.state.traffic.summary(clock())
        assert traffic == {"minute": 1, "day": 61, "refused": 2, "total": 63, "busiest_minute": 63}


def test_the_five_thousand_and_first_request_of_a_day_also_after_a_restart(tmp_path: Path) -> None:
    clock = Hands()
    with sandbox(tmp_path, limits=Limits(per_minute=0), clock=clock) as platform:
        with platform.state.change():
            for number in range(4999):
                assert platform.state.traffic.admit("sandbox-api-key", "/api-link", START + number) is None
        clock.now = START + 5000
    with sandbox(tmp_path, limits=Limits(per_minute=0), clock=clock) as platform:
        assert knock(platform)[0] == 200
        status, wait = knock(platform)
        assert status == 429
        assert wait is not None
        midnight = clock.now + int(wait)
        assert midnight == day_start(START) + 86_400
        clock.now = midnight - 1
        assert knock(platform)[0] == 429
        clock.now = midnight
        assert knock(platform)[0] == 200


def test_the_platforms_day_begins_at_midnight_in_nairobi() -> None:
    assert START - day_start(START) == 10 * 3600
    assert day_start(day_start(START)) == day_start(START)
    assert day_start(START) - day_start(day_start(START) - 1) == 86_400
    assert minute_start(START + 59.9) == START


def test_zero_is_unlimited_and_wrong_keys_count_nothing(tmp_path: Path) -> None:
    with sandbox(tmp_path, clock=Hands()) as platform:
        assert all(knock(platform)[0] == 200 for _ in range(70))
        ask(platform, "POST", "/api-link", FIELDS, {"apiKey": "other"})
        assert platform.state.traffic.summary(START)["total"] == 70


@pytest.mark.parametrize(
    ("times", "most"), [([], 0), ([0.0], 1), ([0.0, 59.9, 60.0], 2), ([0.0, 1.0, 2.0, 61.5], 3), ([5.0] * 4, 4)]
)
def test_the_busiest_minute_is_any_sixty_seconds(times: list[float], most: int) -> None:
    assert busiest(times, 60.0) == most


def test_never_one_more_than_allowed_however_many_ask_at_once(tmp_path: Path) -> None:
    clock = Hands(START)
    with sandbox(tmp_path, limits=Limits(per_minute=60), clock=clock) as platform, ThreadPoolExecutor(8) as crowd:
        answers = [status for status, _ in crowd.map(lambda _: knock(platform), range(100))]
        assert (answers.count(200), answers.count(429)) == (60, 40)
