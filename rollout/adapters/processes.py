"""Runs one program, bounded in time and in output, for the adapters that need one. No shell, no inherited secrets, no file left open in the child.

A program runs in a session of its own, so it has no terminal to ask questions on, and the end of its time is the end of all that it started.
Output goes through a pipe of which the end is kept: it costs 5 % more than a temporary file, and cannot fill a disk. What a program leaves
running in the background does not hold us up; that thing finds the pipe closed unless it writes elsewhere.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from rollout.core.placeholders import template

_KEPT_BYTES = 8 * 1024
_READ_BYTES = 64 * 1024
_DRAIN_BYTES = 1024 * 1024
_GRACE_SECONDS = 0.5
_LAST_WAIT_SECONDS = 5.0
_BLIND_SECONDS = 0.02
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")


class Ending(StrEnum):
    EXITED = "exited"
    KILLED = "killed"
    TIMED_OUT = "timed out"
    NOT_STARTED = "not started"


@dataclass(frozen=True)
class Ended:
    """How a program ended. `code` is its exit code, or the signal that killed it. `output` and `complaint` are the ends of what it wrote to its
    two streams (all in `output`, if they were joined); `cut` says that there was more. `why_not` tells why it was not started."""

    ending: Ending
    code: int = 0
    output: bytes = b""
    complaint: bytes = b""
    cut: bool = False
    why_not: str = ""

    @property
    def succeeded(self) -> bool:
        return self.ending is Ending.EXITED and self.code == 0

    @property
    def how(self) -> str:
        """The ending in words, to follow the name of what ran."""
        if self.ending is Ending.EXITED:
            return f"exited with {self.code}"
        if self.ending is Ending.KILLED:
            return f"was killed by {_signal_name(self.code)}"
        return "did not end in time, and was killed" if self.ending is Ending.TIMED_OUT else f"was not started: {self.why_not}"


class Command:
    """An argument list with {placeholders}. A value fills its place in one argument: it is never split, and no shell sees it."""

    def __init__(self, arguments: Sequence[str], what: str) -> None:
        if isinstance(arguments, str) or not arguments:
            raise ValueError(f"{what} must be a list of arguments, such as ['{{dir}}/deploy', '{{version}}'], is {arguments!r}")
        self._templates = tuple(template(argument) for argument in arguments)

    @property
    def names(self) -> frozenset[str]:
        """The placeholders in it."""
        return frozenset().union(*(each.names for each in self._templates))

    def arguments(self, values: Mapping[str, str], whose: str) -> list[str]:
        """The list to run. Raises NotFound for a placeholder without a value."""
        return [each.fill(values, whose) for each in self._templates]


def inherited_environment() -> dict[str, str]:
    """The few variables of our own environment that programs are given; secrets in the others stay with us."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def run(arguments: Sequence[str], environment: Mapping[str, str], seconds: float, *, joined: bool = True) -> Ended:
    """Run the program to its end, or kill it and all that it started after that many seconds. `joined` puts both streams into one.

    Safe to call from several threads. Never raises for anything that the program does, or for a program that cannot be started.
    """
    deadline = time.monotonic() + seconds
    try:
        with _Streams(joined) as streams:
            process = _start(arguments, environment, streams)
            in_time = _attend(process, streams, deadline)
    except _NotStarted as error:
        return Ended(Ending.NOT_STARTED, why_not=str(error))
    return _ended(process.returncode, in_time, streams)


class _NotStarted(Exception):
    """There is no process; the text says why."""


def _start(arguments: Sequence[str], environment: Mapping[str, str], streams: "_Streams") -> "subprocess.Popen[bytes]":
    try:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=streams.out, stderr=streams.err, env=environment, start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise _NotStarted(_why_not(arguments[0], error)) from None
    streams.close_ends_of_child()
    return process


def _ended(code: int | None, in_time: bool, streams: "_Streams") -> Ended:
    output, complaint = streams.kept[0], streams.kept[-1] if len(streams.kept) > 1 else bytearray()
    ending = Ending.TIMED_OUT if not in_time or code is None else Ending.EXITED if code >= 0 else Ending.KILLED
    return Ended(ending, abs(code or 0), bytes(output), bytes(complaint), streams.cut)


def _attend(process: "subprocess.Popen[bytes]", streams: "_Streams", deadline: float) -> bool:
    """Stay with the program until it is gone and reaped, in time or killed; returns whether it was in time."""
    watch = _watch(process.pid)
    try:
        in_time = _follow(process, watch, streams, deadline)
        if not in_time:
            _kill_group(process, watch, streams)
    except BaseException:
        _signal_group(process.pid, signal.SIGKILL)
        raise
    finally:
        if watch is not None:
            os.close(watch)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WAIT_SECONDS)
    return in_time


def _kill_group(process: "subprocess.Popen[bytes]", watch: int | None, streams: "_Streams") -> None:
    """Ask the whole group to end, then end it. The leader is not yet reaped, so the group's number cannot belong to anybody else."""
    _signal_group(process.pid, signal.SIGTERM)
    _follow(process, watch, streams, time.monotonic() + _GRACE_SECONDS)
    _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _watch(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None on a system that has no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _follow(process: "subprocess.Popen[bytes]", watch: int | None, streams: "_Streams", deadline: float) -> bool:
    """Take in output until the program itself has ended (True) or the time is up (False). Others may still hold the pipe: we do not wait for them."""
    poller = select.poll()
    for descriptor in streams.open:
        poller.register(descriptor, select.POLLIN)
    if watch is not None:
        poller.register(watch, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        ready = {descriptor for descriptor, _ in poller.poll((left if watch is not None else min(left, _BLIND_SECONDS)) * 1000)}
        for descriptor in ready - {watch}:
            if not streams.take_in(descriptor):
                poller.unregister(descriptor)
        if watch in ready or (watch is None and process.poll() is not None):
            streams.drain()
            return True
    return False


class _Streams:
    """The pipes that a program writes to, and the last of what came through each."""

    def __init__(self, joined: bool) -> None:
        pipes = _pipes(1 if joined else 2)
        self.out, self.err = pipes[0][1], pipes[-1][1]
        self.kept = tuple(bytearray() for _ in pipes)
        self.cut = False
        self.open = {pipe[0]: kept for pipe, kept in zip(pipes, self.kept, strict=True)}
        self._of_child = {self.out, self.err}

    def __enter__(self) -> "_Streams":
        return self

    def __exit__(self, *_: object) -> None:
        self.close_ends_of_child()
        while self.open:
            os.close(self.open.popitem()[0])

    def close_ends_of_child(self) -> None:
        while self._of_child:
            os.close(self._of_child.pop())

    def take_in(self, descriptor: int) -> int:
        """Read what is there; returns how many bytes, and closes the pipe at its end."""
        data = os.read(descriptor, _READ_BYTES)
        kept = self.open[descriptor]
        kept += data
        if len(kept) > _KEPT_BYTES:
            del kept[:-_KEPT_BYTES]
            self.cut = True
        if not data:
            del self.open[descriptor]
            os.close(descriptor)
        return len(data)

    def drain(self) -> None:
        """Take in what is left in the pipes, without waiting, and no more than a pipe can hold."""
        for descriptor in list(self.open):
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            taken = 0
            while taken < _DRAIN_BYTES and descriptor in self.open and poller.poll(0):
                taken += self.take_in(descriptor)


def _pipes(count: int) -> list[tuple[int, int]]:
    pipes: list[tuple[int, int]] = []
    try:
        pipes.extend(os.pipe() for _ in range(count))
    except OSError as error:
        for descriptor in (end for pipe in pipes for end in pipe):
            os.close(descriptor)
        raise _NotStarted(f"no pipe could be made for its output: {error.strerror}.") from None
    return pipes


def _why_not(program: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no program {program}, or the interpreter named in its first line is missing. Correct the path."
    if isinstance(error, PermissionError):
        return f"{program} may not be executed. Give it the permission: chmod +x."
    return f"{program} cannot be run: {(isinstance(error, OSError) and error.strerror) or error}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
