"""Secrets: the settings say where one is kept; it is read when it is used, and never shown."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import model_validator

from rollout.core.secret import PLACES, Kept, Secret
from rollout.core.values import Value
from rollout.errors import Unauthorized

__all__ = ["Kept", "Secret", "SecretReader", "WithSecrets"]


class WithSecrets(Value):
    """Settings whose secrets may also be written in one line: `token_file: PATH` is `token: {file: PATH}`, and so are _env and _block."""

    @model_validator(mode="before")
    @classmethod
    def _folded(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        folded = dict(data)
        for name in (name for name, info in cls.model_fields.items() if _keeps_secret(info.annotation)):
            for place in PLACES:
                if f"{name}_{place}" in folded:
                    if name in folded:
                        raise ValueError(f"{name} and {name}_{place} say the same thing; keep one")
                    folded[name] = {place: folded.pop(f"{name}_{place}")}
        return folded


def _keeps_secret(annotation: Any) -> bool:
    return annotation is Secret or any(_keeps_secret(part) for part in getattr(annotation, "__args__", ()))


@dataclass(frozen=True)
class SecretReader:
    """Reads secrets for one workspace. Relative files are beside rollout.yaml; blocks need `read_block`, which only flows have."""

    folder: Path
    read_block: Callable[[str], str] | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def read(self, secret: Secret, system: str, field: str = "token") -> str:
        """The secret itself, without a line end. Raises Unauthorized, which names the place and never the content."""
        text = self._text(secret, system, field).strip("\r\n")
        if not text:
            raise Unauthorized(system, f"its {field} is empty: there is nothing in {secret.place}.")
        return text

    def _text(self, secret: Secret, system: str, field: str) -> str:
        if secret.env is not None:
            return self._variable(secret.env, system, field)
        if secret.file is not None:
            return self._file(secret.file, system, field)
        if self.read_block is None:
            raise Unauthorized(
                system, f"its {field} is kept in {secret.place}, which only a Prefect flow can read. Run the flow, or use env or file."
            )
        return self.read_block(str(secret.block))

    def _variable(self, name: str, system: str, field: str) -> str:
        if name not in self.environment:
            raise Unauthorized(system, f"its {field} is kept in environment variable {name}, which is not set. Set it: export {name}=…")
        return self.environment[name]

    def _file(self, name: str, system: str, field: str) -> str:
        try:
            return (self.folder / Path(name).expanduser()).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise Unauthorized(system, f"its {field} is kept in file {name}, which is not text in UTF-8.") from None
        except OSError as error:
            raise Unauthorized(system, f"its {field} is kept in file {name}, which cannot be read: {error.strerror}.") from None
