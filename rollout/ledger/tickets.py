"""Help-desk tickets as last seen, and which change they are linked to."""

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import Column, ColumnElement, and_, delete, select

from rollout.core.changes import TicketLink
from rollout.core.closing import Ticket
from rollout.core.values import ChangeKey
from rollout.ledger.columns import among
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import ticket_links, tickets

_LINKS = select(*fields(TicketLink, ticket_links)).order_by(ticket_links.c.desk, ticket_links.c.ticket, ticket_links.c.change)
_TICKETS = select(*fields(Ticket, tickets)).order_by(tickets.c.desk, tickets.c.id)


class Tickets(Part):
    """The part of a transaction that knows tickets."""

    def set_links(self, change: ChangeKey, links: Iterable[TicketLink]) -> bool:
        wanted = {(one.desk, one.ticket) for one in links}
        stood = {(one.desk, one.ticket) for one in self.links([change])}
        for desk, gone in by_first(stood - wanted):
            self.write(delete(ticket_links).where(ticket_links.c.change == change, _are(ticket_links.c.desk, desk, ticket_links.c.ticket, gone)))
        self.store(ticket_links, ({"change": change, "desk": desk, "ticket": ticket} for desk, ticket in sorted(wanted - stood)))
        return wanted != stood

    def links(self, changes: Iterable[ChangeKey] | None = None) -> tuple[TicketLink, ...]:
        wanted = _LINKS if changes is None else _LINKS.where(among(ticket_links.c.change, changes))
        return self.values(TicketLink, wanted)

    def links_of_tickets(self, tickets: Iterable[tuple[str, str]]) -> tuple[TicketLink, ...]:
        of_desks = [_LINKS.where(_are(ticket_links.c.desk, desk, ticket_links.c.ticket, ids)) for desk, ids in by_first(tickets)]
        return tuple(link for of_desk in of_desks for link in self.values(TicketLink, of_desk))

    def save_ticket(self, ticket: Ticket) -> None:
        self.store(tickets, [vars(ticket)])

    def tickets(self, ids: Iterable[tuple[str, str]] | None = None) -> tuple[Ticket, ...]:
        if ids is None:
            return self.values(Ticket, _TICKETS)
        of_desks = [_TICKETS.where(_are(tickets.c.desk, desk, tickets.c.id, several)) for desk, several in by_first(ids)]
        return tuple(ticket for of_desk in of_desks for ticket in self.values(Ticket, of_desk))


def by_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Pairs in order, as a few queries want them: each first with all its seconds."""
    return [(first, [second for _, second in group]) for first, group in groupby(sorted(pairs), key=lambda pair: pair[0])]


def _are(desk_column: Column[str], desk: str, column: Column[str], ids: list[str]) -> ColumnElement[bool]:
    return and_(desk_column == desk, among(column, ids))
