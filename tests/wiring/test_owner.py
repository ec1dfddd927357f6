"""Whether a named process still runs."""

import os
import socket
import subprocess
import sys

from rollout.wiring.owner import alive, owner

HOST = socket.gethostname()


def test_this_process_is_alive() -> None:
    assert alive(owner()) is True
    assert owner().startswith(f"{HOST}:{os.getpid()}:")


def test_a_process_is_dead_once_it_has_ended() -> None:
    program = "from rollout.wiring.owner import owner; print(owner(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert alive(name) is True
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet buried: its number is still taken
        assert alive(name) is False
    assert alive(name) is False


def test_another_process_that_got_the_same_number_is_not_the_owner() -> None:
    assert alive(f"{HOST}:{os.getpid()}:12345") is False


def test_nothing_is_known_of_other_machines() -> None:
    assert alive(f"not-{HOST}:{os.getpid()}:1") is None


def test_a_name_that_is_no_processs_is_unknown() -> None:
    assert [alive(name) for name in ("", "test", HOST, f"{HOST}:x:1")] == [None] * 4


def test_a_process_that_was_forked_is_not_its_parent() -> None:
    program = (
        "import os; from rollout.wiring.owner import owner; mine = owner(); print(mine, flush=True); pid = os.fork(); print(owner(), flush=True)"
    )
    names = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True).stdout.split()
    assert len(set(names)) == 2, names
