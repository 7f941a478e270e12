from pathlib import Path

import pytest

from kiosk import disk


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.draft").write_bytes(b"of an attempt that a power cut ended")
    disk.replace(path, b"one")
    path.chmod(0o644)
    disk.replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_folder_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk.replace(tmp_path / "nowhere" / "file", b"one")
    with pytest.raises(FileNotFoundError):
        disk.sync_folder(tmp_path / "nowhere")
