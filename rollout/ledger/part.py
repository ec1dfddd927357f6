"""What all parts of a transaction share: the connection, and rows that become values."""

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Table

from rollout.core.values import Value
from rollout.ledger.bulk import Row, upsert

V = TypeVar("V", bound=Value)


class Part:
    """One noun's share of a transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, query: Executable, **given: Any) -> list[dict[str, Any]]:
        """The rows as plain mappings of column to value."""
        result = self.connection.execute(query, given)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    def values(self, model: type[V], query: Executable, **given: Any) -> tuple[V, ...]:
        """The rows as values. The query gives exactly the model's fields."""
        return tuple(map(model.model_validate, self.rows(query, **given)))

    def value(self, model: type[V], query: Executable, **given: Any) -> V | None:
        """The first row as a value; None if there is none."""
        return next(iter(self.values(model, query, **given)), None)

    def scalar(self, query: Executable, **given: Any) -> Any:
        """The first column of the first row; None if there is none."""
        return self.connection.execute(query, given).scalar()

    def write(self, query: Executable, **given: Any) -> int:
        """Carry out an update, insert or delete; returns how many rows it touched."""
        return self.connection.execute(query, given).rowcount

    def store(self, table: Table, rows: Iterable[Row]) -> None:
        """Insert or overwrite many rows by their key."""
        upsert(self.connection, table, rows)


def fields(model: type[Value], table: Table) -> list[Any]:
    """The table's columns that are fields of the model."""
    return [table.c[name] for name in model.model_fields]


def texts(words: Iterable[str]) -> list[str]:
    """Plain texts of typed ids or enumerated words, without doubles, sorted."""
    return sorted({str(word) for word in words})
