"""The column types that both databases share: text, moments and JSON, all kept as text that is the same in each of them."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from rollout.core.audit import canonical
from rollout.core.values import aware


def clean(text: str) -> str:
    """The text without what a database cannot hold: NUL and halves of surrogate pairs, as they come in other systems' JSON."""
    whole = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return whole if whole.isascii() else whole.encode("utf-8", "replace").decode()


def _by_code_point(dialect: Dialect) -> TypeEngine[str]:
    """Text that sorts the same everywhere: SQLite compares bytes by itself, PostgreSQL is told to."""
    return Text(collation="C") if dialect.name == "postgresql" else Text()


class Words(TypeDecorator[str]):
    """Text of any length, compared by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return _by_code_point(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (SQLAlchemy's signature)
        return None if value is None else clean(value)


class MomentText(TypeDecorator[datetime]):
    """A moment as ISO 8601 in UTC with six digits of a second: its width is fixed, so that text order is time order."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return _by_code_point(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else aware(value).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """Lists, sets, mappings and values as canonical JSON. They are read as plain lists and mappings: the value's model gives them their shape."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return _by_code_point(dialect)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)
