"""What all parts of a transaction share: the connection, and rows that become values."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Table

from rollout.core.values import Value
from rollout.ledger.bulk import Row, upsert

V = TypeVar("V", bound=Value)
T = TypeVar("T")
CHUNK = 500  # the most parameters that one IN list gets


class Part:
    """One noun's share of a transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, query: Executable) -> list[dict[str, Any]]:
        """The rows as plain mappings of column to value."""
        result = self.connection.execute(query)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    def values(self, model: type[V], query: Executable) -> tuple[V, ...]:
        """The rows as values. The query gives exactly the model's fields."""
        return tuple(map(model.model_validate, self.rows(query)))

    def scalar(self, query: Executable) -> Any:
        """The first column of the first row; None if there is none."""
        return self.connection.execute(query).scalar()

    def write(self, query: Executable) -> int:
        """Carry out an update, insert or delete; returns how many rows it touched."""
        return self.connection.execute(query).rowcount

    def store(self, table: Table, rows: Iterable[Row]) -> None:
        """Insert or overwrite many rows by their key."""
        upsert(self.connection, table, rows)


def fields(model: type[Value], table: Table) -> list[Any]:
    """The table's columns that are fields of the model."""
    return [table.c[name] for name in model.model_fields]


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """The items without doubles, in lists that are short enough for one query."""
    rest = iter(dict.fromkeys(items))
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def by_first(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Pairs as a few queries want them: one first, with a chunk of its seconds."""
    for first, group in groupby(sorted(pairs), key=lambda pair: pair[0]):
        for chunk in chunks(second for _, second in group):
            yield first, chunk


def texts(words: Collection[str] | Iterable[str]) -> list[str]:
    """Plain texts of typed ids or enumerated words, without doubles, sorted."""
    return sorted({str(word) for word in words})
