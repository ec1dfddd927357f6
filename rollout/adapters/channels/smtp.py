"""Sends plain-text mail over SMTP: one connection per mail, one recipient per mail, no retry of its own.

The Message-ID is made of the notice's key, so that a mail that is sent again after an unknown outcome can be recognised as the same.
"""

import hashlib
import re
import smtplib
import ssl
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from rollout.errors import BadAnswer, OutsideError, Unauthorized, Unreachable

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


class SmtpMailer:
    """A `Mailer` port. `sender` is an address with or without a name, `timeout` bounds each step in seconds. Safe to use from several threads.

    With `starttls` nothing is sent before the connection is encrypted and the server's certificate fits; `tls` replaces the system's trust.
    With `user` it logs in first. `clock` gives the mail its date.
    """

    name = "mail"

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        starttls: bool = False,
        user: str = "",
        password: str = "",
        timeout: float = 30.0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._host, self._port, self._timeout = host, port, timeout
        self._sender = _sender(sender)
        self._tls = (tls or ssl.create_default_context()) if starttls else None
        self._login = (user, password) if user else None
        self._clock = clock

    def send(self, recipient: str, subject: str, body: str, key: str) -> None:
        """Send plain text to one address. Raises Unreachable if it may work later, BadAnswer or Unauthorized if it will not, and a plain
        OutsideError, which is not retryable, if nobody can say whether the mail went out."""
        message = self._message(recipient, subject, body, key)
        try:
            self._deliver(message)
        except OSError as error:  # smtplib's own errors are OSErrors, too
            raise self._failure(error, recipient) from None

    def _deliver(self, message: EmailMessage) -> None:
        server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._tls:
                server.starttls(context=self._tls)
            if self._login:
                server.login(*self._login)
            self._hand_over(server, message)
            with suppress(OSError):
                server.quit()  # the mail is accepted; a rude good-bye does not undo that
        finally:
            server.close()

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        """Give the server the mail. Once the text was sent, silence is no refusal: the mail may be on its way, a second one would be one too many.

        `send_message` will not do: it writes ">From" where a line begins with From.
        """
        recipient = message["To"].addresses[0].addr_spec
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(self._sender.addr_spec), 250)
        _expect(server.rcpt(recipient), 250, 251)
        try:
            answer = server.data(message.as_bytes())
        except smtplib.SMTPResponseException:
            raise
        except OSError as error:
            where = f"{self._host}:{self._port}"
            text = f"{where} broke off ({error}) in the middle of the mail for {recipient}: it may have gone out or not. Ask the recipient."
            raise OutsideError(self.name, text) from None
        _expect(answer, 250)

    def _message(self, recipient: str, subject: str, body: str, key: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = self._recipient(recipient)
        message["Subject"] = self._one_line(subject)
        message["Date"] = format_datetime(self._clock())
        message["Message-ID"] = message_id(key, self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_UNSEEN.sub("", _storable(body).replace("\r\n", "\n")))
        return message

    def _recipient(self, text: str) -> Address:
        try:
            if not _plain(text):
                raise ValueError("it has a control character")
            found = Address(addr_spec=text)
            return Address(username=found.username, domain=found.domain.encode("idna").decode())
        except (ValueError, MessageError, IndexError) as error:
            raise BadAnswer(self.name, f"{text!r} is not one mail address ({error}). Correct the client's contact.") from None

    def _one_line(self, subject: str) -> str:
        if not _plain(subject):
            raise BadAnswer(self.name, f"the subject {subject!r} has a line break or control character. Write it in one line.")
        return _storable(subject)

    def _failure(self, error: OSError, recipient: str) -> OutsideError:
        where = f"{self._host}:{self._port}"
        code, told = _answer(error)
        if code is None:
            return _silent(self.name, where, error)
        text = f"{where} answered {code} to the mail for {recipient}: {told}"
        if 400 <= code < 500:
            return Unreachable(self.name, text)
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return Unauthorized(self.name, f"{text}. Check user and password.")
        return BadAnswer(self.name, text)


def message_id(key: str, domain: str) -> str:
    """The Message-ID that a mail with that key has, today and tomorrow."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    """Raise what smtplib would for an answer with another code."""
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _silent(name: str, where: str, error: OSError) -> OutsideError:
    """The error for a failure that came without an SMTP answer."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return BadAnswer(name, f"{where} cannot do what the mail needs: {error}")
    return Unreachable(name, f"{where} cannot be reached, or broke off: {error or type(error).__name__}")


def _answer(error: OSError) -> tuple[int | None, str]:
    """The code and text of the server's answer; None where there was none, or a line that is no SMTP (smtplib calls that -1)."""
    if not isinstance(error, smtplib.SMTPResponseException) or error.smtp_code < 0:
        return None, ""
    text = error.smtp_error
    return error.smtp_code, " ".join((text.decode("utf-8", "replace") if isinstance(text, bytes) else text).split())


def _sender(text: str) -> Address:
    """The address that mails come from. Raises ValueError for what is none."""
    name, spec = parseaddr(text) if _plain(text) else ("", "")
    try:
        return Address(display_name=name, addr_spec=spec)
    except (ValueError, MessageError, IndexError):
        raise ValueError(f"{text!r} is not a sender; write it as Name <user@example.com>") from None


def _plain(text: str) -> bool:
    return not any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text)


def _storable(text: str) -> str:
    """The text without halves of characters, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
