"""What is shipped: both packages with their data, locks without registries, documentation that keeps up."""

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from kiosk import config
from kiosk.cli import COMMANDS, cli

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(target), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=100,
    )
    [built] = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_has_both_packages_with_all_modules_and_data(wheel: set[str]) -> None:
    tracked = {
        str(path.relative_to(ROOT))
        for package in ("kiosk", "drivers")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert tracked <= wheel
    assert "kiosk/screen/kiosk.tcss" in wheel
    assert {f"kiosk/sandbox/page/{name}" for name in ("index.html", "page.js", "page.css", "icon.svg")} <= wheel
    assert not any(name.startswith(("tests", "benchmarks")) for name in wheel)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock", "requirements-dev.lock"])
def test_locks_pin_and_hash_everything_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+( ;.*)? \\$", entry), entry


def test_the_wheels_licence_is_the_one_of_the_file() -> None:
    assert "Version 3, 29 June 2007" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "GPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    documented = set(
        re.findall(r"`([a-z]+\.[a-z_]+)`", (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8"))
    )
    for section in msgspec.structs.fields(config.Settings):
        model = {"station": config.Station, "shift": config.ShiftSettings}.get(section.name, section.type)
        for field in msgspec.structs.fields(model):
            assert f"{section.name}.{field.name}" in documented


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "--help"])
    assert shown.exit_code == 0
    leaf = shown.output
    if "COMMAND" in shown.output.splitlines()[0]:
        first = shown.output.split("Commands:")[1].split()[0]
        leaf = CliRunner().invoke(cli, [command, first, "--help"]).output
    assert "Example: kiosk" in leaf


def test_T002_nothing_that_the_daemon_loads_can_start_another_program() -> None:
    for package in ("station", "delivery", "alerts", "control", "daemon", "store", "kemru", "attendance"):
        for path in (ROOT / "kiosk" / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not {"subprocess", "pty", "multiprocessing"} & set(names), path
                if isinstance(node, ast.Attribute):
                    assert node.attr not in {"system", "popen", "fork", "execv", "posix_spawn"}, path


def test_the_house_is_drawn_once_and_the_readme_follows() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for package in (path.name for path in (ROOT / "kiosk").iterdir() if path.is_dir() and path.name != "__pycache__"):
        assert f"  {package}/" in readme, package
    assert "make demo" in readme
    assert "make test" in readme
