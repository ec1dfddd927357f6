"""Texts with {placeholders}, as settings carry them: addresses, arguments of commands, names of tags. Values are put in, never evaluated."""

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rollout.errors import NotFound


@dataclass(frozen=True)
class Template:
    """A text with {placeholders}; `{{` and `}}` stand for braces. Made by `template`."""

    text: str
    pieces: tuple[tuple[str, str | None], ...]

    @property
    def names(self) -> frozenset[str]:
        """The placeholders in it."""
        return frozenset(name for _, name in self.pieces if name is not None)

    def fill(self, values: Mapping[str, str], whose: str, quote: Callable[[str], str] = str) -> str:
        """The text with every placeholder replaced by its value. `quote` is applied to each value, except one that begins the text.

        Raises NotFound, naming all that is missing; `whose` is for the message.
        """
        try:
            return "".join(self._filled(values, quote))
        except KeyError:
            missing = ", ".join(sorted(self.names - values.keys()))
            raise NotFound(f"{whose} has no value for {missing}, which '{self.text}' needs. Add it to the installation's params.") from None

    def _filled(self, values: Mapping[str, str], quote: Callable[[str], str]) -> Iterator[str]:
        begins = True
        for literal, name in self.pieces:
            yield literal
            if name is not None:
                yield values[name] if begins and not literal else quote(values[name])
            begins = False


def template(text: str) -> Template:
    """Read a text with placeholders. Raises ValueError for anything but plain names between single braces."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"'{text}' cannot be read: {error}. Write {{name}} for a placeholder and {{{{ or }}}} for a brace.") from None
    for _, name, form, conversion in parsed:
        if name is not None and (not name.isidentifier() or form or conversion):
            raise ValueError(f"'{text}' has {{{name}}}, which is no placeholder: only a plain name may stand between braces, such as {{version}}.")
    return Template(text, tuple((literal, name) for literal, name, _, _ in parsed))
