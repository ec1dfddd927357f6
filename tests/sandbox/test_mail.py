"""The mail server is a real one: whatever speaks SMTP can talk to it, and what it accepted can be read."""

import mailbox
import smtplib
from pathlib import Path

import pytest

from rollout.sandbox.mail import MailServer

MAIL = "From: a@example.com\r\nTo: b@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"


def _send(server: MailServer, *recipients: str) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.sendmail("a@example.com", recipients, MAIL)


def test_accepted_mail_is_kept_for_each_recipient() -> None:
    with MailServer() as server:
        _send(server, "b@example.com", "c@example.com")
        kept = [(mail.sender, mail.recipient, mail.subject, mail.body, mail.message_id) for mail in server.mails]
    assert kept == [("a@example.com", who, "Grüße", "Hello", "<1@example.com>") for who in ("b@example.com", "c@example.com")]


def test_a_maildir_gets_a_copy(tmp_path: Path) -> None:
    with MailServer(maildir=tmp_path / "mail") as server:
        _send(server, "b@example.com")
    assert [message["Message-ID"] for message in mailbox.Maildir(tmp_path / "mail")] == ["<1@example.com>"]


@pytest.mark.parametrize(
    ("verb", "error"), [("MAIL", smtplib.SMTPSenderRefused), ("RCPT", smtplib.SMTPRecipientsRefused), ("DATA", smtplib.SMTPDataError)]
)
def test_it_refuses_as_often_as_it_was_told_to(verb: str, error: type[smtplib.SMTPException]) -> None:
    with MailServer() as server:
        server.refuse(450, "later", count=1, verb=verb)
        with pytest.raises(error):
            _send(server, "b@example.com")
        assert server.mails == ()
        _send(server, "b@example.com")
        assert len(server.mails) == 1


def test_it_can_be_closed_in_the_middle_of_a_talk_and_its_port_is_free() -> None:
    server = MailServer()
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.ehlo()
        server.close()
    again = MailServer(port=server.port)
    again.close()
    again.close()
