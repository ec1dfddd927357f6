"""Publishes into a folder, as a web server or a synchroniser finds it there. Never leaves half a file, and touches no file of anybody else's."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rollout.adapters.publishers.manifest import MANIFEST, check_names, listed, names_in, refuse_foreign
from rollout.errors import Unauthorized, Unreachable

_SYSTEM = "folder"
_NEW = ".rollout-new"


class FolderPublisher:
    """A `Publisher` port. The folder is made if there is none. A killed process leaves old and new files, each whole, and the next call goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def publish(self, files: Mapping[str, str], why: str) -> str:  # noqa: ARG002 (a folder has no place for the why)
        """Bring the folder to these files: nothing is written that is the same already, and only own files that are not among them go.

        Raises BadAnswer where a foreign file is in the way, Unauthorized, and Unreachable if it may work later."""
        check_names(_SYSTEM, files)
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with _locked(self._path):
                self._bring(files)
        except PermissionError as error:
            raise Unauthorized(_SYSTEM, f"{error.filename or self._path} may not be written. Give this account the right to.") from None
        except OSError as error:
            raise Unreachable(_SYSTEM, f"{error.filename or self._path} cannot be written: {error.strerror}") from None
        return (self._path.resolve() / "index.html" if "index.html" in files else self._path.resolve()).as_uri()

    def _bring(self, files: Mapping[str, str]) -> None:
        manifest = _read(self._path / MANIFEST)
        own = names_in((manifest or b"").decode(errors="replace"))
        refuse_foreign(_SYSTEM, str(self._path), {name for name in files if os.path.lexists(self._path / name)}, files, own)
        wanted = {name: text.encode() for name, text in files.items()}
        differing = {name: content for name, content in wanted.items() if _read(self._path / name) != content}
        gone = own - files.keys()
        if manifest == listed(files).encode() and not differing:
            return
        self._put({MANIFEST: listed(own | files.keys()).encode()})  # first: what a killed process has written is known as ours
        self._put(differing)
        for name in gone:
            (self._path / name).unlink(missing_ok=True)
            _beside(self._path / name).unlink(missing_ok=True)  # as a killed process may have left it
        self._put({MANIFEST: listed(files).encode()})
        _sync(self._path)

    def _put(self, contents: Mapping[str, bytes]) -> None:
        """Write all of them beside their places, then put them there."""
        places = [self._path / name for name in contents]
        for place, content in zip(places, contents.values(), strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(_beside(place), content)
        for place in places:
            _beside(place).replace(place)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One publisher at a time. Raises Unreachable while another process is at it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Unreachable(_SYSTEM, f"another process is publishing to {folder} at this moment") from None
    finally:
        os.close(handle)


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}{_NEW}")


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    """Make the new names durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
