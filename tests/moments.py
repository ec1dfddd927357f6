"""Moments of a workspace that can be gone back to: its ledger, what the fleet's installations run and did, calendars, clock, settings."""

import shutil
from pathlib import Path
from typing import Protocol

from pg8000.dbapi import Connection

from rollout.ledger.tables import metadata

_PARTS = ("fleet", "calendars", "clock.txt", "rollout.yaml")


class Keeper(Protocol):
    """Keeps a ledger under names."""

    def keep(self, name: str) -> None: ...
    def restore(self, name: str) -> None: ...


class SqliteKeeper:
    """Copies the files of a ledger that nobody has open."""

    def __init__(self, ledger: Path, kept: Path) -> None:
        self._ledger, self._kept = ledger, kept

    def keep(self, name: str) -> None:
        for file in self._files():
            shutil.copy2(file, self._kept / f"{name}{file.name.removeprefix(self._ledger.name)}.ledger")

    def restore(self, name: str) -> None:
        for file in self._files():
            file.unlink()
        for file in self._kept.glob(f"{name}*.ledger"):
            shutil.copy2(file, f"{self._ledger}{file.name.removeprefix(name).removesuffix('.ledger')}")

    def _files(self) -> list[Path]:
        return sorted(self._ledger.parent.glob(f"{self._ledger.name}*"))


class PostgresKeeper:
    """Copies the rows of a ledger to a schema beside it, and back; whoever else has the database open is thrown out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = [table.name for table in metadata.sorted_tables]

    def keep(self, name: str) -> None:
        copies = [f"CREATE TABLE kept_{name}.{table} AS TABLE public.{table}" for table in self._tables]
        self._run(f"DROP SCHEMA IF EXISTS kept_{name} CASCADE", f"CREATE SCHEMA kept_{name}", *copies)

    def restore(self, name: str) -> None:
        self._run("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        self._run(
            *(f"DELETE FROM public.{table}" for table in reversed(self._tables)),
            *(f"INSERT INTO public.{table} SELECT * FROM kept_{name}.{table}" for table in self._tables),
        )

    def _run(self, *statements: str) -> None:
        self._connection.cursor().execute("; ".join(statements))


class Moments:
    """Keeps the workspace in `folder` as it is now, under a name, and makes it so again."""

    def __init__(self, folder: Path, kept: Path, ledger: Keeper) -> None:
        self._folder, self._kept, self._ledger = folder, kept, ledger

    def keep(self, name: str) -> None:
        for part in _PARTS:
            _copy(self._folder / part, self._kept / name / part)
        self._ledger.keep(name)

    def restore(self, name: str) -> None:
        for part in _PARTS:
            _copy(self._kept / name / part, self._folder / part)
        self._ledger.restore(name)


def _copy(here: Path, there: Path) -> None:
    if here.is_file():
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(here, there)
        return
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(here, there, symlinks=True)
