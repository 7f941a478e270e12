"""The example of docs/drivers.md: installed as an installer would, found by its entry points, and held to the same contract."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "kiosk-scanner-example"
SUITE = ("test_sound_lines.py", "test_faulty_lines.py", "test_unplugged.py")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python that has the example beside the kiosk."""
    folder = tmp_path_factory.mktemp("example")
    # A copy, so that nothing is built into the tree.
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(folder / "target"), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return kept | {"PYTHONPATH": str(folder / "target"), "PYTHONDONTWRITEBYTECODE": "1"}


def run(installed: dict[str, str], *arguments: str, **extra: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=installed | extra,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_kiosk_knows_driver_and_emulator_by_their_entry_points(installed: dict[str, str]) -> None:
    script = "import drivers; print(*drivers.scanner_families()); print(*drivers.emulator_models())"
    families, models = run(installed, "-c", script).splitlines()
    assert "example" in families.split()
    assert "example" in models.split()


def test_the_example_is_found_by_discovery(installed: dict[str, str], tmp_path: Path) -> None:
    script = (
        "import sys, drivers\n"
        "with drivers.start_emulator('example', link=sys.argv[1], instant=True):\n"
        "    found = drivers.probe(sys.argv[1], quick=True, deadline_scale=0.1)\n"
        "print(found.family, found.info.model)\n"
    )
    assert run(installed, "-c", script, str(tmp_path / "scanner")) == "example Example-100\n"


def test_the_example_keeps_the_contract(installed: dict[str, str]) -> None:
    suite = [f"tests/drivers/contract/{name}" for name in SUITE]
    options = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "--timeout", "30"]
    shown = run(installed, "-m", "pytest", *options, *suite, CONTRACT_MODELS="example")
    assert " passed" in shown
    assert "failed" not in shown
