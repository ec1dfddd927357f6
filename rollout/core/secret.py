"""Where secrets are kept: a value that names the place, never the secret itself. Reading it is for whoever may."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from rollout.core.values import Value

PLACES = ("env", "file", "block")
_HOW = "Keep it out of this file: {env: NAME}, {file: PATH} or {block: NAME} says where it is kept"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Secret(Value):
    """Where a secret is kept: an environment variable, a file, or a Prefect block. Exactly one of them."""

    env: str | None = None
    file: str | None = None
    block: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(getattr(self, place) is not None for place in PLACES) != 1:
            raise ValueError(f"must name exactly one place. {_HOW}")
        if self.env is not None and not _VARIABLE.fullmatch(self.env):
            raise ValueError("env must be the name of an environment variable, not the secret itself")
        return self

    @property
    def place(self) -> str:
        """Where it is kept, in words."""
        if self.env is not None:
            return f"environment variable {self.env}"
        return f"file {self.file}" if self.file is not None else f"Prefect block {self.block}"


def _no_literal(value: Any) -> Any:
    if not isinstance(value, Mapping | Secret):
        raise ValueError(f"is a secret written in plain text. {_HOW}")
    return value


Kept = Annotated[Secret, BeforeValidator(_no_literal)]
