"""Fills templates: the workspace's own first, then the product's. What goes in is data: it is never a template itself, and never markup."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rollout.adapters.files.documents import suggestion
from rollout.errors import Fault, FaultsFound, NotFound, RolloutError

_MARKUP = (".html", ".htm", ".xml", ".svg", ".atom", ".rss")


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
        template = self.check(name)
        try:
            return template.render(values)
        except TemplateNotFound as error:
            raise NotFound(_missing(error)) from None
        except TemplateSyntaxError as error:
            raise _unreadable(name, error) from None
        except TemplateError as error:
            raise RolloutError(f"template {name} cannot be filled: {error.message}. Correct it, or remove it to use the product's own.") from None

    def check(self, name: str) -> Template:
        """The template, read. Raises NotFound, FaultsFound."""
        try:
            return self._environment.get_template(name)
        except TemplateNotFound as error:
            raise NotFound(_missing(error)) from None
        except TemplateSyntaxError as error:
            raise _unreadable(name, error) from None
        except UnicodeDecodeError:
            raise FaultsFound([Fault(f"templates/{name}", 0, "", "is not text in UTF-8")]) from None


def _missing(error: TemplateNotFound) -> str:
    return f"there is no template {error.name}, neither the workspace's own nor the product's"


def _unreadable(name: str, error: TemplateSyntaxError) -> FaultsFound:
    return FaultsFound([Fault(f"templates/{error.name or name}", error.lineno, "", str(error.message))])


def template_faults(own: Path, product: Path) -> list[Fault]:
    """What is wrong with a workspace's own templates: those that cannot be read, and those that stand for none of the product's."""
    known = {path.relative_to(product).as_posix() for path in product.rglob("*.j2")}
    renderer = Renderer((own, product))
    faults: list[Fault] = []
    for name in sorted(path.relative_to(own).as_posix() for path in own.rglob("*.j2")):
        if name not in known:
            faults.append(Fault(f"templates/{name}", 0, "", f"stands for no template of the product. {suggestion(name, known)}"))
        try:
            renderer.check(name)
        except FaultsFound as error:
            faults += error.faults
    return faults


def _is_markup(name: str | None) -> bool:
    return name is not None and name.removesuffix(".j2").endswith(_MARKUP)
