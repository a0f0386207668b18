"""Mails by a real mail server: with TLS from the start or after STARTTLS, with a sign-in, refused for good or for now."""

import asyncio
import socket
import threading
import time
from contextlib import closing, suppress
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from securemsg.errors import Misconfigured
from securemsg.outbound import Failed, mail
from securemsg.registry import Registry, declaring
from securemsg.settings import load
from tests.listening import plugins
from tests.outbound.test_post import drips_without_end
from tests.service import free_port


class Box:
    """What arrives; `refuses` is the answer to a recipient instead, `goodbye` the one to QUIT (none: it hangs up). It `thinks`
    about a mail that has come, before it says so, for as long as that takes; `hangs_up`: then it says nothing, so often."""

    def __init__(self) -> None:
        self.mails, self.refuses, self.goodbye = [], "", "221 Bye"
        self.thinks, self.hangs_up = lambda: None, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if not self.goodbye:
            server.transport.abort()
        return self.goodbye

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        await asyncio.to_thread(self.thinks)
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def box():
    return Box()


def server(box: Box, **how):
    """A running mail server, ended by `close`."""
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **how)
    controller.start()
    controller.close = controller.stop
    return closing(controller)


def settings(tmp_path, url: str):
    return load({"SECUREMSG_DATA": str(tmp_path / "data"), "SECUREMSG_SMTP_URL": url,
                 "SECUREMSG_MAIL_FROM": "Elm Street <messages@elm.example>"})


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Elm Street <messages@elm.example>", "leo@example.org", "There is news"
    message.set_content("Please look.")
    return message


def authenticator(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"elm@", b"p@ss/word"), handled=False)


def test_it_arrives_at_a_server_on_this_computer(box, tmp_path):
    with server(box) as running:
        mail.send(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"), letter())
    [(sender, to, content)] = box.mails
    assert (sender, to) == ("messages@elm.example", ["leo@example.org"]) and b"Please look." in content


def test_with_starttls_and_a_sign_in(box, tmp_path, tls):
    with server(box, tls_context=tls, require_starttls=True, authenticator=authenticator, auth_required=True) as running:
        mail.send(settings(tmp_path, f"smtp+starttls://elm%40:p%40ss%2Fword@127.0.0.1:{running.port}"), letter())
        with pytest.raises(Failed) as failed:
            mail.send(settings(tmp_path, f"smtp+starttls://elm%40:wrong@127.0.0.1:{running.port}"), letter())
    assert failed.value.status == 535 and not failed.value.permanent, "the password is the clinic's to mend: the mail waits"
    assert len(box.mails) == 1


def test_with_tls_from_the_start(box, tmp_path, tls):
    with server(box, ssl_context=tls) as running:
        mail.send(settings(tmp_path, f"smtps://127.0.0.1:{running.port}"), letter())
    assert len(box.mails) == 1


def test_where_starttls_is_not_offered_or_not_trusted_nothing_is_sent(box, tmp_path, monkeypatch, tls):
    with server(box) as running, pytest.raises(Failed):
        mail.send(settings(tmp_path, f"smtp+starttls://127.0.0.1:{running.port}"), letter())
    monkeypatch.delenv("SSL_CERT_FILE")
    with server(box, tls_context=tls) as running, pytest.raises(Failed):
        mail.send(settings(tmp_path, f"smtp+starttls://127.0.0.1:{running.port}"), letter())
    assert box.mails == []


@pytest.mark.parametrize(("answer", "permanent"), [("550 No such person", True), ("451 Later", False)])
def test_who_is_not_known_there_is_known_never_and_who_is_not_ready_later(box, tmp_path, answer, permanent):
    box.refuses = answer
    with server(box) as running, pytest.raises(Failed) as failed:
        mail.send(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"), letter())
    assert (failed.value.status, failed.value.permanent) == (int(answer[:3]), permanent)


@pytest.mark.parametrize("goodbye", ["421 4.3.2 Shutting down", "250 Bye", "500 What?", ""])
def test_a_mail_that_was_taken_is_sent_however_the_server_says_goodbye(box, tmp_path, goodbye):
    box.goodbye = goodbye
    with server(box) as running:
        mail.send(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"), letter())
    assert len(box.mails) == 1


def test_a_server_that_looks_through_a_mail_first_is_waited_for_since_it_has_it_already(box, tmp_path, monkeypatch):
    monkeypatch.setattr(mail, "_SECONDS", 1)
    box.thinks = lambda: time.sleep(1.3)
    with server(box) as running:
        mail.send(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"), letter())
        monkeypatch.setattr(mail, "_TAKEN_SECONDS", 0.2)
        with pytest.raises(Failed):
            mail.send(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"), letter())


class Drips:
    """A server that says all that it should, but at one place byte after byte and no end of it, for eight seconds."""

    def __init__(self, at: int, context=None):
        self.at, self.context, self.port = at, context, None
        self.listens = socket.create_server(("127.0.0.1", 0))
        self.port = self.listens.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        with (suppress(OSError), self.listens.accept()[0] as plain,
              self.context.wrap_socket(plain, server_side=True) if self.context else plain as client):
            self._speaks(client)

    def _speaks(self, client: socket.socket) -> None:
        heard = client.makefile("rb")
        for number, line in enumerate(("220 elm", "250 elm", "250 From", "250 To", "354 Go on", "250 Taken", "221 Bye")):
            if number == self.at:
                drips_without_end(line.encode())(client)
            client.sendall(line.encode() + b"\r\n")
            while number < 6 and (said := heard.readline()) and number == 4 and said != b".\r\n":
                pass

    def close(self) -> None:
        self.listens.close()
        self.thread.join(10)


@pytest.mark.parametrize("at", [0, 1, 3, 5])
def test_who_answers_a_byte_at_a_time_is_cut_off(tmp_path, monkeypatch, at):
    """Wherever it does so: at its greeting, at a command, when it has the mail."""
    monkeypatch.setattr(mail, "_ALL_SECONDS", 0.3)
    monkeypatch.setattr(mail, "_TAKEN_SECONDS", 0.3)
    with closing(Drips(at)) as running:
        is_cut_off(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"))


def test_who_answers_a_byte_at_a_time_is_cut_off_under_tls_too(tmp_path, monkeypatch, tls):
    monkeypatch.setattr(mail, "_ALL_SECONDS", 0.5)
    with closing(Drips(1, tls)) as running:
        is_cut_off(settings(tmp_path, f"smtps://127.0.0.1:{running.port}"))


def is_cut_off(settings) -> None:
    begun = time.monotonic()
    with pytest.raises(Failed) as failed:
        mail.send(settings, letter())
    assert not failed.value.permanent and time.monotonic() - begun < 4


def test_who_says_goodbye_without_end_has_the_mail_and_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(mail, "_SECONDS", 1)
    begun = time.monotonic()
    with closing(Drips(6)) as running:
        mail.send(settings(tmp_path, f"smtp://127.0.0.1:{running.port}"), letter())
    assert time.monotonic() - begun < 4


def test_nobody_there_is_a_failure_for_now_and_no_server_named_one_for_good(tmp_path):
    with pytest.raises(Failed) as failed:
        mail.send(settings(tmp_path, f"smtp://127.0.0.1:{free_port()}"), letter())
    assert not failed.value.permanent
    with pytest.raises(Failed) as failed:
        mail.send(load({"SECUREMSG_DATA": str(tmp_path / "data")}), letter())
    assert failed.value.permanent


@pytest.mark.parametrize(("name", "text"), [
    ("SMTP_URL", "smtp://mail.elm.example"), ("SMTP_URL", "mail.elm.example"), ("SMTP_URL", "smtps://"), ("SMTP_URL", "smtps://x:y"),
    ("MAIL_FROM", "Elm Street"), ("MAIL_FROM", "a@b\nBcc: c@d.example"), ("MAIL_FROM", "a@b@c.example")])
def test_settings_that_cannot_be_used_stop_the_start(tmp_path, name, text):
    with pytest.raises(Misconfigured) as stopped:
        load({"SECUREMSG_DATA": str(tmp_path / "data"), "SECUREMSG_MAIL_FROM": "a@elm.example", f"SECUREMSG_{name}": text})
    assert f"SECUREMSG_{name}" in stopped.value.detail


def test_a_mail_server_without_a_sender_stops_the_start(tmp_path):
    with pytest.raises(Misconfigured, match="MAIL_FROM"):
        load({"SECUREMSG_DATA": str(tmp_path / "data"), "SECUREMSG_SMTP_URL": "smtp://localhost"})


def test_mails_that_nobody_would_get_stop_the_start(tmp_path):
    """The plugin says that it needs a mail server; the service knows none by name."""
    told = {"SECUREMSG_DATA": str(tmp_path / "data"), "SECUREMSG_PLUGINS": "hours, email", "SECUREMSG_MAIL_FROM": "a@elm.example"}
    with pytest.raises(Misconfigured, match="email, but SECUREMSG_SMTP_URL names no mail server: nobody would ever be told"):
        Registry.of_service(load(told))
    assert "email" in Registry.of_service(load(told | {"SECUREMSG_SMTP_URL": "smtp://localhost"})).names


def test_what_no_service_has_a_plugin_cannot_need():
    found = plugins(odd={"needs": lambda: ["fax"]})
    with pytest.raises(Misconfigured, match="The plugin odd needs 'fax'"):
        declaring.refuse_lacking(found._asked, {"mail"})
