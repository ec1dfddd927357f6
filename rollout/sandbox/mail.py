"""A real SMTP server on loopback that keeps the mail it is given, so that a story or a test can read it. It delivers nothing to anybody."""

import asyncio
import mailbox
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult

_START_WITHIN_SECONDS = 10.0
_HANG_UP = "hang up"


@dataclass(frozen=True)
class ReceivedMail:
    """One mail for one recipient. `body` is the plain text; `message` has every header."""

    sender: str
    recipient: str
    subject: str
    body: str
    message_id: str
    message: EmailMessage


class MailServer:
    """Takes mail at `host`:`port` from the moment that the constructor returns. Safe to use from several threads; close it after use.

    With `user` it wants a login, with `tls` it offers STARTTLS. `maildir` also gets a copy of every mail, to look at with a mail program.
    """

    host = "127.0.0.1"

    def __init__(self, port: int = 0, maildir: Path | None = None, user: str = "", password: str = "", tls: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_server((self.host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does not, for a socket that it did not open
        self.port: int = self._socket.getsockname()[1]
        self._keeper = _Keeper(mailbox.Maildir(maildir, create=True) if maildir else None)
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._make = lambda: SMTP(
            self._keeper,
            hostname="mail.example.com",
            ident="sandbox",
            enable_SMTPUTF8=True,
            loop=self._loop,
            tls_context=tls,
            auth_required=bool(user),
            auth_require_tls=tls is not None,
            authenticator=_login(user, password) if user else None,
        )
        self._thread = threading.Thread(target=self._run, name=f"mail-{self.port}", daemon=True)
        self._thread.start()
        if not self._started.wait(_START_WITHIN_SECONDS):
            raise TimeoutError(f"no mail server came up on {self.host}:{self.port} within {_START_WITHIN_SECONDS:.0f} s")

    @property
    def mails(self) -> tuple[ReceivedMail, ...]:
        """Every mail that was accepted, oldest first."""
        return self._keeper.mails

    def refuse(self, code: int, text: str = "not now", count: int = 1, verb: str = "RCPT") -> None:
        """Answer the next `count` commands of that kind (MAIL, RCPT, DATA or QUIT) with this code: 4xx is for now, 5xx for good."""
        self._keeper.refuse(verb, f"{code} {text}", count)

    def hang_up(self, verb: str = "DATA", count: int = 1) -> None:
        """Break the connection instead of answering the next `count` commands of that kind; a mail in it is taken nevertheless."""
        self._keeper.refuse(verb, _HANG_UP, count)

    def close(self) -> None:
        """Stop listening; returns when the port is free."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(cast(Callable[[], asyncio.Protocol], self._make), sock=self._socket))
        self._started.set()
        self._loop.run_forever()
        server.close()
        talks = asyncio.all_tasks(self._loop)
        for talk in talks:
            talk.cancel()
        self._loop.run_until_complete(asyncio.gather(*talks, return_exceptions=True))
        self._loop.close()


class _Keeper:
    """What the server asks at each command of a conversation; the names of the hooks are aiosmtpd's."""

    def __init__(self, maildir: mailbox.Maildir | None) -> None:
        self._lock = threading.Lock()
        self._mails: list[ReceivedMail] = []
        self._refusals: list[tuple[str, str]] = []
        self._maildir = maildir

    @property
    def mails(self) -> tuple[ReceivedMail, ...]:
        with self._lock:
            return tuple(self._mails)

    def refuse(self, verb: str, answer: str, count: int) -> None:
        with self._lock:
            self._refusals += [(verb, answer)] * count

    async def handle_MAIL(self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        refused = self._refusal("MAIL", server)
        if not refused:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refused or "250 OK"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        refused = self._refusal("RCPT", server)
        if not refused:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return refused or "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        refused = self._refusal("DATA", server)
        if refused in ("", _HANG_UP):
            self._keep(envelope.mail_from, envelope.rcpt_tos, envelope.content)
        return refused or "250 OK"

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self._refusal("QUIT", server) or "221 Bye"

    def _refusal(self, verb: str, server: Any) -> str:
        """The answer that refuses this command, empty if it is welcome. Hanging up is done here and now."""
        with self._lock:
            due = next((entry for entry in self._refusals if entry[0] == verb), None)
            if due is not None:
                self._refusals.remove(due)
        answer = due[1] if due else ""
        if answer == _HANG_UP:
            server.transport.abort()
        return answer

    def _keep(self, sender: str, recipients: list[str], content: bytes) -> None:
        message = message_from_bytes(content, policy=policy.default)
        part = message.get_body(("plain",))
        body = str(part.get_content()).replace("\r\n", "\n").removesuffix("\n") if part is not None else ""
        subject, name = str(message["Subject"] or ""), str(message["Message-ID"] or "")
        with self._lock:
            self._mails += [ReceivedMail(sender, one, subject, body, name, message) for one in recipients]
            if self._maildir is not None:
                self._maildir.add(content)


def _login(user: str, password: str) -> Callable[..., AuthResult]:
    def judge(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(handled=False, success=(given.login, given.password) == (user.encode(), password.encode()))

    return judge
