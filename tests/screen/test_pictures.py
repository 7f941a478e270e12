import runpy
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "docs" / "screens"


def test_the_manuals_pictures_show_the_screen_as_it_is(tmp_path: Path) -> None:
    """After a change that people can see: `python docs/screens/make.py`, and look at what it drew."""
    runpy.run_path(str(PICTURES / "make.py"))["main"](tmp_path)
    drawn = {each.name: each.read_text(encoding="utf-8") for each in tmp_path.iterdir()}
    assert sorted(drawn) == [
        "fault.svg",
        "finger.svg",
        "number.svg",
        "pin.svg",
        "ready.svg",
        "wait.svg",
        "welcome.svg",
    ]
    assert drawn == {each.name: each.read_text(encoding="utf-8") for each in PICTURES.glob("*.svg")}
    assert not any("https://cdn" in picture for picture in drawn.values()), "a picture fetches nothing"
