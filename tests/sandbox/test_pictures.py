import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_manual_shows_every_picture_and_all_are_small() -> None:
    """After a change that people can see: `python docs/sandbox/make.py`, and look at what it drew."""
    named = set(re.findall(r"\]\(sandbox/([a-z]+\.png)\)", (DOCS / "sandbox.md").read_text(encoding="utf-8")))
    assert named == {path.name for path in (DOCS / "sandbox").glob("*.png")}
    assert all(f'"{name}"' in (DOCS / "sandbox" / "make.py").read_text(encoding="utf-8") for name in named)
    assert all((DOCS / "sandbox" / name).stat().st_size < 150_000 for name in named)
