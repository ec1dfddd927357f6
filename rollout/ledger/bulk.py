"""Writes many rows with one statement. The statement is built once for each table and database.

SQLite runs it once for each row, which is quick there. pg8000 would go to the server and back for each row, so PostgreSQL gets all rows as
one JSON document and unfolds them itself.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, column, func, select
from sqlalchemy.types import JSON

Row = Mapping[str, Any]
_Encoder = tuple[str, Callable[[Any], Any] | None]


def upsert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows, or overwrite those with the same key. No key may be among them twice. What else a row holds is passed over."""
    _run(connection, table, rows, adding=False)


def add(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows, or add their numbers to those of the rows with the same key."""
    _run(connection, table, rows, adding=True)


def put(connection: Connection, table: Table, row: Row) -> bool:
    """Insert the row unless its key is there; returns whether it was inserted."""
    insert = _insert(table, connection.dialect).values(**row)
    return connection.execute(insert.on_conflict_do_nothing(index_elements=list(table.primary_key))).rowcount == 1


def _run(connection: Connection, table: Table, rows: Iterable[Row], adding: bool) -> None:
    plain = list(encoded(table, rows))
    if not plain:
        return
    statement = _statement(table, connection.dialect, adding)
    if connection.dialect.name == "postgresql":
        names = [name for name, _ in _encoders(table)]
        connection.exec_driver_sql(statement, (json.dumps([dict(zip(names, row, strict=True)) for row in plain]),))
    else:
        connection.exec_driver_sql(statement, plain)


def encoded(table: Table, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    """The rows in the order of the table's columns, as the database keeps them."""
    encoders = _encoders(table)
    for row in rows:
        yield tuple([row[name] if encode is None else None if (value := row[name]) is None else encode(value) for name, encode in encoders])


@lru_cache(128)
def _encoders(table: Table) -> tuple[_Encoder, ...]:
    return tuple((one.name, getattr(one.type, "encode", None)) for one in table.columns)


@lru_cache(128)
def _statement(table: Table, dialect: Dialect, adding: bool) -> str:
    names = [one.name for one in table.columns]
    insert = _insert(table, dialect)
    if dialect.name == "postgresql":
        rows = func.json_to_recordset(bindparam("rows", type_=JSON)).table_valued(*(column(one.name, one.type) for one in table.columns))
        insert = insert.from_select(names, select(*rows.render_derived(with_types=True).columns))
    keys = [one.name for one in table.primary_key]
    changed = {name: table.c[name] + insert.excluded[name] if adding else insert.excluded[name] for name in names if name not in keys}
    whole = insert.on_conflict_do_update(index_elements=keys, set_=changed) if changed else insert.on_conflict_do_nothing(index_elements=keys)
    return str(whole.compile(dialect=dialect))


def _insert(table: Table, dialect: Dialect) -> Any:
    """The dialect's own INSERT, for its ON CONFLICT. Only the dialect in use is loaded."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
