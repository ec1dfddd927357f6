"""Mail over a real SMTP server: what arrives, what is refused before it leaves, and what each failure is called."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rollout.adapters.channels.smtp import SmtpMailer, message_id
from rollout.errors import BadAnswer, OutsideError, Unauthorized, Unreachable
from rollout.sandbox.mail import MailServer

NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as one:
        yield one


@pytest.fixture
def mailer(server: MailServer) -> SmtpMailer:
    return SmtpMailer(server.host, server.port, "Tidewater <releases@tidewater.example>", timeout=10, clock=lambda: NOON)


def test_what_is_written_is_what_arrives(server: MailServer, mailer: SmtpMailer) -> None:
    body = "Guten Tag Jürgen,\n\n.\nFrom here on: 日本語 🚀\n" + "long " * 400
    mailer.send("ana@acme.example", "Ihr Fix „Export“ ist da – größer", body, "key:1")
    (mail,) = server.mails
    assert (mail.sender, mail.recipient) == ("releases@tidewater.example", "ana@acme.example")
    assert (mail.subject, mail.body) == ("Ihr Fix „Export“ ist da – größer", body)
    assert mail.message["From"] == "Tidewater <releases@tidewater.example>"
    assert mail.message["Date"] == "Thu, 03 Dec 2026 17:00:00 +0000"


def test_a_mail_says_that_a_program_wrote_it(server: MailServer, mailer: SmtpMailer) -> None:
    mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert server.mails[0].message["Auto-Submitted"] == "auto-generated"


def test_the_same_key_is_the_same_message_and_another_is_another(server: MailServer, mailer: SmtpMailer) -> None:
    for key in ("key:1", "key:1", "key:2"):
        mailer.send("ana@acme.example", "Hello", "Hello", key)
    first, again, other = (mail.message_id for mail in server.mails)
    assert first == again == message_id("key:1", "tidewater.example")
    assert other != first


def test_half_characters_and_control_signs_do_not_stop_a_mail(server: MailServer, mailer: SmtpMailer) -> None:
    mailer.send("ana@acme.example", "Fix \ud800", "a\x00b\x1b\u202e\ud800\r\nc", "key:1")
    assert (server.mails[0].subject, server.mails[0].body) == ("Fix ?", "ab?\nc")


def test_a_domain_in_any_script_is_written_as_mail_servers_know_it(server: MailServer, mailer: SmtpMailer) -> None:
    mailer.send("ana@exämple.example", "Hello", "Hello", "key:1")
    assert server.mails[0].recipient == "ana@xn--exmple-cua.example"


@pytest.mark.parametrize(
    "recipient",
    [
        "a@b.example\nBcc: x@y.example",
        "a@b.example\r\n",
        "a@b.example, c@d.example",
        "Ana <a@b.example>",
        "ana",
        "ana@",
        "@b.example",
        "",
        "a b@c.example",
        '"a\tb"@c.example',
    ],
)
def test_what_is_not_one_address_is_refused(server: MailServer, mailer: SmtpMailer, recipient: str) -> None:
    with pytest.raises(BadAnswer, match="is not one mail address"):
        mailer.send(recipient, "Hello", "Hello", "key:1")
    assert server.mails == ()


@pytest.mark.parametrize("subject", ["Hello\nBcc: x@y.example", "Hello\r\n\r\nbody", "a\x00b", "a\u2028b"])
def test_a_subject_of_more_than_one_line_is_refused(server: MailServer, mailer: SmtpMailer, subject: str) -> None:
    with pytest.raises(BadAnswer, match="line break or control character"):
        mailer.send("ana@acme.example", subject, "Hello", "key:1")
    assert server.mails == ()


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("code", "error"), [(421, Unreachable), (450, Unreachable), (452, Unreachable), (550, BadAnswer), (554, BadAnswer)])
def test_4xx_may_work_later_and_5xx_never(server: MailServer, mailer: SmtpMailer, verb: str, code: int, error: type[Exception]) -> None:
    server.refuse(code, "no such luck", verb=verb)
    with pytest.raises(error, match=f"answered {code} to the mail for ana@acme.example: no such luck") as caught:
        mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert caught.value.retryable == (code < 500)
    assert server.mails == ()


def test_a_rude_goodbye_does_not_make_an_accepted_mail_fail(server: MailServer, mailer: SmtpMailer) -> None:
    server.refuse(421, "busy", verb="QUIT")
    mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert len(server.mails) == 1


def test_a_server_that_hangs_up_at_the_goodbye_has_the_mail(server: MailServer, mailer: SmtpMailer) -> None:
    server.hang_up(verb="QUIT")
    mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert len(server.mails) == 1


def test_a_mail_whose_answer_is_lost_is_for_a_person_to_judge(server: MailServer, mailer: SmtpMailer) -> None:
    server.hang_up(verb="DATA")
    with pytest.raises(OutsideError, match=r"the mail for ana@acme\.example: it may have gone out or not") as caught:
        mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert not caught.value.retryable
    assert len(server.mails) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_server_that_hangs_up_before_the_text_can_be_asked_again(server: MailServer, mailer: SmtpMailer, verb: str) -> None:
    server.hang_up(verb=verb)
    with pytest.raises(Unreachable, match="broke off"):
        mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert server.mails == ()


def test_a_server_that_is_gone_is_unreachable(server: MailServer, mailer: SmtpMailer) -> None:
    server.close()
    with pytest.raises(Unreachable, match=rf"mail: 127.0.0.1:{server.port} cannot be reached"):
        mailer.send("ana@acme.example", "Hello", "Hello", "key:1")


@pytest.mark.parametrize("sender", ["", "Tidewater", "a@b.example\nBcc: x@y.example", "Tidewater <>"])
def test_a_sender_that_is_no_address_is_refused_at_once(sender: str) -> None:
    with pytest.raises(ValueError, match="is not a sender"):
        SmtpMailer("127.0.0.1", 25, sender)


# ── STARTTLS and login ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, in one file, that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(made.public_bytes(encoding) + secret)
    return path


@pytest.fixture
def guarded(certificate: Path) -> Iterator[MailServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with MailServer(user="rollout", password="s3cret", tls=tls) as one:
        yield one


def _secure(server: MailServer, certificate: Path, password: str) -> SmtpMailer:
    trust = ssl.create_default_context(cafile=str(certificate))
    return SmtpMailer("localhost", server.port, "a@b.example", starttls=True, user="rollout", password=password, tls=trust, timeout=10)


def test_mail_goes_out_encrypted_and_logged_in(guarded: MailServer, certificate: Path) -> None:
    _secure(guarded, certificate, "s3cret").send("ana@acme.example", "Hello", "Hello", "key:1")
    assert len(guarded.mails) == 1


def test_a_wrong_password_is_unauthorized(guarded: MailServer, certificate: Path) -> None:
    with pytest.raises(Unauthorized, match=r"535.*Check user and password"):
        _secure(guarded, certificate, "wrong").send("ana@acme.example", "Hello", "Hello", "key:1")


def test_a_certificate_that_is_not_trusted_stops_the_mail(guarded: MailServer) -> None:
    mailer = SmtpMailer("localhost", guarded.port, "a@b.example", starttls=True, user="rollout", password="s3cret", timeout=10)
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert guarded.mails == ()


def test_a_server_without_starttls_gets_no_mail_in_the_clear(server: MailServer) -> None:
    mailer = SmtpMailer(server.host, server.port, "a@b.example", starttls=True, timeout=10)
    with pytest.raises(BadAnswer, match="STARTTLS"):
        mailer.send("ana@acme.example", "Hello", "Hello", "key:1")
    assert server.mails == ()
