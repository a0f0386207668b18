"""Other systems hear of what happens: ids alone, signed so that a public library agrees, for as long as they take it."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from securemsg.desk.audit.sealing import Sealer
from securemsg.errors import Conflict, Missing, Refused
from securemsg.outbound import Failed
from securemsg.plugins import webhooks
from tests.plugins.at_work import at_work
from tests.plugins.turns import Plugin

URL = "https://systems.example/hook"
WORDS = ("flu", "Mia", "Elm", "elm")


@pytest.fixture
def house(clinic):
    return at_work(clinic, "webhooks", webhooks)


@pytest.fixture
def plugin(clinic):
    return Plugin(clinic, "webhooks")


@pytest.fixture
def endpoint(house, plugin):
    return plugin.does(lambda desk: webhooks.add(desk, URL, []))


def state(plugin, endpoint: dict) -> str:
    return webhooks._shown(endpoint["id"], plugin.desk().kept(None)["endpoints"][endpoint["id"]])["state"]


def is_signed(post: tuple, secret: str, clinic, monkeypatch) -> bool:
    """Whether a receiver with that secret takes it, on the clinic's clock."""
    from standardwebhooks import webhooks as library

    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(clinic.clock() / 1e6, tz or UTC)

    monkeypatch.setattr(library, "datetime", Then)
    try:
        Webhook(secret).verify(post[2], post[1])
    except WebhookVerificationError:
        return False
    return True


def test_what_happens_goes_out_as_ids_signed(house, clinic, endpoint, visitor, monkeypatch):
    visitor.says("Is the flu jab free?")
    house.works()
    [post] = house.posts
    told = json.loads(post[2])
    assert post[0] == URL and told["type"] == "conversation.opened" and told["data"]["conversation"] == visitor.conversation
    assert set(told) == {"type", "timestamp", "data"} and told["timestamp"].endswith("Z")
    assert set(told["data"]) == {"event", "number", "clinic", "conversation", "object", "seq"}
    assert not [word for word in WORDS if word in post[2] + str(post[1])] and len(post[2]) < 20_000
    assert is_signed(post, endpoint["secret"], clinic, monkeypatch)
    assert not is_signed(post, webhooks._new_secret(), clinic, monkeypatch)
    assert not is_signed((post[0], post[1], post[2].replace("opened", "closed")), endpoint["secret"], clinic, monkeypatch)


def test_each_endpoint_hears_what_it_asked_for(house, plugin, visitor, staff):
    plugin.does(lambda desk: webhooks.add(desk, f"{URL}/closed", ["conversation.closed"]))
    plugin.does(lambda desk: webhooks.add(desk, f"{URL}/conversations", ["conversation.*"]))
    visitor.says("Is the flu jab free?")
    visitor.says("Hello?")
    staff.opens(visitor)
    staff.closes("answered")
    house.works()
    heard = [(url.rpartition("/")[2], json.loads(body)["type"]) for url, _, body in house.posts]
    assert [kind for name, kind in heard if name == "closed"] == ["conversation.closed"]
    assert {kind for name, kind in heard if name == "conversations"} >= {"conversation.opened", "conversation.closed"}
    assert not [kind for _, kind in heard if kind.startswith("message.")]


def test_a_secret_is_replaced_while_both_count(house, clinic, plugin, endpoint, visitor, monkeypatch):
    fresh = plugin.does(lambda desk: webhooks.replace_secret(desk, endpoint["id"], 24))["secret"]
    visitor.says("one")
    house.works()
    assert is_signed(house.posts[0], endpoint["secret"], clinic, monkeypatch)
    assert is_signed(house.posts[0], fresh, clinic, monkeypatch)
    house.after(hours=25)
    visitor.says("two")
    house.works()
    assert is_signed(house.posts[-1], fresh, clinic, monkeypatch)
    assert not is_signed(house.posts[-1], endpoint["secret"], clinic, monkeypatch)


def test_one_that_fails_is_tried_again_with_the_same_id_and_then_forgiven(house, plugin, endpoint, visitor):
    house.failure = Failed(500)
    visitor.says("one")
    house.works()
    assert state(plugin, endpoint) == "failing" and house.posts == []
    house.failure = None
    house.after(minutes=10)
    assert [json.loads(body)["type"] for _, _, body in house.posts] == ["conversation.opened"]
    assert state(plugin, endpoint) == "working"


def test_one_that_is_gone_is_switched_off_at_once_and_somebody_is_told(house, plugin, endpoint, visitor):
    house.sets(told="it@elm.example")
    house.failure = Failed(410, permanent=True)
    visitor.says("one")
    house.works()
    assert state(plugin, endpoint) == "off"
    [(to, subject, text)] = house.mails
    assert to == ("it@elm.example",) and subject == "A webhook was switched off" and URL in text
    house.failure = None
    visitor.says("two")
    house.works()
    assert house.posts == []


def test_one_that_takes_nothing_for_days_is_switched_off(house, plugin, endpoint, visitor):
    house.failure = Failed(None)
    for day in range(6):
        visitor.says(f"Day {day}")
        house.after(days=1)
        assert state(plugin, endpoint) == "failing" or day == 5
    assert state(plugin, endpoint) == "off"


def test_what_was_missed_is_sent_again_from_a_number_on(house, clinic, plugin, endpoint, visitor):
    house.failure = Failed(410, permanent=True)
    visitor.says("one")
    visitor.says("two")
    house.works()
    house.failure = None
    with pytest.raises(Conflict):
        plugin.does(lambda desk: webhooks.replay(desk, endpoint["id"], 0))
    plugin.does(lambda desk: webhooks.switch_on(desk, endpoint["id"]))
    with closing(Sealer(clinic.desk)) as sealer:
        sealer.look()
    assert plugin.does(lambda desk: webhooks.replay(desk, endpoint["id"], 0)) == {"next": None}
    house.works()
    numbers = [json.loads(body)["data"]["number"] for _, _, body in house.posts]
    assert numbers == sorted(numbers) and len(numbers) >= 2 and all(numbers)


@pytest.mark.parametrize("url", [
    "http://systems.example/", "https://10.0.0.1/", "https://[::1]/", "https://a:b@systems.example/", "hook"])
def test_no_address_inside_is_ever_posted_to(house, plugin, url):
    with pytest.raises(Refused) as refused:
        plugin.does(lambda desk: webhooks.add(desk, url, []))
    assert refused.value.errors["url"][0].endswith(".")


def test_a_clinic_has_so_many_and_one_that_is_removed_hears_no_more(house, plugin, endpoint, visitor):
    for number in range(webhooks.MOST - 1):
        plugin.does(lambda desk, number=number: webhooks.add(desk, f"{URL}/{number}", ["note.added"]))
    with pytest.raises(Refused):
        plugin.does(lambda desk: webhooks.add(desk, URL, []))
    plugin.does(lambda desk: webhooks.remove(desk, endpoint["id"]))
    with pytest.raises(Missing):
        plugin.does(lambda desk: webhooks.remove(desk, endpoint["id"]))
    visitor.says("one")
    house.works()
    assert house.posts == []


def waiting(clinic) -> list:
    return [row for row in clinic.rows("outbox", hook="post") if row.done_at is None]


def audited(clinic, action: str) -> list[str]:
    return [row.objects for row in clinic.rows("audit") if row.action == action]


def test_what_waits_for_one_that_is_removed_never_goes_out_and_that_is_on_record(house, clinic, plugin, endpoint, visitor):
    other = plugin.does(lambda desk: webhooks.add(desk, f"{URL}/other", []))
    house.failure = Failed(503)
    visitor.says("one")
    house.works()
    queued = [row.id for row in waiting(clinic) if row.target == f"post:{endpoint['id']}"]
    plugin.does(lambda desk: webhooks.remove(desk, endpoint["id"]))
    assert queued and {row.target for row in waiting(clinic)} == {f"post:{other['id']}"}
    [told] = audited(clinic, "post.withdrawn")
    assert all(id in told for id in queued)
    house.failure = None
    house.after(days=1)
    assert {url for url, _, _ in house.posts} == {f"{URL}/other"}


def test_what_waits_goes_to_the_new_address_signed_by_the_new_secret(house, clinic, plugin, endpoint, visitor, monkeypatch):
    """A secret that somebody else knows signs nothing any more, not even what was to go out before."""
    house.failure = Failed(503)
    visitor.says("one")
    house.works()
    fresh = plugin.does(lambda desk: webhooks.replace_secret(desk, endpoint["id"], 0))["secret"]
    plugin.does(lambda desk: webhooks.change(desk, endpoint["id"], url=f"{URL}/new"))
    assert len(audited(clinic, "post.readdressed")) == 2
    house.failure = None
    house.after(minutes=10)
    [post] = house.posts
    assert post[0] == f"{URL}/new" and is_signed(post, fresh, clinic, monkeypatch)
    assert not is_signed(post, endpoint["secret"], clinic, monkeypatch)
    with pytest.raises(Refused):
        plugin.does(lambda desk: webhooks.change(desk, endpoint["id"], url="https://127.0.0.1/"))


def test_neither_addresses_nor_secrets_stand_in_the_database(house, clinic, plugin, endpoint, visitor):
    visitor.says("one")
    rows = str(clinic.rows("kept") + clinic.rows("outbox") + clinic.rows("audit"))
    assert "systems.example" not in rows and endpoint["secret"] not in rows


def test_the_command_adds_lists_and_refuses_with_a_sentence(house, clinic, capsys):
    from securemsg.desk.plugin_clinics import PluginClinics

    commands = {each.name: each for each in webhooks.commands(PluginClinics(clinic.desk, "webhooks"))}
    commands["add"].main([clinic.slug, URL, "message.sent"], standalone_mode=False)
    made = json.loads(capsys.readouterr().out)
    assert made["kinds"] == ["message.sent"] and made["secret"].startswith("whsec_")
    commands["list"].main([clinic.slug], standalone_mode=False)
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == [made["id"]]
    with pytest.raises(Refused) as refused:
        commands["add"].main([clinic.slug, URL, "everything", "message.sent", "all"], standalone_mode=False)
    assert refused.value.errors == {"kinds": ["A kind is like message.sent, or conversation.* for all of conversations."]}
