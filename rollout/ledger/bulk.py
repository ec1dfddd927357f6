"""Writes many rows with one statement. The statement is built once for each table and database.

SQLite runs it once for each row, which is quick there. pg8000 would go to the server and back for each row, so PostgreSQL gets all rows as
one JSON document and unfolds them itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, column, func, select
from sqlalchemy.types import JSON

Row = Mapping[str, Any]
_Encoder = tuple[str, Callable[[Any], Any] | None]


def upsert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows, or overwrite those with the same key. No key may be among them twice. What else a row holds is passed over."""
    dialect = connection.dialect
    encoders = _encoders(table, dialect)
    plain = [{name: encode(row[name]) if encode else row[name] for name, encode in encoders} for row in rows]
    if not plain:
        return
    statement = _statement(table, dialect)
    if dialect.name == "postgresql":
        connection.exec_driver_sql(statement, (json.dumps(plain),))
    else:
        connection.exec_driver_sql(statement, [tuple(row.values()) for row in plain])


@lru_cache(128)
def _encoders(table: Table, dialect: Dialect) -> tuple[_Encoder, ...]:
    return tuple((one.name, one.type.dialect_impl(dialect).bind_processor(dialect)) for one in table.columns)


def put(connection: Connection, table: Table, row: Row) -> bool:
    """Insert the row unless its key is there; returns whether it was inserted."""
    insert = _insert(table, connection.dialect).values(**row)
    return connection.execute(insert.on_conflict_do_nothing(index_elements=list(table.primary_key))).rowcount == 1


@lru_cache(128)
def _statement(table: Table, dialect: Dialect) -> str:
    names = [one.name for one in table.columns]
    insert = _insert(table, dialect)
    if dialect.name == "postgresql":
        rows = func.json_to_recordset(bindparam("rows", type_=JSON)).table_valued(*(column(one.name, one.type) for one in table.columns))
        insert = insert.from_select(names, select(*rows.render_derived(with_types=True).columns))
    keys = [one.name for one in table.primary_key]
    changed = {name: insert.excluded[name] for name in names if name not in keys}
    whole = insert.on_conflict_do_update(index_elements=keys, set_=changed) if changed else insert.on_conflict_do_nothing(index_elements=keys)
    return str(whole.compile(dialect=dialect))


def _insert(table: Table, dialect: Dialect) -> Any:
    """The dialect's own INSERT, for its ON CONFLICT. Only the dialect in use is loaded."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
