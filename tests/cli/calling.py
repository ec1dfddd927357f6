"""Calls the command line in this process, as a pipe sees it."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

from rollout.cli.app import run


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which is one JSON value."""
        return json.loads(self.out)


def call(*arguments: object) -> Said:
    """Run one command; what is no refusal and no wrong usage comes out as it is."""
    out, err = StringIO(), StringIO()
    code: int | str | None = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            run([str(each) for each in arguments])
        except SystemExit as ended:
            code = ended.code
    return Said(int(code or 0), out.getvalue(), err.getvalue())


def ask(*arguments: object) -> Any:
    """What a command answers with --json; it has to succeed."""
    said = call(*arguments, "--json")
    assert (said.code, said.err) == (0, ""), said
    return said.json
