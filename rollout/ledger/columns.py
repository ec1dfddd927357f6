"""What both databases share: columns for text, moments and JSON, all kept as text that is the same in each of them, and lists of any length."""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Boolean, Column, ColumnElement, Dialect, Text, TypeDecorator, bindparam, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from rollout.core.audit import canonical
from rollout.core.values import aware


def clean(text: str) -> str:
    """The text without what a database cannot hold: NUL and halves of surrogate pairs, as they come in other systems' JSON."""
    plain = str(text)
    if plain.isprintable():
        return plain
    return plain.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC with six digits of a second: its width is fixed, so that text order is time order."""
    return _utc_text(aware(moment))  # first UTC, then the cache: in a zone of its own, 1:30 may be two moments that compare as equal


@lru_cache(4096)
def _utc_text(moment: datetime) -> str:
    """The same few moments come again and again."""
    return moment.isoformat(timespec="microseconds")


class AsText(TypeDecorator[Any]):
    """Kept as text that sorts by code point: SQLite compares bytes by itself, PostgreSQL is told to."""

    impl = Text
    cache_ok = True
    encode: Callable[[Any], str]
    decode: Callable[[str], Any] | None = None

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:  # noqa: ARG002 (SQLAlchemy's signature)
        return _unless_none(type(self).encode)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:  # noqa: ARG002
        return _unless_none(type(self).decode) if type(self).decode else None


def _unless_none(convert: Any) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


class Words(AsText):
    """Text of any length."""

    cache_ok = True
    encode = staticmethod(clean)


class MomentText(AsText):
    """A moment, as text whose order is the order of time."""

    cache_ok = True
    encode = staticmethod(moment_text)
    decode = staticmethod(datetime.fromisoformat)


class DayText(AsText):
    """A day, as text whose order is the order of time."""

    cache_ok = True
    encode = staticmethod(date.isoformat)
    decode = staticmethod(date.fromisoformat)


class Json(AsText):
    """Lists, sets, mappings and values as canonical JSON. They are read as plain lists and mappings: the value's model gives them their shape."""

    cache_ok = True
    encode = staticmethod(canonical)
    decode = staticmethod(json.loads)


def among(column: Column[Any], given: Iterable[str] | BindParameter[Any]) -> ColumnElement[bool]:
    """Whether the column's text is one of those given: one parameter, however many they are."""
    listed = several(None, given) if not isinstance(given, BindParameter) else given
    return column.op("IN", is_comparison=True, return_type=Boolean())(_Texts(listed))


def several(name: str | None, given: Iterable[str] = ()) -> BindParameter[Any]:
    """A parameter for `among`: of that name, or given at once."""
    return bindparam(name, sorted({str(one) for one in given}), type_=Json)


def as_kept(column: Column[Any]) -> ColumnElement[Any]:
    """The column's values as the database keeps them."""
    return type_coerce(column, Text()) if isinstance(column.type, AsText) else column


class _Texts(FunctionElement[str]):
    """The texts of a JSON list, as a subquery."""

    name = "texts"
    type = Words()
    inherit_cache = True


@compiles(_Texts, "sqlite")
def _texts_sqlite(element: _Texts, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 (what is put in is a parameter's mark)


@compiles(_Texts, "postgresql")
def _texts_postgresql(element: _Texts, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json)))"
