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
        """Send plain text to one address. Raises Unreachable if it may work later, BadAnswer or Unauthorized if it will not."""
        message = self._message(recipient, subject, body, key)
        try:
            self._deliver(message)
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error, recipient) from None

    def _deliver(self, message: EmailMessage) -> None:
        server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._tls:
                server.starttls(context=self._tls)
            if self._login:
                server.login(*self._login)
            # not send_message: it writes ">From" for a line that begins with From
            server.sendmail(self._sender.addr_spec, [message["To"].addresses[0].addr_spec], message.as_bytes())
            with suppress(smtplib.SMTPException, OSError):
                server.quit()  # the mail is accepted; a rude good-bye does not undo that
        finally:
            server.close()

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

    def _failure(self, error: smtplib.SMTPException | OSError, recipient: str) -> OutsideError:
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


def _silent(name: str, where: str, error: smtplib.SMTPException | OSError) -> OutsideError:
    """The error for a failure that came without an SMTP answer."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return BadAnswer(name, f"{where} cannot do what the mail needs: {error}")
    return Unreachable(name, f"{where} cannot be reached, or broke off: {error or type(error).__name__}")


def _answer(error: smtplib.SMTPException | OSError) -> tuple[int | None, str]:
    """The code and text of the server's answer; None where there was none, or a line that is no SMTP (smtplib calls that -1)."""
    code, text = _raw_answer(error)
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return (code if code > 0 else None), " ".join(told.split())


def _raw_answer(error: smtplib.SMTPException | OSError) -> tuple[int, bytes | str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return -1, ""


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
