"""Fills templates: the workspace's own first, then the product's. What goes in is data: it is never a template itself, and never markup."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rollout.errors import Fault, FaultsFound, NotFound, RolloutError

_MARKUP = (".html", ".htm", ".xml", ".svg")


class Renderer:
    """Renders by name, as in ticket/available.txt.j2, from the first of the folders that has it. Safe to share between threads."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folders),
            autoescape=_is_markup,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def __call__(self, name: str, values: Mapping[str, Any]) -> str:
        """The template filled with the values. Raises NotFound, FaultsFound for one that cannot be read, RolloutError for one that asks for more."""
        try:
            return self._environment.get_template(name).render(values)
        except TemplateNotFound as error:
            raise NotFound(f"there is no template {error.name}, neither the workspace's own nor the product's") from None
        except TemplateSyntaxError as error:
            raise FaultsFound([Fault(f"templates/{error.name or name}", error.lineno, "", str(error.message))]) from None
        except UnicodeDecodeError:
            raise FaultsFound([Fault(f"templates/{name}", 0, "", "is not text in UTF-8")]) from None
        except TemplateError as error:
            raise RolloutError(f"template {name} cannot be filled: {error.message}. Correct it, or remove it to use the product's own.") from None


def _is_markup(name: str | None) -> bool:
    return name is not None and name.removesuffix(".j2").endswith(_MARKUP)
