"""`kiosk completion`: lets a shell complete commands, options and their choices."""

import click
from click.shell_completion import get_completion_class

from kiosk.errors import Exit, KioskError


class NoCompletionError(KioskError):
    """The shell cannot complete."""

    exit_code = Exit.UNAVAILABLE


@click.command(epilog="Example: kiosk completion fish > ~/.config/fish/completions/kiosk.fish")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete `kiosk`: its commands, options and choices.

    \b
    bash: eval "$(kiosk completion bash)"           in ~/.bashrc
    zsh:  eval "$(kiosk completion zsh)"            in ~/.zshrc
    fish: kiosk completion fish | source            in ~/.config/fish/config.fish
    """  # noqa: D301  click reads the backspace character itself
    kind = get_completion_class(shell)
    if kind is None:
        raise NoCompletionError(f"there is no completion for {shell}")
    try:
        click.echo(kind(click.get_current_context().find_root().command, {}, "kiosk", "_KIOSK_COMPLETE").source())
    except RuntimeError as error:  # what click makes of a bash older than 4.4
        raise NoCompletionError(str(error)) from error
