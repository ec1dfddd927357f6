"""Names the process that does the work, so that others can tell whether it still lives."""

import os
import socket
import subprocess
from functools import cache
from pathlib import Path


def owner() -> str:
    """This process: host, number, and start. A number is used again in time; with the start it names one process only."""
    return _name(os.getpid())


@cache
def _name(pid: int) -> str:
    """Kept by number: what a process knows, those that it forks know as well, and they are others."""
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def alive(name: str) -> bool | None:
    """Whether the named process runs: None for one of another host, or a name that is no process's."""
    host, _, process = name.partition(":")
    pid, _, start = process.partition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return None
    return _started(int(pid)) == start


def _started(pid: int) -> str:
    """When the process started, in the words of this machine; empty if there is no such process, or it is only waiting to be buried."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    except (OSError, ValueError):
        return ""
    return "" if state in "ZX" else rest[18]


def _started_by_ps(pid: int) -> str:
    """The same where there is no /proc; its colons are replaced, for they part the fields of an owner."""
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=10, check=False)
    return told.stdout.strip().replace(":", ".")
