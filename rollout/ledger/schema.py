"""Brings the ledger's schema up to date, and refuses a ledger that is newer than this program."""

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from rollout.errors import RolloutError
from rollout.ledger.engine import read_only

REVISIONS = ("0001",)  # in order; a test compares them with the migrations


def bring_up_to_date(engine: Engine) -> None:
    """One query if there is nothing to do. Raises RolloutError for a ledger that a newer program has written."""
    with engine.connect() as connection:
        found = _revision(read_only(connection))
    if found is not None and found not in REVISIONS:
        where = engine.url.render_as_string(hide_password=True)
        raise RolloutError(
            f"the ledger {where} is of schema {found}; this program knows {REVISIONS[-1]} at most. Install the newer rollout that wrote it."
        )
    if found != REVISIONS[-1]:
        migrate(engine)


def migrate(engine: Engine) -> None:
    """Run the missing migrations in one transaction. Whoever comes second waits, and finds it done."""
    from alembic import command
    from alembic.config import Config

    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "rollout.ledger:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    """The schema's revision; None for a database that has no tables yet."""
    try:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if _no_such_table(error):
            return None
        raise


def _no_such_table(error: DBAPIError) -> bool:
    return "no such table" in str(error.orig) or "42P01" in str(error.orig)
