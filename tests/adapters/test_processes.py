"""Running a program: bounded in time and output, alone in its group, and nothing of ours in its hands."""

import fcntl
import os
import select
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.adapters.processes import Command, Ending, inherited_environment, run

ENVIRONMENT = {"PATH": os.defpath}
_pidfd_open = os.pidfd_open


def sh(script: str, seconds: float = 20, **given: bool):
    return run(["/bin/sh", "-c", script], ENVIRONMENT, seconds, **given)


def is_gone(pid: int) -> bool:
    """Whether the process has ended, or ends soon."""
    try:
        watch = _pidfd_open(pid)
    except ProcessLookupError:
        return True
    poller = select.poll()
    poller.register(watch, select.POLLIN)
    try:
        return bool(poller.poll(5000))
    finally:
        os.close(watch)


@pytest.fixture(params=["with pidfd", "without pidfd"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same machine, as it is and as one whose Python or kernel cannot watch a process by a descriptor."""
    if request.param == "without pidfd":
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    return request.param


def test_the_exit_code_and_both_streams_come_back(system: str) -> None:
    ended = sh("echo out; echo err >&2; exit 3")
    assert (ended.ending, ended.code, ended.output, ended.how) == (Ending.EXITED, 3, b"out\nerr\n", "exited with 3")
    apart = sh("echo out; echo err >&2", joined=False)
    assert (apart.succeeded, apart.output, apart.complaint) == (True, b"out\n", b"err\n")


def test_ten_megabytes_pass_and_the_end_is_kept(system: str) -> None:
    ended = sh("head -c 10000000 /dev/zero; echo the end")
    assert ended.succeeded
    assert ended.cut
    assert len(ended.output) <= 8192
    assert ended.output.endswith(b"\0the end\n")


# A program that stops whoever runs it, fills an enlarged pipe and ends; a helper, seeing it gone, lets the runner go on.
_LEAVES_A_FULL_PIPE = """
import fcntl, os, signal, subprocess
runner = os.getppid()
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.Popen(["/bin/sh", "-c", f"cat; kill -CONT {runner}"], stdin=subprocess.PIPE, **quiet)
fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1_000_000)
os.kill(runner, signal.SIGSTOP)
os.write(1, b"x" * 999_000 + b"the end")
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes cannot be enlarged here")
def test_what_a_program_left_in_the_pipe_is_kept() -> None:
    runner = "import os, sys; from rollout.adapters.processes import run; os.write(1, run([sys.executable, '-c', sys.argv[1]], {}, 20).output[-7:])"
    ended = run([sys.executable, "-c", runner, _LEAVES_A_FULL_PIPE], {**ENVIRONMENT, "PYTHONPATH": os.getcwd()}, 30)
    assert ended.output == b"the end"


def test_endless_output_ends_with_the_time(system: str) -> None:
    ended = sh("while :; do echo more; done", seconds=0.2)
    assert ended.ending is Ending.TIMED_OUT
    assert len(ended.output) <= 8192


def test_out_of_time_kills_all_that_the_program_started(tmp_path: Path, system: str) -> None:
    ended = sh(f"sleep 60 & echo $! > {tmp_path}/a; (sleep 60; echo never) & echo $! > {tmp_path}/b; echo begun; wait", seconds=0.3)
    assert (ended.ending, ended.output) == (Ending.TIMED_OUT, b"begun\n")
    assert all(is_gone(int((tmp_path / name).read_text())) for name in "ab")


def test_a_program_that_will_not_end_is_killed(system: str) -> None:
    ended = sh("trap '' TERM; echo begun; while :; do sleep 60; done", seconds=0.2)
    assert (ended.ending, ended.output) == (Ending.TIMED_OUT, b"begun\n")


def test_a_program_asked_to_end_may_say_a_last_word(system: str) -> None:
    ended = sh("trap 'echo cleaned up; exit 0' TERM; echo begun; sleep 60 & wait", seconds=0.3)
    assert (ended.ending, ended.output) == (Ending.TIMED_OUT, b"begun\ncleaned up\n")


def test_what_goes_on_in_the_background_holds_nobody_up_and_lives(tmp_path: Path, system: str) -> None:
    ended = sh(f"sleep 60 & echo $! > {tmp_path}/pid; echo done")
    pid = int((tmp_path / "pid").read_text())
    try:
        assert (ended.ending, ended.output) == (Ending.EXITED, b"done\n")
        os.kill(pid, 0)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_program_that_closes_its_output_is_still_waited_for(system: str) -> None:
    ended = sh("exec >&- 2>&-; sleep 0.1; exit 7")
    assert ended.code == 7


def test_a_killed_program_is_told_from_one_that_failed(system: str) -> None:
    ended = sh("kill -9 $$")
    assert (ended.ending, ended.code, ended.how) == (Ending.KILLED, signal.SIGKILL, "was killed by SIGKILL")


def test_a_program_has_no_input_and_no_terminal() -> None:
    assert sh("cat; [ -t 0 ] || echo no terminal; (: < /dev/tty) 2>/dev/null || echo none at all").output == b"no terminal\nnone at all\n"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_open_file_of_ours_reaches_the_program(tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        assert sh("ls /proc/$$/fd").output.split() in ([b"0", b"1", b"2"], [b"0", b"1", b"10", b"2"])  # some shells keep one for themselves


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_open_file_and_no_process_is_left_with_us(system: str) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(5):
        sh("echo one; exit 1", joined=False)
        run(["/no/such/program"], ENVIRONMENT, 5)
    sh("sleep 60", seconds=0.05)
    assert sorted(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_program_sees_the_given_environment_and_no_more() -> None:
    assert run(["/usr/bin/env"], {"ROLLOUT_KEY": "a b"}, 20).output == b"ROLLOUT_KEY=a b\n"


def test_secrets_of_our_environment_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLOUT_JIRA_TOKEN", "hunter22")
    monkeypatch.setenv("LANG", "C")
    assert inherited_environment()["LANG"] == "C"
    assert "ROLLOUT_JIRA_TOKEN" not in inherited_environment()


def test_without_a_path_the_usual_places_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")
    assert "PATH" not in inherited_environment()
    assert run(["true"], inherited_environment(), 20).succeeded


def test_a_program_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no program")
    (tmp_path / "odd").write_text("no program")
    (tmp_path / "odd").chmod(0o755)
    (tmp_path / "orphan").write_text("#!/no/such/interpreter\n")
    (tmp_path / "orphan").chmod(0o755)
    told = {name: run([str(tmp_path / name)], ENVIRONMENT, 5) for name in ("none", "data", "odd", "orphan", ".")}
    assert {ended.ending for ended in told.values()} == {Ending.NOT_STARTED}
    assert "there is no program" in told["none"].how
    assert "chmod +x" in told["data"].how
    assert "Exec format error" in told["odd"].how
    assert "the interpreter named in its first line is missing" in told["orphan"].how
    assert "chmod +x" in told["."].how


@pytest.mark.parametrize("argument", ["nul\0byte", "\ud800", "x" * 3_000_000])
def test_an_argument_that_no_program_can_take_is_no_crash(argument: str) -> None:
    assert run(["/bin/echo", argument], ENVIRONMENT, 5).ending is Ending.NOT_STARTED


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=50))
@settings(max_examples=60, deadline=None)
def test_any_value_is_one_argument_and_is_never_read_by_a_shell(value: str) -> None:
    arguments = Command(["/usr/bin/printf", "%s|", "{x}", "a{x}b"], "test").arguments({"x": value}, "acme/preview")
    assert run(arguments, ENVIRONMENT, 20).output.decode() == f"{value}|a{value}b|"


@pytest.mark.parametrize("value", ["two words", "a; touch made", "$(touch made)", "`touch made`", "a\ntouch made", "' || touch made", "*", "--"])
def test_shell_words_in_a_value_do_nothing(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(Command(["/usr/bin/printf", "%s", "{x}"], "test").arguments({"x": value}, "a"), ENVIRONMENT, 20).output.decode() == value
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [[], "{dir}/deploy {version}", ["{dir", "x"], ["{0}"]])
def test_an_argument_list_that_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(ValueError, match=r"must be a list of arguments|cannot be read|is no placeholder"):
        Command(arguments, "deploy of executor agent")


def test_an_interrupt_takes_the_program_along(tmp_path: Path) -> None:
    # It writes more than a pipe holds first: so when it interrupts us, we are reading.
    script = (
        "import sys; from rollout.adapters.processes import run; "
        "run(['/bin/sh', '-c', 'echo $$ > ' + sys.argv[1] + '; head -c 200000 /dev/zero; kill -INT $PPID; sleep 60'], {'PATH': '/usr/bin:/bin'}, 50)"
    )
    ended = run([sys.executable, "-c", script, str(tmp_path / "pid")], {**ENVIRONMENT, "PYTHONPATH": os.getcwd()}, 30)
    assert b"KeyboardInterrupt" in ended.output
    assert is_gone(int((tmp_path / "pid").read_text()))
