"""A client that a public generator writes from the API's document does the whole job, against a running service."""

import subprocess
import sys
import uuid
from importlib import import_module
from pathlib import Path

import pytest

from securemsg.desk.access import SCOPES
from tests.http.house import HARBOUR

NAME = "clinic_client"


@pytest.fixture(scope="module")
def generated(steady, tmp_path_factory):
    """Gives a module of the client by its name: openapi-python-client wrote it, and had nothing to complain of."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(steady.browser().ask("GET", "/api/v1/openapi.json").body)
    (folder / "generator.yml").write_text("post_hooks: []\n")
    program = str(Path(sys.executable).with_name("openapi-python-client"))
    ran = subprocess.run([program, "generate", "--path", "openapi.json", "--config", "generator.yml", "--meta", "none",
                          "--output-path", NAME, "--fail-on-warning"], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield lambda path: import_module(f"{NAME}.{path}")
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture
def clients(generated, steady):
    """Makes a client for a token; without one for anybody. Closed in the end."""
    module, made = generated("client"), []

    def client(token: str = ""):
        known = {"base_url": steady.service.url, "raise_on_unexpected_status": True}
        one = module.AuthenticatedClient(token=token, **known) if token else module.Client(**known)
        made.append(one)
        return one

    yield client
    for one in made:
        one.get_httpx_client().close()


def key() -> str:
    return str(uuid.uuid4())


def test_it_opens_reads_replies_and_closes(generated, clients, steady):
    api, models = (lambda name: generated(f"api.{name}")), generated("models")
    anybody = clients()
    card = api("visitor.visitor_card").sync(HARBOUR, client=anybody)
    said = models.Text(text="Is the flu jab free?")
    opening = models.Open(category="appointment", about=models.OpenAbout.ME, consent=card.consent.sha256, data=said,
                          kind=models.OpenKind.TEXT, contact=models.Contact(email="leo@example.org"))
    opened = api("visitor.visitor_open_conversation").sync(HARBOUR, client=anybody, body=opening, idempotency_key=key())
    visitor, id = clients(opened.token), opened.conversation.id

    printed = steady.service.command("token", "add", HARBOUR, "--label", "EHR", "--scopes", ",".join(SCOPES))
    system = clients(next(word for word in printed.split() if word.startswith("sm_live_")))
    [found] = [one for one in api("conversations.system_conversations").sync(client=system).items if one.id == id]
    assert found.reference == opened.conversation.reference
    asked = api("conversations.system_messages").sync(id, client=system).items
    assert [(one.seq, one.data["text"]) for one in asked] == [(1, "Is the flu jab free?")]

    reply = models.Reply(kind=models.ReplyKind.TEXT, data=models.Text(text="Yes, it is."), seen=1)
    sent = api("conversations.system_reply").sync_detailed(id, client=system, body=reply, idempotency_key=key())
    assert sent.status_code == 201 and sent.parsed.seq == 2
    heard = api("visitor.visitor_messages").sync(client=visitor, after=1).items
    assert [(one.author.kind.value, one.data["text"]) for one in heard] == [("staff", "Yes, it is.")]

    end = models.Change(state=models.ChangeState.CLOSED, reason=models.ChangeReason.ANSWERED)
    closing = {"client": system, "body": end, "idempotency_key": key()}
    stale = api("conversations.system_change").sync_detailed(id, if_match='"0"', **closing)
    assert isinstance(stale.parsed, models.StaleProblem) and stale.status_code == 412
    closed = api("conversations.system_change").sync_detailed(id, if_match=sent.headers["ETag"], **closing)
    assert closed.status_code == 200 and closed.parsed.state.value == "closed"
    assert api("visitor.visitor_conversation").sync(client=visitor).conversation.state.value == "closed"


def test_what_is_refused_comes_as_the_problem_that_it_is(generated, clients):
    api, models = (lambda name: generated(f"api.{name}")), generated("models")
    answer = api("conversations.system_conversation").sync_detailed(uuid.uuid4(), client=clients("sm_live_none"))
    assert answer.status_code == 401 and isinstance(answer.parsed, models.UnknownProblem)
