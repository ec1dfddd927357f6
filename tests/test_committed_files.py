"""What is committed works anywhere: no address of a package index, no path of one machine, a hash for every locked package."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.require import require

ROOT = Path(__file__).resolve().parents[1]
# Written in parts, so that this file does not hold what it looks for.
INDEXES = ("pypi" + ".org", "pypi" + ".python.org", "python" + "hosted.org", "test." + "pypi", "-index" + "-url", "UV_" + "INDEX", "PIP_" + "INDEX")
HOMES = tuple("/" + place + "/" for place in ("work", "root", "home/[a-z]+", "Users/[A-Za-z]+"))


@cache
def committed() -> tuple[Path, ...]:
    """Every file of the repository that is text."""
    require((ROOT / ".git").exists() and shutil.which("git"), "a git checkout")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, timeout=30, check=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file() and b"\0" not in path.read_bytes()[:4096])


def lines_with(pattern: str) -> list[str]:
    """Where the pattern stands in the committed files."""
    search = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:160]}"
        for path in committed()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if search.search(line)
    ]


def test_the_files_are_found() -> None:
    assert {ROOT / name for name in ("requirements.lock", "pyproject.toml", "Makefile", ".ci/run", "rollout/cli/app.py")} <= set(committed())


def test_no_file_names_a_package_index() -> None:
    told = [line for line in lines_with("|".join(map(re.escape, INDEXES))) if "--no-emit" not in line]
    assert told == []


def test_no_file_names_a_place_on_one_machine() -> None:
    assert lines_with(rf"(?<![\w.~-])(?:{'|'.join(HOMES)})") == []


# ── The lock ───────────────────────────────────────────────────────────────────────────────────────

LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(\[[^\]]*\])?==(\S+)")


def locked() -> dict[str, str]:
    """What the lock says of each package: its line and the lines that go on from it."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    return {found[1]: line for line in text.splitlines() if (found := LOCKED.match(line))}


def test_every_locked_package_has_a_hash() -> None:
    packages = locked()
    assert len(packages) > 100
    assert [name for name, line in packages.items() if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", line)] == []


def test_the_lock_holds_nothing_but_pinned_packages() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    assert [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#") and not LOCKED.match(line)] == []
    assert "://" not in text


@pytest.mark.parametrize(("name", "least", "below"), [("fastapi", (0, 139), (0, 151)), ("sqlalchemy", (2, 0), (2, 1)), ("prefect", (3, 8), (3, 9))])
def test_the_lock_keeps_prefect_with_what_works_with_it(name: str, least: tuple[int, int], below: tuple[int, int]) -> None:
    version = LOCKED.match(locked()[name])
    assert version is not None
    major, minor = map(int, version[3].split(".")[:2])
    assert least <= (major, minor) < below
