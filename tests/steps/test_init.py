"""A new workspace is written whole, or not at all."""

from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.errors import Refused, RolloutError
from rollout.steps.init import init


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_written_and_named(tmp_path: Path) -> None:
    names = init(StarterFiles(), tmp_path / "deep" / "workspace")
    assert files_in(tmp_path / "deep" / "workspace") == set(names)
    assert set(names) >= {"rollout.yaml", "clients.yaml", "people.yaml", "prefect.yaml", ".gitignore", "templates/README.md"}
    assert any(name.startswith("calendars/") for name in names)
    assert names[-1] == "rollout.yaml"


def test_a_folder_with_other_files_in_it_may_become_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("ours")
    init(StarterFiles(), tmp_path)
    assert (tmp_path / "README.md").read_text() == "ours"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "clients.yaml").write_text("ours")
    (tmp_path / "people.yaml").symlink_to("nowhere")
    with pytest.raises(Refused) as refused:
        init(StarterFiles(), tmp_path)
    assert str(refused.value) == (
        f"cannot make a workspace in {tmp_path}: it has clients.yaml, people.yaml already. Choose another folder, or move them away."
    )
    assert files_in(tmp_path) == {"clients.yaml"}
    assert (tmp_path / "clients.yaml").read_text() == "ours"


def test_a_file_that_appears_in_the_meantime_is_kept(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("ours")
    with pytest.raises(Refused, match=r"people\.yaml is there already; nothing is written over it"):
        StarterFiles().write(tmp_path)
    assert (tmp_path / "people.yaml").read_text() == "ours"
    assert not (tmp_path / "rollout.yaml").exists()


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert "rollout.yaml" in init(StarterFiles(), tmp_path / "workspace", dry_run=True)
    assert not (tmp_path / "workspace").exists()


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RolloutError, match="is no folder; a workspace needs one of its own"):
        init(StarterFiles(), tmp_path / "file")
    with pytest.raises(RolloutError, match=r"clients\.yaml cannot be written: Not a directory"):
        init(StarterFiles(), tmp_path / "file" / "workspace")


def test_no_line_of_the_starter_holds_a_secret() -> None:
    text = "\n".join(StarterFiles().files().values())
    assert "token: {env:" in text
    assert "/root" not in text
    assert "/home" not in text
