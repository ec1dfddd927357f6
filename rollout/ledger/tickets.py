"""Help-desk tickets as last seen, and which change they are linked to."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select

from rollout.core.changes import TicketLink
from rollout.core.closing import Ticket
from rollout.core.values import ChangeKey
from rollout.ledger.part import Part, by_first, chunks, fields
from rollout.ledger.tables import ticket_links, tickets

_LINK = fields(TicketLink, ticket_links)
_TICKET = fields(Ticket, tickets)
_LINK_ORDER = (ticket_links.c.desk, ticket_links.c.ticket, ticket_links.c.change)


class Tickets(Part):
    """The part of a transaction that knows tickets."""

    def set_links(self, change: ChangeKey, links: Iterable[TicketLink]) -> bool:
        wanted = {(one.desk, one.ticket) for one in links}
        stood = {(one.desk, one.ticket) for one in self.links([change])}
        for desk, gone in by_first(stood - wanted):
            self.write(delete(ticket_links).where(ticket_links.c.change == change, ticket_links.c.desk == desk, ticket_links.c.ticket.in_(gone)))
        self.store(ticket_links, ({"change": change, "desk": desk, "ticket": ticket} for desk, ticket in wanted - stood))
        return wanted != stood

    def links(self, changes: Iterable[ChangeKey] | None = None) -> tuple[TicketLink, ...]:
        if changes is None:
            return self.values(TicketLink, select(*_LINK).order_by(*_LINK_ORDER))
        return self._links(ticket_links.c.change.in_(chunk) for chunk in chunks(changes))

    def links_of_tickets(self, tickets: Iterable[tuple[str, str]]) -> tuple[TicketLink, ...]:
        return self._links((ticket_links.c.desk == desk) & ticket_links.c.ticket.in_(ids) for desk, ids in by_first(tickets))

    def save_ticket(self, ticket: Ticket) -> None:
        self.store(tickets, [vars(ticket)])

    def tickets(self, ids: Iterable[tuple[str, str]] | None = None) -> tuple[Ticket, ...]:
        if ids is None:
            return self.values(Ticket, select(*_TICKET).order_by(tickets.c.desk, tickets.c.id))
        found: list[Ticket] = []
        for desk, chunk in by_first(ids):
            found += self.values(Ticket, select(*_TICKET).where(tickets.c.desk == desk, tickets.c.id.in_(chunk)))
        return tuple(sorted(found, key=lambda one: (one.desk, one.id)))

    def _links(self, wheres: Iterable[Any]) -> tuple[TicketLink, ...]:
        found: list[TicketLink] = []
        for where in wheres:
            found += self.values(TicketLink, select(*_LINK).where(where))
        return tuple(sorted(found, key=lambda one: (one.desk, one.ticket, one.change)))
