"""One client installation as a folder: what is installed, the scripts that deploy and probe it, and the faults that it has been given.

VERSION                   what is installed; absent if nothing is
acts                      `moment version key`, a line for every deployment that took effect: counted here, not believed
deploy version healthy    the scripts, the same for all
sick, sick.VERSION        makes it unhealthy, always or while it runs that version; holds the reason
fail-deploy               makes deployments fail; holds what they say
slow                      seconds that a deployment takes
lose-answer               deployments happen, and are never reported: the script is killed after the act
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from rollout.core.values import Moment, Value, Version

SCRIPTS = {
    "deploy": r"""#!/bin/sh
# deploy VERSION [KEY]: the key may also come as ROLLOUT_KEY
cd "${0%/*}" || exit 1
version=$1 key=${2:-${ROLLOUT_KEY:--}}
if [ -e slow ]; then read -r seconds < slow; sleep "$seconds"; fi
if [ -e fail-deploy ]; then cat fail-deploy >&2; exit 1; fi
printf '%s\n' "$version" > "VERSION.$$" && mv -f "VERSION.$$" VERSION || exit 1
printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$version" "$key" >> acts
if [ -e lose-answer ]; then kill -9 $$; fi
echo "runs $version"
""",
    "version": r"""#!/bin/sh
cd "${0%/*}" || exit 1
if [ -e VERSION ]; then read -r version < VERSION; printf '%s\n' "$version"; fi
""",
    "healthy": r"""#!/bin/sh
cd "${0%/*}" || exit 1
version=
if [ -e VERSION ]; then read -r version < VERSION; fi
for note in sick "sick.$version"; do
    if [ -e "$note" ]; then cat "$note"; exit 1; fi
done
if [ -z "$version" ]; then echo "nothing is installed"; exit 1; fi
echo "ok, runs $version"
""",
}


class Act(Value):
    """A deployment that took effect."""

    at: Moment
    version: Version
    key: str


class InstallationFolder:
    """The folder of one installation. Holds no state of its own: several of these, and the scripts, see the same."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self, scripts: Path, version: Version | None) -> None:
        """Create the folder with links to the scripts and, unless None, that version installed."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name in SCRIPTS:
            link = self.path / name
            if not link.is_symlink():
                link.symlink_to(os.path.relpath(scripts / name, self.path))
        if version is not None:
            self.note("VERSION", version)

    @property
    def version(self) -> Version | None:
        """What is installed."""
        text = self._read("VERSION")
        return Version(text.strip()) if text else None

    @property
    def acts(self) -> tuple[Act, ...]:
        """Every deployment that took effect, in order."""
        return tuple(_act(line) for line in (self._read("acts") or "").splitlines())

    @property
    def why_sick(self) -> str | None:
        """Why it is unhealthy now; None if it is not."""
        for name in ("sick", f"sick.{self.version}"):
            if (text := self._read(name)) is not None:
                return text.strip()
        return None if self.version else "nothing is installed"

    def note(self, name: str, text: str) -> None:
        """Write one of the files that steer it, in one step."""
        draft = self.path / f".{name}.{os.getpid()}"
        draft.write_text(f"{text}\n", encoding="utf-8")
        draft.replace(self.path / name)

    def forget(self, *names: str) -> None:
        """Remove files that steer it; a name may be a pattern."""
        for name in names:
            for path in self.path.glob(name):
                path.unlink(missing_ok=True)

    def _read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None


def write_scripts(folder: Path) -> None:
    """Put the scripts there, executable, unless they are there already."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in SCRIPTS.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            draft = folder / f".{name}.{os.getpid()}"
            draft.write_text(text, encoding="utf-8")
            draft.chmod(0o755)
            draft.replace(path)


def _act(line: str) -> Act:
    at, version, key = line.split(" ", 2)
    return Act(at=datetime.fromisoformat(at).astimezone(UTC), version=Version(version), key=key)
