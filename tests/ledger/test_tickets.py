"""Tickets and their links to changes."""

from rollout.core.changes import TicketLink
from rollout.core.closing import Ticket, TicketStatus
from rollout.ports import Ledger
from tests.builders import NOON


def link(change: str, ticket: str, desk: str = "help") -> TicketLink:
    return TicketLink(change=change, desk=desk, ticket=ticket)


def ticket(number: str, desk: str = "help", status: TicketStatus = TicketStatus.OPEN) -> Ticket:
    return Ticket(desk=desk, id=number, status=status, subject="Slow", organization="acme", client="acme", updated=NOON)


def test_links_are_exactly_those_set_last(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert tx.set_links("TIDE-1", [link("TIDE-1", "7"), link("TIDE-1", "8"), link("TIDE-1", "8", "other")])
        assert not tx.set_links("TIDE-1", [link("TIDE-1", "8", "other"), link("TIDE-1", "7"), link("TIDE-1", "8")])
        assert tx.set_links("TIDE-1", [link("TIDE-1", "8"), link("TIDE-1", "9")])
        assert tx.links(["TIDE-1"]) == (link("TIDE-1", "8"), link("TIDE-1", "9"))
        assert tx.set_links("TIDE-1", [])
        assert tx.links() == ()


def test_links_come_in_order_of_desk_ticket_change(ledger: Ledger) -> None:
    links = (link("B-1", "1", "a"), link("A-1", "2", "a"), link("B-1", "2", "a"), link("A-1", "1", "b"))
    with ledger.begin() as tx:
        tx.set_links("A-1", [one for one in links if one.change == "A-1"])
        tx.set_links("B-1", [one for one in links if one.change == "B-1"])
        assert tx.links() == links
        assert tx.links(["B-1", "A-1"]) == links
        assert tx.links(["B-1"]) == (links[0], links[2])
        assert tx.links([]) == ()


def test_links_are_found_by_their_tickets(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.set_links("A-1", [link("A-1", "1"), link("A-1", "2", "other")])
        tx.set_links("B-1", [link("B-1", "1"), link("B-1", "2")])
        assert tx.links_of_tickets([("other", "2"), ("help", "1")]) == (link("A-1", "1"), link("B-1", "1"), link("A-1", "2", "other"))
        assert tx.links_of_tickets([("help", "3")]) == ()


def test_tickets_are_found_by_desk_and_id(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for one in (ticket("2"), ticket("1"), ticket("1", "other")):
            tx.save_ticket(one)
        assert tx.tickets() == (ticket("1"), ticket("2"), ticket("1", "other"))
        assert tx.tickets([("other", "1"), ("help", "2"), ("help", "3")]) == (ticket("2"), ticket("1", "other"))


def test_a_ticket_is_as_last_seen(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_ticket(ticket("1"))
        tx.save_ticket(ticket("1", status=TicketStatus.SOLVED))
        assert tx.tickets() == (ticket("1", status=TicketStatus.SOLVED),)
