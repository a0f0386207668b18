"""A running service writes no word of a visitor's anywhere: not to its log, not to a temporary file, not to its folder."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.desk.canary import CANARY, disguises, files, found_in
from tests.people import new_key

OPENING = {
    "category": "other", "about": "me", "name": f"{CANARY} name", "contact": {"email": f"{CANARY}@example.org"}, "kind": "text",
    "data": {"text": f"{CANARY} text"}}


def test_a_canary_is_in_no_file_of_a_running_service(make_service, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    service = make_service()
    service.command("init")
    service.command("clinic", "add", "elm", "--name", "Elm Street Surgery", "--emergency-number", "112")
    service.start()
    with urlopen(f"{service.url}/clinics/elm.json", timeout=10) as card:
        consent = json.loads(card.read())["consent"]["sha256"]
    answer = asks(service, "/v1/clinics/elm/conversations", OPENING | {"consent": consent})
    token = answer["token"]
    asks(service, "/v1/conversation/messages", {"kind": "text", "data": {"text": f"{CANARY} {'long ' * 1500}"}}, token)
    for path, body in mistakes(consent):
        asks(service, path, body, token)
    service.kill()
    looked_into = list(files(service.folder, temporary))
    needles = disguises(CANARY) | disguises(token)
    assert not found_in(looked_into, needles)
    assert found_in(looked_into, [b"Elm Street Surgery"]) and any(path.endswith("-wal") for path, _ in looked_into)


def mistakes(consent):
    """What goes wrong must not be written down either."""
    yield f"/v1/conversation/messages?text={CANARY}", {"kind": CANARY, "data": {"text": CANARY}}
    yield f"/{CANARY}", {}
    yield "/v1/conversation/messages", b'{"kind": "text", "data": {"text": "' + CANARY.encode() + b'\\ud800"}}'
    yield "/v1/conversation/messages", CANARY.encode() * 20_000
    yield "/v1/clinics/elm/conversations", OPENING | {"consent": consent, "category": CANARY}
    yield "/staff/elm/sign-in", {"email": f"{CANARY}@example.org", "password": CANARY, "code": CANARY}


def asks(service, path, body, token=""):
    """POST, as a client does; the answer, or nothing when it was refused."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{CANARY}-{new_key()}"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(service.url + path, data, headers), timeout=10) as answer:
            return json.loads(answer.read())
    except HTTPError as refusal:
        refusal.close()
    except OSError:  # it hung up on what was too long
        pass
