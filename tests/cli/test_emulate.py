from click.testing import CliRunner

from drivers import emulator_models
from kiosk.cli.emulate import emulate


def test_help_lists_the_installed_models() -> None:
    told = CliRunner().invoke(emulate, ["--help"]).output
    assert "r503" in emulator_models()
    assert [model for model in emulator_models() if model not in told] == []


def test_a_forgotten_model_lists_them_too() -> None:
    refused = CliRunner().invoke(emulate, [])
    assert refused.exit_code == 2
    assert [model for model in emulator_models() if model not in refused.output] == []
