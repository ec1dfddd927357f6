"""rollout publish"""

import json
import shutil
from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.cli.app import run
from rollout.steps.init import init


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A new workspace."""
    init(StarterFiles(), tmp_path)
    shutil.copy(migrated_sqlite, tmp_path / "ledger.sqlite")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    """What `rollout` prints on standard output and on standard error."""
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == status
    return tuple(capsys.readouterr())


def test_it_says_where_the_page_is_and_then_that_nothing_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = (folder / "site" / "index.html").as_uri()
    for words in (["would be published."], ["published:", f"  {place}"], ["is as it was published:", f"  {place}"]):
        printed, _ = told(capsys, "-C", str(folder), "publish", *(["--dry-run"] if "would" in words[0] else []))
        assert printed.splitlines() == [f"The Upcoming Release page {words[0]}", *words[1:]]


def test_json_has_everything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, "-C", str(folder), "publish", "--json")[0])
    assert len(found.pop("digest")) == 64
    assert found == {"changed": True, "places": [(folder / "site" / "index.html").as_uri()], "problems": [], "remarks": []}


def test_a_problem_is_one_line_and_exit_status_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("by hand")
    assert told(capsys, "-C", str(folder), "publish", status=1)[1] == (
        f"problem: site: folder: index.html in {folder}/site was not written by rollout, and is not replaced. Move it away, or publish elsewhere.\n"
    )


def test_without_a_place_it_says_how_to_get_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = (folder / "rollout.yaml").read_text().replace("publish:\n- {name: site, type: folder, path: site}", "publish: []")
    (folder / "rollout.yaml").write_text(settings)
    assert told(capsys, "-C", str(folder), "publish")[0].startswith("There is no place to publish to. Add one to rollout.yaml: publish:")
