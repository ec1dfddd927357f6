"""The outbox: notices to clients, and errands to JIRA. Each key is there once."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from rollout.core.closing import Channel, Notice, NoticeState
from rollout.core.errands import Errand, ErrandState
from rollout.core.values import ClientId, Version
from rollout.ledger.bulk import put
from rollout.ledger.columns import among
from rollout.ledger.part import Part, fields, texts
from rollout.ledger.tables import errands
from rollout.ledger.tables import notices as table

_NOTICE = select(*fields(Notice, table))
_ERRAND = select(*fields(Errand, errands))


class Notices(Part):
    """The part of a transaction that knows what is to be told."""

    def put_notice(self, notice: Notice) -> bool:
        return put(self.connection, table, vars(notice))

    def notice(self, key: str) -> Notice | None:
        return self.value(Notice, _NOTICE.where(table.c.key == key))

    def notices(
        self,
        *,
        states: Iterable[NoticeState] | None = None,
        channels: Iterable[Channel] | None = None,
        due_at: datetime | None = None,
        version: Version | None = None,
        client: ClientId | None = None,
        limit: int | None = None,
    ) -> tuple[Notice, ...]:
        wheres = [
            *([] if due_at is None else _due(due_at, states, channels)),
            *([] if states is None else [table.c.state.in_(texts(states))]),
            *([] if channels is None else [table.c.channel.in_(texts(channels))]),
            *([] if version is None else [table.c.version == version]),
            *([] if client is None else [table.c.client == client]),
        ]
        return self.values(Notice, _NOTICE.where(*wheres).order_by(table.c.not_before, table.c.key).limit(limit))

    def save_notice(self, notice: Notice) -> None:
        self.store(table, [vars(notice)])

    def claim_notices(self, notices: Iterable[Notice], owner: str, until: datetime) -> tuple[Notice, ...]:
        wanted = {one.key: one for one in notices}
        stored = {one.key: one for one in self.values(Notice, _NOTICE.where(among(table.c.key, wanted)))}
        lease = {"state": NoticeState.SENDING, "owner": owner, "lease_until": until}
        won = [one for key, one in wanted.items() if stored.get(key) == one and (one.owner, one.lease_until) != (owner, until)]
        leased = tuple(one.model_copy(update=lease) for one in won)
        self.store(table, map(vars, leased))
        return leased

    def put_errand(self, errand: Errand) -> bool:
        last = self.scalar(select(func.max(errands.c.seq))) or 0
        row = {**vars(errand), "seq": last + 1}
        if put(self.connection, errands, row):
            return True
        died: bool = self.scalar(select(errands.c.state).where(errands.c.key == errand.key)) == ErrandState.DEAD
        self.store(errands, [row] if died else [])
        return died

    def errands(self, *, states: Iterable[ErrandState] | None = None) -> tuple[Errand, ...]:
        wanted = _ERRAND if states is None else _ERRAND.where(errands.c.state.in_(texts(states)))
        return self.values(Errand, wanted.order_by(errands.c.seq))

    def claim_errand(self, errand: Errand, owner: str, until: datetime) -> Errand | None:
        if self.value(Errand, _ERRAND.where(errands.c.key == errand.key)) != errand:
            return None
        leased = errand.model_copy(update={"owner": owner, "lease_until": until})
        self.save_errand(leased)
        return leased

    def save_errand(self, errand: Errand) -> None:
        self.store(errands, [vars(errand)])


def _due(at: datetime, states: Iterable[NoticeState] | None, channels: Iterable[Channel] | None) -> list[ColumnElement[bool]]:
    """May be sent by then: waits, unless other states are asked for. All channels are named, so that the index leads to what is due."""
    waiting = [table.c.state == NoticeState.WAITING] if states is None else []
    return [*waiting, *([table.c.channel.in_(texts(Channel))] if channels is None else []), table.c.not_before <= at]
