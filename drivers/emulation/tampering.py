"""What may be done to a sensor's library behind the host's back: by another program, a thief, or a careless technician."""

from drivers.emulation.device import Device


def wipe(device: Device) -> None:
    """Empty every slot."""
    for slot in device.templates():
        device.put(slot, None)


def shuffle(device: Device) -> None:
    """Give every used slot the template of the used slot before it, and the first one that of the last.

    Raises ValueError with fewer than two templates, of which none could move.
    """
    held = device.templates()
    slots = sorted(held)
    if len(slots) < 2:
        raise ValueError(f"{len(slots)} templates cannot change places")
    for slot, before in zip(slots, [slots[-1], *slots], strict=False):
        device.put(slot, held[before])


def plant(device: Device, slot: int, finger: str) -> None:
    """Put a template of the finger called `finger` into `slot`. Raises ValueError for a slot that the sensor does not have."""
    device.put(slot, device.make(finger))
