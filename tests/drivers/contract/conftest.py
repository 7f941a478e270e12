from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.support.contract import LIKE_ANOTHER, Bench, bench, models


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Everything here runs over every installed model, or over those that CONTRACT_MODELS names."""
    if "model" in metafunc.fixturenames:
        long = metafunc.module.__name__.endswith(("faulty_lines", "unplugged")) or "story" in metafunc.function.__name__
        metafunc.parametrize("model", [_marked(model, long=long) for model in models()])


def _marked(model: str, *, long: bool) -> ParameterSet:
    return pytest.param(model, marks=[pytest.mark.slow] if long and model in LIKE_ANOTHER else [])


@pytest.fixture
def stand(model: str, tmp_path: Path) -> Iterator[Bench]:
    with bench(model, tmp_path) as standing:
        yield standing
