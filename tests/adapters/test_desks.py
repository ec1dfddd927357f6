"""What every Desk adapter promises, asked over real HTTP. A new adapter joins by adding its own `Stand` to STANDS."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from rollout.adapters.desks.zendesk import ZendeskDesk
from rollout.core.closing import TicketStatus
from rollout.errors import BadAnswer, Gone, Throttled, Unauthorized, Unreachable
from rollout.ports import Desk
from rollout.sandbox.desk import HelpDesk, HelpDeskServer, InjectedFault, Mishap

NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)
KEY = "available:help:7:acme:2026.12"


class Stand(ABC):
    """One adapter with the real or stand-in help desk that it talks to, and the hands of the people there."""

    desk: Desk

    @abstractmethod
    def new_ticket(self, subject: str = "Export crashes", organization: str = "acme") -> str: ...
    @abstractmethod
    def stranger(self) -> Desk:
        """The same desk with a credential that is not accepted."""

    @abstractmethod
    def replies(self, ticket: str) -> list[str]:
        """What the requester read from us, as they see it."""

    @abstractmethod
    def status(self, ticket: str) -> str: ...
    @abstractmethod
    def person_replies(self, ticket: str) -> None: ...
    @abstractmethod
    def person_solves(self, ticket: str) -> None: ...
    @abstractmethod
    def close_for_good(self, ticket: str) -> None: ...
    @abstractmethod
    def requester_replies(self, ticket: str) -> None: ...
    @abstractmethod
    def writes(self) -> int:
        """How many requests so far asked for a change."""

    @abstractmethod
    def before_next_write(self, act: Callable[[], None], times: int = 1) -> None: ...
    @abstractmethod
    def lose_next_answer(self) -> None:
        """The next write takes effect and its answer is lost."""

    @abstractmethod
    def throttle(self, retry_after: str | None) -> None: ...
    @abstractmethod
    def go_down(self) -> None: ...
    @abstractmethod
    def begin(self) -> None:
        """Forget faults and counts of the test before."""

    @abstractmethod
    def vanish(self) -> None:
        """Nothing listens at the desk's address any more."""

    @abstractmethod
    def close(self) -> None: ...


class ZendeskStand(Stand):
    def __init__(self) -> None:
        self.help = HelpDesk(lambda: NOON, "bot@example.com", "s3cret")
        self.server = HelpDeskServer(self.help)
        self.desk = self._desk("s3cret")
        self._before = 0

    def _desk(self, token: str) -> ZendeskDesk:
        return ZendeskDesk("help", self.server.url, "bot@example.com", token, timeout=10)

    def stranger(self) -> Desk:
        return self._desk("wrong")

    def new_ticket(self, subject: str = "Export crashes", organization: str = "acme") -> str:
        requester = self.help.add_user("Ana", "ana@acme.example", self.help.add_organization("Acme Rowing", organization))
        return self.help.add_ticket(subject, requester, "It crashes every time.")

    def replies(self, ticket: str) -> list[str]:
        return [reply.text for reply in self.help.replies if reply.ticket == ticket]

    def status(self, ticket: str) -> str:
        return self.help.status(ticket)

    def person_replies(self, ticket: str) -> None:
        self.help.agent_replies(ticket, "We are on it.")

    def person_solves(self, ticket: str) -> None:
        self.help.agent_solves(ticket, "Done by hand.")

    def close_for_good(self, ticket: str) -> None:
        self.help.close_ticket(ticket)

    def requester_replies(self, ticket: str) -> None:
        self.help.requester_replies(ticket, "Still broken!")

    def writes(self) -> int:
        return self._all_writes() - self._before

    def _all_writes(self) -> int:
        return sum(not line.startswith("GET ") for line in self.server.traffic.requests)

    def begin(self) -> None:
        self.server.traffic.clear()
        self._before = self._all_writes()

    def vanish(self) -> None:
        self.server.close()

    def before_next_write(self, act: Callable[[], None], times: int = 1) -> None:
        self.server.traffic.meanwhile("^PUT ", act)
        if times > 1:
            self.server.traffic.meanwhile("^PUT ", lambda: self.before_next_write(act, times - 1))

    def lose_next_answer(self) -> None:
        self.server.traffic.inject(InjectedFault(kind=Mishap.DROPPED, route="^PUT "))

    def throttle(self, retry_after: str | None) -> None:
        self.server.traffic.inject(InjectedFault(kind=Mishap.THROTTLED, retry_after=retry_after))

    def go_down(self) -> None:
        self.server.traffic.inject(InjectedFault(kind=Mishap.UNAVAILABLE))

    def close(self) -> None:
        self.desk.close()
        self.server.close()


STANDS: dict[str, Callable[[], Stand]] = {"zendesk": ZendeskStand}


@pytest.fixture(scope="module", params=STANDS)
def running(request: pytest.FixtureRequest) -> Iterator[Stand]:
    one = STANDS[request.param]()
    yield one
    one.close()


@pytest.fixture
def stand(running: Stand) -> Stand:
    running.begin()
    return running


# ── reading ────────────────────────────────────────────────────────────────────────────────────────


def test_a_ticket_is_read_with_the_organization_of_its_requester(stand: Stand) -> None:
    number = stand.new_ticket(subject="Ünicode <b> crashes", organization="acme")
    ticket = stand.desk.ticket(number)
    assert ticket is not None
    assert (ticket.desk, ticket.id, ticket.status) == ("help", number, TicketStatus.OPEN)
    assert (ticket.subject, ticket.organization, ticket.updated) == ("Ünicode <b> crashes", "acme", NOON)


def test_an_unknown_ticket_is_none(stand: Stand) -> None:
    assert stand.desk.ticket("424242") is None


@pytest.mark.parametrize("name", ["", "../users/me", "7?x=1", "seven", "٣", "9" * 40])
def test_a_name_that_no_ticket_can_have_is_never_asked_for(stand: Stand, name: str) -> None:
    assert stand.desk.ticket(name) is None
    with pytest.raises(Gone):
        stand.desk.reply(name, "Hello", KEY, resolve=False)
    assert stand.writes() == 0


def test_solved_and_closed_are_told_apart(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.person_solves(number)
    solved = stand.desk.ticket(number)
    stand.close_for_good(number)
    closed = stand.desk.ticket(number)
    assert solved is not None
    assert closed is not None
    assert (solved.status, closed.status) == (TicketStatus.SOLVED, TicketStatus.CLOSED)


# ── telling ────────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_solves_the_ticket_in_one_request(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.desk.reply(number, "The fix is in 2026.12.", KEY, resolve=True)
    assert (stand.replies(number), stand.status(number), stand.writes()) == (["The fix is in 2026.12."], "solved", 1)


def test_a_reply_alone_leaves_the_status(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.desk.reply(number, "Planned for Thursday.", KEY, resolve=False)
    assert (stand.replies(number), stand.status(number)) == (["Planned for Thursday."], "open")


def test_was_told_knows_the_key_and_no_other(stand: Stand) -> None:
    number, other = stand.new_ticket(), stand.new_ticket()
    assert not stand.desk.was_told(number, KEY)
    stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert stand.desk.was_told(number, KEY)
    assert not stand.desk.was_told(number, KEY + ":1")
    assert not stand.desk.was_told(other, KEY)


def test_was_told_finds_a_key_under_hundreds_of_later_updates(stand: Stand) -> None:
    number = stand.new_ticket()
    for _ in range(120):
        stand.person_replies(number)
    stand.desk.reply(number, "The fix is in.", KEY, resolve=False)
    for _ in range(120):
        stand.person_replies(number)
    assert stand.desk.was_told(number, KEY)


def test_a_lost_answer_is_unreachable_and_the_key_still_stands(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.lose_next_answer()
    with pytest.raises(Unreachable):
        stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert stand.desk.was_told(number, KEY)
    assert (stand.replies(number), stand.status(number), stand.writes()) == (["The fix is in."], "solved", 1)


def test_the_requesters_answer_opens_a_solved_ticket_again(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    stand.requester_replies(number)
    ticket = stand.desk.ticket(number)
    assert ticket is not None
    assert ticket.status == TicketStatus.OPEN


def test_a_solved_ticket_is_reopened_with_a_note(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    stand.desk.reopen(number, "We had to take it back.", "withdrawn")
    assert (stand.replies(number)[-1], stand.status(number)) == ("We had to take it back.", "open")
    assert stand.desk.was_told(number, "withdrawn")


# ── leaving alone, and races ───────────────────────────────────────────────────────────────────────


def test_a_closed_ticket_is_left_alone(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.close_for_good(number)
    with pytest.raises(BadAnswer, match=f"ticket {number} is closed for good"):
        stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    with pytest.raises(BadAnswer, match="closed for good"):
        stand.desk.reopen(number, "Taken back.", KEY)
    assert (stand.replies(number), stand.writes()) == ([], 0)


def test_a_word_that_came_in_between_does_not_stop_the_reply(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.before_next_write(lambda: stand.person_replies(number))
    stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert (stand.replies(number), stand.status(number)) == (["The fix is in."], "solved")


def test_a_ticket_that_a_person_solves_in_between_is_left_alone(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.before_next_write(lambda: stand.person_solves(number))
    with pytest.raises(Throttled, match="it became solved"):
        stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert stand.replies(number) == []
    assert not stand.desk.was_told(number, KEY)


def test_of_two_workers_with_the_same_key_only_one_is_heard(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.before_next_write(lambda: stand.desk.reply(number, "The fix is in.", KEY, resolve=True))
    stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert (stand.replies(number), stand.writes()) == (["The fix is in."], 2)


def test_a_ticket_that_never_rests_is_tried_again_later(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.before_next_write(lambda: stand.person_replies(number), times=2)
    with pytest.raises(Throttled, match="it changed twice"):
        stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert (stand.replies(number), stand.writes()) == ([], 2)


def test_many_threads_tell_many_tickets_each_once(stand: Stand) -> None:
    numbers = [stand.new_ticket() for _ in range(24)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: stand.desk.reply(number, f"For {number}.", KEY, resolve=True), numbers))
    assert [stand.replies(number) for number in numbers] == [[f"For {number}."] for number in numbers]


# ── trouble ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("header", "seconds"), [("93", 93.0), ("1.5", 1.5), ("0", 0.0), (None, None), ("soon", None), ("-5", None)])
def test_a_throttled_desk_says_how_long_to_wait(stand: Stand, header: str | None, seconds: float | None) -> None:
    number = stand.new_ticket()
    stand.throttle(header)
    with pytest.raises(Throttled) as caught:
        stand.desk.ticket(number)
    assert caught.value.retry_after == seconds


def test_a_desk_that_is_down_is_unreachable_and_nothing_is_written_twice(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.go_down()
    with pytest.raises(Unreachable, match="503"):
        stand.desk.reply(number, "The fix is in.", KEY, resolve=True)
    assert stand.replies(number) == []


def test_a_wrong_credential_is_named(stand: Stand) -> None:
    number = stand.new_ticket()
    with pytest.raises(Unauthorized, match=r"help: .*401"):
        stand.stranger().ticket(number)


@pytest.mark.parametrize("make", STANDS.values(), ids=STANDS)
def test_a_desk_that_is_gone_is_an_outside_error_with_its_name(make: Callable[[], Stand]) -> None:
    stand = make()
    stand.vanish()
    with pytest.raises(Unreachable) as caught:
        stand.desk.ticket("1")
    stand.close()
    assert caught.value.system == "help"


# ── text is text ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "First line\nsecond line\n\nNext paragraph",
        "<script>alert('x')</script> & <b onclick=\"y\">bold</b> &lt;",
        "Use {{ticket.requester.email}} or {% if %}",
        "  - indented\n    - deeper",
        "שלום and עוד, 日本語, emoji 🚀",
        "a > b < c && d",
    ],
)
def test_what_is_written_is_what_the_requester_reads(stand: Stand, text: str) -> None:
    number = stand.new_ticket()
    stand.desk.reply(number, text, KEY, resolve=False)
    assert stand.replies(number) == [text.strip()]


def test_marks_that_turn_text_around_do_not_get_through(stand: Stand) -> None:
    number = stand.new_ticket()
    stand.desk.reply(number, "safe\u202egnp.exe\u2066 and\x00 \x1b[31mred\ud800", KEY, resolve=False)
    assert stand.replies(number) == ["safegnp.exe and [31mred?"]
