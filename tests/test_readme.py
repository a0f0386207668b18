"""The README tells the truth: its tables are the code's, its commands exist, its files are there."""

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

from securemsg import settings, store
from securemsg.app import create_app
from securemsg.crypto.keyring import SERVICE, WrappedKey
from securemsg.crypto.wraps import wrap
from securemsg.store import clinics, state
from tests.readme import README, filled

ROOT = README.parent
PROGRAMS = Path(sys.executable).parent


def test_the_tables_are_those_of_the_code():
    text = README.read_text("utf-8")
    assert filled(text) == text, "run `python -m tests.readme`"


def test_each_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README.read_text("utf-8")))
    assert named >= {"run", "test"}
    assert named <= targets


def test_each_file_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_roles_it_makes_on_postgresql_do_what_it_says(postgresql, tmp_path):
    text = README.read_text("utf-8").partition("```sql\n")[2].partition("```")[0]
    for statement in re.sub(r"--.*", "", text).replace("securemsg", "a_clinic").split(";"):
        postgresql.execute(statement)
    own, dumping = (postgresql.url("a_clinic", role) for role in ("a_clinic", "dumping"))
    database = store.connect(settings.load({"SECUREMSG_DATABASE_URL": own}))
    store.migrate(database)
    assert not state.role(database).passes and state.unwalled(database) == []
    database.close()
    assert "row-level security" in dump(postgresql, own, tmp_path / "own.sql").stderr
    assert dump(postgresql, dumping, tmp_path / "all.sql").returncode == 0
    assert "COPY public.messages" in (tmp_path / "all.sql").read_text()
    postgresql.execute("DROP DATABASE a_clinic")
    postgresql.execute("DROP ROLE a_clinic, dumping")


def dump(postgresql, url: str, file: Path) -> subprocess.CompletedProcess:
    words = [postgresql.binaries / "pg_dump", "-f", file, url.replace("+psycopg", "")]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_each_path_it_lists_is_served(desk):
    routes = {re.sub(r"<[^>]+>", "<>", rule.rule) for rule in create_app(desk.settings, desk).url_map.iter_rules()}
    calls = README.read_text("utf-8").partition("### For visitors' clients")[2]
    named = {re.sub(r"<[^>]+>", "<>", path) for path in re.findall(r"`[A-Z, ]+ (/[^`]*)`", calls)}
    assert len(named) > 8
    assert named <= routes


WORDS = "Is the flu jab free?\r\nMüller, ٱلْعَرَبِيَّة\u2028漢字 🩺\r"  # line ends of every kind are part of the text


def test_its_program_verifies_a_receipt_and_nothing_else(clinic, visitor, tmp_path):
    """Run as a reader would: only the receipt, the published keys and the text."""
    visitor.says(WORDS)
    receipt, keys = visitor.receipts[0], published(clinic)
    received = f"Message 1 was received at {receipt['received_at']}.\n"
    assert said(tmp_path, json.dumps(receipt), keys, WORDS) == received
    assert said(tmp_path, json.dumps(receipt | {"text": WORDS}), keys) == received
    assert not said(tmp_path, json.dumps(receipt), keys, WORDS.replace("\r\n", "\n"))
    assert not said(tmp_path, json.dumps(receipt | {"text": WORDS + "!"}), keys)
    assert not said(tmp_path, json.dumps(receipt | {"seq": 2}), keys, WORDS)
    assert not said(tmp_path, json.dumps(receipt | {"received_at": "2026-01-01T00:00:00.000000Z"}), keys, WORDS)


def test_its_program_verifies_a_saved_conversation_under_a_new_key_and_an_old_one(clinic, visitor, staff, tmp_path):
    visitor.says(WORDS)
    early = saved(clinic, visitor)
    renew_receipt_key(clinic.desk)
    staff.replies("Yes, for everybody over 60.")
    visitor.says("Thank you!")
    late, keys = saved(clinic, visitor), published(clinic)
    assert len(keys["keys"]) == 2
    assert [line.split()[1] for line in said(tmp_path, early, keys).splitlines()] == ["1"]
    assert [line.split()[1] for line in said(tmp_path, late, keys).splitlines()] == ["1", "3"], "hers, and nobody else's"
    assert "Yes, for everybody over 60." in late
    assert not said(tmp_path, late.replace("Is the flu jab free?", "Is the flu jab dear?"), keys)


def published(clinic) -> dict:
    return create_app(clinic.desk.settings, clinic.desk).test_client().get("/receipt-keys.json").json


def saved(clinic, visitor) -> str:
    """What the contact page gives to keep."""
    browser = create_app(clinic.desk.settings, clinic.desk).test_client()
    answer = browser.get(f"/contact/{clinic.slug}/conversation.txt", headers={"Authorization": f"Bearer {visitor.token}"})
    assert answer.status_code == 200, answer.text
    return answer.get_data().decode()


def renew_receipt_key(desk) -> None:
    """As a rotation would: another key signs from now on, and the old one stays to be checked against."""
    epoch, secret = desk.keys._keystore.active, secrets.token_bytes(32)
    wrapped = wrap(desk.keys._keystore.epochs[epoch], secret, "receipt-key", SERVICE, "2", epoch)
    desk.database.write(lambda tx: clinics.insert_keys(tx, SERVICE, [WrappedKey("receipt", 2, wrapped, epoch)], desk.clock()))
    desk.keys._clinics._entries.clear()


def said(folder, receipts: str, keys: dict, text: str | None = None) -> str:
    """What the README's program prints; nothing when it ends with an error."""
    program = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.S)[1]
    files = {"a.receipt": receipts, "a.keys": json.dumps(keys)} | ({} if text is None else {"a.text": text})
    for name, content in files.items():
        (folder / name).write_bytes(content.encode())
    words = [sys.executable, "-c", program, *(str(folder / name) for name in files)]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"})
    return done.stdout if done.returncode == 0 else ""


def test_its_walk_through_the_api_is_one(make_service):
    """Each line run as it stands, by a shell with curl, against a service of its own."""
    service = make_service(plugins="").start("demo")  # on a Sunday one of the demo's would answer in between
    make_token, walk = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8").partition("## The API")[2], flags=re.S)[:2]
    env = service.environ | {"CLINIC": "harbour-lane", "URL": service.url, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    begun = opened(service.url)
    env |= {"TOKEN": said_by_shell(make_token, env, service.folder)[0], "VISITOR": begun["token"]}
    lines = said_by_shell(walk, env, service.folder)
    listed, read, replied, closed, happened = (line for line in lines if line.strip())
    assert [item["id"] for item in json.loads(listed)["items"]] == [begun["conversation"]["id"]]
    assert [item["data"]["text"] for item in json.loads(read)["items"]] == ["Is the flu jab free?"]
    assert json.loads(replied)["seq"] == 2
    assert json.loads(closed)["state"] == "closed"
    assert json.loads(happened)["items"][0]["number"] == 1
    for line, status in (("SEEN=", 409), ("ETAG=", 412)):  # the visitor writes just before it: what nobody has read stays open
        refused = said_by_shell(walk.replace(f"\n{line}", f"\n{HASTY}\n{line}"), env, service.folder, status=22)[-1]
        assert json.loads(refused)["status"] == status


HASTY = """curl --fail-with-body -sS -o hasty.json "$URL/v1/conversation/messages" -H "$(new)" \
    -H "Authorization: Bearer $VISITOR" -H "Content-Type: application/json" -d '{"kind": "text", "data": {"text": "Wait!"}}'"""


def opened(url: str) -> dict:
    """What a visitor gets who has begun a conversation."""
    consent = asked(f"{url}/clinics/harbour-lane.json")["consent"]["sha256"]
    body = {"category": "other", "about": "me", "consent": consent, "kind": "text", "data": {"text": "Is the flu jab free?"}}
    return asked(f"{url}/v1/clinics/harbour-lane/conversations", body)


def asked(url: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_urlsafe(16)}
    with urlopen(Request(url, data, headers), timeout=10) as answer:
        return json.load(answer)


def said_by_shell(lines: str, env: dict[str, str], folder: Path, status: int = 0) -> list[str]:
    """What a shell prints that stops at the first line that fails; `status` is that line's."""
    options = {"capture_output": True, "text": True, "timeout": 60}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], env=env, cwd=folder, **options)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout.splitlines()
