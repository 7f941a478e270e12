"""`kiosk key`: the key that copies of fingers are encrypted with."""

from pathlib import Path

import click

from kiosk.sealing import OLD_KEY_FILE, new_key


@click.group()
def key() -> None:
    """Make and change the key that copies of fingers are encrypted with."""


@key.command(epilog="Example: kiosk key new /etc/kiosk/credentials")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def new(folder: Path) -> None:
    """Write a fresh random key into FOLDER, readable by its owner alone; a key that is there becomes the old one.

    Restart the kiosk afterwards: it brings all copies under the new key by itself, and then needs the old one no more. Keep a copy
    of the key away from the kiosk: without it, no backup can be read.
    """
    path = new_key(folder)
    click.echo(f"{path} written. Restart the kiosk to use it.")
    if (folder / OLD_KEY_FILE).exists():
        click.echo(f"Delete {folder / OLD_KEY_FILE} when the journal says that the old key is not needed any more.")
