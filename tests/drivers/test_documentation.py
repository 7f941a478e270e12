"""docs/drivers.md says what is there, and what it shows can be run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import drivers
from drivers import Capability, Finding
from drivers.emulation.faults import FaultKind
from kiosk.cli import COMMANDS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "drivers.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs" / "examples" / "kiosk-scanner-example"


@pytest.mark.parametrize(
    "names",
    [
        [f"`{name}`" for name in (*drivers.scanner_families(), *drivers.emulator_models())],
        [f"`{flag.name}`" for flag in Capability],
        [f"`{kind}`" for kind in FaultKind],
        [str(finding) for finding in Finding],
    ],
    ids=["families and emulators", "capabilities", "faults", "findings"],
)
def test_everything_is_named(names: list[str]) -> None:
    assert len(names) > 5
    assert [name for name in names if name not in PAGE] == []


def test_the_commands_exist() -> None:
    shown = re.findall(r"^kiosk (\w+)", PAGE, re.MULTILINE)
    assert {"scanner", "emulate", "finger"} <= set(shown) <= set(COMMANDS)


def test_the_entry_points_are_those_of_the_example() -> None:
    shown = re.search(r'\[project\.entry-points\."kiosk\.scanners"\].*?```', PAGE, re.DOTALL)
    assert shown
    project = (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
    for line in shown[0].removesuffix("```").split("\n"):
        assert line in project
    for name in re.findall(r"kiosk_scanner_example/\w+\.py", PAGE):
        assert (EXAMPLE / name).is_file()


def test_the_line_of_the_wire_is_a_line_of_the_protocol() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from kiosk_scanner_example import wire\n"
        "assert wire.to_line(7, 'FIND').decode().strip() in wire.__doc__\n"
        "assert wire.from_line(b'7 FIND*0DD3') == (7, ['FIND'])\n"
        "assert wire.from_line(b'7 FIND*0DD4') is wire.from_line(b'*') is wire.from_line(b'') is None\n"
    )
    subprocess.run([sys.executable, "-B", "-c", script, str(EXAMPLE)], check=True, timeout=30)


def test_the_pythons_on_the_page_run(tmp_path: Path) -> None:
    looking, faults = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    with drivers.start_emulator("r503", link=tmp_path / "r503", instant=True):
        machine = tmp_path / "dev"
        machine.mkdir()
        (machine / "ttyUSB1").symlink_to(tmp_path / "r503")
        done = subprocess.run(
            [sys.executable, "-c", looking],
            env={"PATH": "", "KIOSK_DEV": str(machine), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("/dev/ttyUSB1 R503 None\n")
    before, _, after = faults.partition('drivers.emulator_request("scanner", ')
    subprocess.run([sys.executable, "-c", before], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True, timeout=30)
    with drivers.start_emulator("r307", link=tmp_path / "scanner", instant=True):
        subprocess.run(
            [sys.executable, "-c", f'import drivers\ndrivers.emulator_request("scanner", {after}'],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            check=True,
            timeout=30,
        )
    assert json.dumps(FaultKind.DEAF) in after
