"""Puts notices into the outbox, in the transaction of the act that they tell of. Sending them is `notify`'s."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rollout.core.changes import Audience, Change
from rollout.core.clients import Client, Environment
from rollout.core.closing import Channel, Notice, NoticeKind, NoticeState, Ticket, business_moment
from rollout.core.delivery import Delivery, DeliveryState
from rollout.core.releases import Release, ReleaseState, contained, order
from rollout.core.values import ChangeKey, ClientId, Version
from rollout.core.wording import day_text, weekday_text
from rollout.ports import Tx, World
from rollout.steps.content import changes_of
from rollout.steps.upcoming import discretion_of

UNSENT = (NoticeState.REVIEW, NoticeState.WAITING)
_LEFT_UNSAID = (*UNSENT, NoticeState.DEAD)
_SAID = (NoticeState.SENT, NoticeState.SENDING, NoticeState.WAITING)
_THERE = (NoticeKind.AVAILABLE, NoticeKind.PARTLY_AVAILABLE)
_OF = {Environment.PREVIEW: (NoticeKind.READY_TO_TRY,), Environment.PRODUCTION: (NoticeKind.PLANNED, *_THERE)}
"""What is said of each environment."""


@dataclass(frozen=True)
class Gain:
    """What an installation gains with a version: its changes, what may be said of each to clients, and the tickets of every client that are
    linked to them. `so_far` are the releases that it has by then, without those that it got one by one."""

    so_far: Mapping[Version, Release]
    changes: Mapping[ChangeKey, Change]
    notes: Mapping[ChangeKey, str]
    tickets: Mapping[ClientId, Sequence[tuple[Ticket, tuple[ChangeKey, ...]]]]


def tell_delivered(world: World, tx: Tx, delivered: Iterable[Delivery], at: datetime) -> None:
    """Tell each client what it has now: on the tickets of its own people, by mail to its contacts, by a call where its tier asks for one."""
    gains: dict[tuple[Version | None, Version], Gain] = {}
    for one in delivered:
        client = world.clients().get(one.client)
        if client is None or (one.environment is Environment.PREVIEW and not world.policies.ready_to_try):
            continue
        path = (one.previous, one.version)
        if path not in gains:
            gains[path] = gain(world, tx, *path)
        _tell_tickets(world, tx, one, client, gains[path], at)
        if one.environment is Environment.PRODUCTION and gains[path].changes:
            _tell_contacts(world, tx, one, client, gains[path], at)


def gain(world: World, tx: Tx, previous: Version | None, version: Version) -> Gain:
    """The changes between two versions, those of overtaken releases among them, and the tickets that wait for them."""
    releases = _path(world, tx, previous, version)
    changes = {change.key: change for release in releases.values() for change in changes_of(tx, release)}
    linked: dict[tuple[str, str], list[ChangeKey]] = defaultdict(list)
    for link in tx.links([change.key for change in changes.values() if not _is_reopened(change)]):
        linked[link.desk, link.ticket].append(link.change)
    tickets: dict[ClientId, list[tuple[Ticket, tuple[ChangeKey, ...]]]] = defaultdict(list)
    for ticket in tx.tickets(list(linked)) if linked else ():
        if ticket.client is not None:
            tickets[ticket.client].append((ticket, tuple(linked[ticket.desk, ticket.id])))
    return Gain(so_far=_path(world, tx, None, version), changes=changes, notes=_said(world, changes.values()), tickets=tickets)


def _path(world: World, tx: Tx, previous: Version | None, version: Version) -> dict[Version, Release]:
    """The releases that a version brings to an installation which runs the previous one: itself, and those in between if it contains them."""
    releases = {release.version: release for release in tx.releases() if release.state not in (ReleaseState.DRAFT, ReleaseState.CANCELLED)}
    path = contained(previous, version, releases) if world.policies.train.contains_older else (version,)
    return {one: releases[one] for one in path if one in releases}


def _said(world: World, changes: Iterable[Change]) -> dict[ChangeKey, str]:
    """What clients may read of each change: nothing of an internal or reopened one, and no other client's name."""
    public = [change for change in changes if change.audience is Audience.CLIENTS and not _is_reopened(change)]
    discretion = discretion_of(world) if public else None
    said = {change.key: discretion.said(change.note) for change in public} if discretion else {}
    return {key: text for key, text in said.items() if text}


def _is_reopened(change: Change) -> bool:
    """Whether JIRA says by now that there is work to do again: then nobody hears that it is there, whatever was delivered."""
    return change.status_category != "done" or change.resolution is None


# ── Tickets ────────────────────────────────────────────────────────────────────────────────────────


def _tell_tickets(world: World, tx: Tx, delivery: Delivery, client: Client, gained: Gain, at: datetime) -> None:
    tickets = gained.tickets.get(client.id, ())
    if tickets and delivery.environment is Environment.PRODUCTION:
        stale = tx.notices(version=delivery.version, client=delivery.client, states=UNSENT)
        _cancel(tx, stale, (NoticeKind.PLANNED, NoticeKind.READY_TO_TRY, NoticeKind.WITHDRAWN), "it is delivered already", at)
    for ticket, keys in tickets:
        kind = _kind(world, tx, delivery, ticket, gained)
        notice = _notice(world, client, delivery, kind, at, keys, gained.notes)
        key = f"{kind}:{ticket.desk}:{ticket.id}:{delivery.version}:{delivery.attempt}"
        told = {"key": key, "channel": Channel.TICKET, "desk": ticket.desk, "ticket": ticket.id, "resolve": kind is NoticeKind.AVAILABLE}
        put(tx, notice.model_copy(update=told), delivery.client, at)


def _kind(world: World, tx: Tx, delivery: Delivery, ticket: Ticket, gained: Gain) -> NoticeKind:
    """A preview can be tried; in production a ticket is done only when nothing that it is linked to is still to come."""
    if delivery.environment is Environment.PREVIEW:
        return NoticeKind.READY_TO_TRY
    linked = tx.changes([link.change for link in tx.links_of_tickets([(ticket.desk, ticket.id)])])
    missing = [change for change in linked if not _is_there(world, tx, change, delivery, gained)]
    return NoticeKind.PARTLY_AVAILABLE if missing else NoticeKind.AVAILABLE


def _is_there(world: World, tx: Tx, change: Change, delivery: Delivery, gained: Gain) -> bool:
    """Whether the installation has the change with this delivery or an earlier one, or nobody will ever have it: then nobody waits for it."""
    if _is_reopened(change):
        return False
    shipping = {name.casefold() for name in world.policies.readiness.shipping_resolutions}
    if change.key in gained.changes or (change.resolution is not None and change.resolution.casefold() not in shipping):
        return True
    named = {world.policies.version_of(name) for name in change.fix_versions}
    there = [release for version, release in gained.so_far.items() if version in named] or _delivered(tx, delivery, named)
    return any(change.key in {one.key for one in changes_of(tx, release)} for release in there)


def _delivered(tx: Tx, delivery: Delivery, named: Collection[Version | None]) -> list[Release]:
    """Those of the releases that the installation got one by one."""
    here = [one for one in tx.deliveries(clients=[delivery.client], states=(DeliveryState.DELIVERED,)) if one.environment is delivery.environment]
    got = {delivery.previous, *(one.version for one in here)} & {
        version for version in named if version and order(version) <= order(delivery.version)
    }
    return [release for version in got if version is not None and (release := tx.release(version)) is not None]


def _cancel(tx: Tx, notices: Iterable[Notice], kinds: Collection[NoticeKind], why: str, at: datetime) -> None:
    """Leave unsaid what is not true any more."""
    for notice in notices:
        if notice.kind in kinds and notice.state in _LEFT_UNSAID:
            tx.save_notice(notice.model_copy(update={"state": NoticeState.CANCELLED, "last_error": why}))
            tx.record(at, "advance", "notice cancelled", notice.key, {"why": why})


# ── Mail and calls ─────────────────────────────────────────────────────────────────────────────────


def _tell_contacts(world: World, tx: Tx, delivery: Delivery, client: Client, gained: Gain, at: datetime) -> None:
    notice = _notice(world, client, delivery, NoticeKind.AVAILABLE, at, tuple(gained.changes), gained.notes, folder="mail")
    stem = f"{NoticeKind.AVAILABLE}:{client.id}:{delivery.version}:{delivery.attempt}"
    for contact in client.contacts:
        if contact.email and world.policies.mail_contacts and world.mailer is not None:
            told = {"key": f"mail:{stem}:{contact.email}", "channel": Channel.MAIL, "recipient": contact.email}
            put(tx, notice.model_copy(update=told), client.id, at)
    reachable = [contact for contact in client.contacts if contact.phone]
    if client.tier in world.policies.call_tiers and reachable:
        told = {"key": f"call:{stem}", "channel": Channel.CALL, "recipient": f"{reachable[0].name}, {reachable[0].phone}"}
        put(tx, notice.model_copy(update=told), client.id, at)


# ── Plans ──────────────────────────────────────────────────────────────────────────────────────────


def tell_planned(world: World, tx: Tx, release: Release, deliveries: Iterable[Delivery], at: datetime) -> tuple[Delivery, ...]:
    """Tell the tickets of each client on which day its production gets the release, unless the day moved by less than is worth a note.

    Returns the deliveries that are announced by now, with the start that was said.
    """
    production = [one for one in deliveries if one.environment is Environment.PRODUCTION]
    gains = {previous: gain(world, tx, previous, release.version) for previous in {one.previous for one in production}}
    announced = []
    for one in production:
        client = world.clients().get(one.client)
        if client is None or not _worth_a_note(world, one):
            continue
        tickets = gains[one.previous].tickets.get(one.client, ())
        days = [notice for notice in tx.notices(client=one.client) if notice.kind is NoticeKind.PLANNED] if tickets else []
        for ticket, keys in tickets:
            notice = _notice(world, client, one, NoticeKind.PLANNED, at, keys, gains[one.previous].notes)
            told = {"desk": ticket.desk, "ticket": ticket.id}
            earlier = [each for each in days if (each.desk, each.ticket) == (ticket.desk, ticket.id)]
            _tell_day(tx, notice.model_copy(update=told), earlier, client.timezone, at)
        announced.append(one.model_copy(update={"announced_start": one.slot_start}))
    return tuple(announced)


def _worth_a_note(world: World, delivery: Delivery) -> bool:
    if delivery.announced_start is None:
        return True
    return abs(delivery.slot_start - delivery.announced_start) >= world.policies.eta_moves_by


def _tell_day(tx: Tx, notice: Notice, earlier: Iterable[Notice], timezone: str, at: datetime) -> None:
    """At most one note per ticket and day. One that is still unsent, as it was generated, says the new day instead; after one that went out, or
    that a person has let go, the next waits for another day."""
    waiting = next((one for one in earlier if one.state is notice.state and not one.edited), None)
    if waiting is not None:
        said = {name: getattr(notice, name) for name in ("version", "changes", "body", "subject")}
        tx.save_notice(waiting.model_copy(update={**said, "not_before": max(waiting.not_before, notice.not_before)}))
        return
    taken = {_day(one.sent_at or one.not_before, timezone) for one in earlier if one.state in _SAID}
    moment = notice.not_before
    while _day(moment, timezone) in taken:
        midnight = datetime.combine(_day(moment, timezone) + timedelta(days=1), time(), ZoneInfo(timezone))
        moment = business_moment(midnight, timezone)
    key = f"{NoticeKind.PLANNED}:{notice.desk}:{notice.ticket}:{_day(moment, timezone)}"
    new = notice.model_copy(update={"key": key, "not_before": moment})
    if tx.notice(key) is None:
        put(tx, new, notice.client, at)
    else:  # one of that day that never went out
        tx.save_notice(new)


def _day(at: datetime, timezone: str) -> date:
    return at.astimezone(ZoneInfo(timezone)).date()


# ── Taking it back ─────────────────────────────────────────────────────────────────────────────────


def tell_withdrawn(world: World, tx: Tx, delivery: Delivery, why: str, at: datetime) -> None:
    """After a rollback: what was not said yet of that installation stays unsaid, and tickets that were told of the production, or are being told
    at this moment, hear of it honestly, and are open again."""
    client, kinds = world.clients().get(delivery.client), _OF[delivery.environment]
    notices = tx.notices(version=delivery.version, client=delivery.client)
    _cancel(tx, notices, kinds, why, at)
    out = (NoticeState.SENT, NoticeState.SENDING)
    said = [one for one in notices if one.kind in kinds and one.channel is Channel.TICKET and one.state in out]
    for notice in said:
        if client is not None and notice.kind in _THERE:
            back = _notice(world, client, delivery, NoticeKind.WITHDRAWN, at, notice.changes, _said(world, tx.changes(notice.changes)))
            key = f"{NoticeKind.WITHDRAWN}:{notice.desk}:{notice.ticket}:{delivery.version}:{delivery.attempt}"
            put(tx, back.model_copy(update={"key": key, "desk": notice.desk, "ticket": notice.ticket}), delivery.client, at)


def tell_left_out(tx: Tx, left_out: Iterable[Delivery], at: datetime) -> None:
    """For installations that are left out of a release: the day that was still to be announced stays unsaid."""
    reasons = {(one.version, one.client): one.reason for one in left_out if one.environment is Environment.PRODUCTION}
    for version in {version for version, _ in reasons}:
        for notice in tx.notices(version=version, states=UNSENT):
            if (version, notice.client) in reasons:
                _cancel(tx, [notice], (NoticeKind.PLANNED,), reasons[version, notice.client], at)


# ── One notice ─────────────────────────────────────────────────────────────────────────────────────


def put(tx: Tx, notice: Notice, client: ClientId, at: datetime) -> None:
    """Write the notice once, and say so in the audit trail."""
    if tx.put_notice(notice):
        tx.record(at, "advance", "notice put", notice.key, {"client": client, "state": str(notice.state)})


def _notice(
    world: World,
    client: Client,
    delivery: Delivery,
    kind: NoticeKind,
    at: datetime,
    keys: tuple[ChangeKey, ...],
    notes: Mapping[ChangeKey, str],
    folder: str = "ticket",
) -> Notice:
    """A notice with its text. The first line of a mail's text is its subject."""
    day = delivery.slot_start.astimezone(ZoneInfo(client.timezone)).date()
    context: dict[str, Any] = {
        "product": world.policies.product,
        "client": client.name,
        "version": delivery.version,
        "environment": str(delivery.environment),
        "notes": [notes[key] for key in keys if key in notes],
        "day": f"{weekday_text(day)}, {day_text(day)}",
    }
    text = world.render(f"{folder}/{kind}.txt.j2", context).strip()
    subject, _, body = text.partition("\n") if folder == "mail" else ("", "", text)
    review = client.tier in world.policies.review_tiers
    return Notice(
        key="",
        kind=kind,
        channel=Channel.TICKET,
        version=delivery.version,
        client=client.id,
        changes=keys,
        subject=subject.strip(),
        body=body.strip(),
        state=NoticeState.REVIEW if review else NoticeState.WAITING,
        not_before=business_moment(at, client.timezone),
        created_at=at,
    )
