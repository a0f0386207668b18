"""Tokens of systems: what opens, what does not, how they end, and that nobody makes or widens one by writing rows."""

import pytest

from securemsg.crypto import ledger, tokens
from securemsg.desk.access import SCOPES
from securemsg.desk.archive.ledger import Ledger, key_of
from securemsg.desk.system import holders
from securemsg.desk.system import tokens as desk_tokens
from securemsg.errors import Forbidden, Full, Missing, Refused, Unknown
from securemsg.store.ids import new_id
from securemsg.times import DAY, HOUR
from tests.desk.archives import archived, restored
from tests.desk.systems import System


@pytest.fixture
def system(clinic) -> System:
    """A system that may do all that a token can allow."""
    return System.let_in(clinic)


def actions(clinic, **where) -> list[tuple[str, str, str]]:
    return [(row.action, row.actor_kind, row.outcome) for row in clinic.rows("audit", **where) if row.object_kind == "token"]


def test_a_token_names_its_clinic_and_id_and_is_kept_as_a_hash_only(clinic, system):
    [row] = clinic.rows("api_tokens")
    assert system.token.startswith(f"sm_live_elm_{row.id.replace('-', '')}_") and len(system.token.rpartition("_")[2]) <= 43
    assert row.token_sha256 == tokens.hashed(system.token) and system.token not in str(row)
    assert row.expires_at - row.created_at == 90 * DAY
    assert system.who.kind == "system" and system.who.roles == frozenset(SCOPES) and system.who.id == row.id
    assert actions(clinic) == [("token.added", "service", "ok")]


@pytest.mark.parametrize("token", [
    "", "sm_live_", "smv_elm_" + "A" * 43, f"sm_live_elm_{'0' * 32}_{'A' * 43}", f"sm_live_oak_{'0' * 32}_{'A' * 43}",
    f"sm_live_nowhere_{'0' * 32}_{'A' * 43}", "x" * 10_000, f"sm_live_elm_{'g' * 32}_{'A' * 43}", "sm_live_../etc_0_0"])
def test_what_is_no_token_is_unknown_in_the_same_words(clinic, system, token):
    with pytest.raises(Unknown) as refused:
        holders.holder(clinic.desk, token, "192.0.2.0/24", None, clinic.clock())
    assert refused.value.detail == "This token is not known here or has ended."


def test_a_token_with_another_secret_or_of_another_clinic_opens_nothing(clinic, other_clinic, system):
    id = system.who.id.replace("-", "")
    for token in (f"sm_live_elm_{id}_{'A' * 43}", system.token.replace("sm_live_elm_", "sm_live_oak_")):
        with pytest.raises(Unknown):
            system.comes(token)
    assert actions(clinic)[1:] == [("token.refused", "system", "refused")]
    assert not actions(other_clinic), "there it is no id of anybody"


def test_refused_uses_are_told_once_an_hour_not_once_each(clinic, system):
    system.revoked()
    for _ in range(5):
        with pytest.raises(Unknown):
            system.comes()
    clinic.later(hours=1.1)
    with pytest.raises(Unknown):
        system.comes()
    assert [action for action, *_ in actions(clinic)] == ["token.added", "token.revoked", "token.refused", "token.refused"]


def test_it_ends_by_itself(clinic, system):
    clinic.later(days=89.9)
    assert system.comes()
    clinic.later(days=0.2)
    with pytest.raises(Unknown):
        system.comes()
    assert desk_tokens.one(clinic.desk, clinic.home, system.who.id).state(clinic.clock()) == "expired"


@pytest.mark.parametrize(("change", "values"), [
    ("scopes = :scopes", {"scopes": "audit:read notes:read"}), ("expires_at = expires_at + 1", {}), ("label = 'Another'", {}),
    ("created_at = created_at - 1", {}), ("mac = NULL", {}), ("mac = :mac", {"mac": b"\0" * 32})])
def test_nobody_widens_a_token_by_writing_its_row(clinic, system, change, values):
    clinic.sql(f"UPDATE api_tokens SET {change}", **values)
    with pytest.raises(Unknown):
        system.comes()
    assert desk_tokens.one(clinic.desk, clinic.home, system.who.id).state(clinic.clock()) == "altered"


def test_nobody_makes_a_token_by_writing_a_row(clinic, system):
    id = new_id()
    made = tokens.new_system_token("elm", id)
    clinic.sql("INSERT INTO api_tokens (clinic_id, id, token_sha256, label, scopes, created_at, expires_at, mac) SELECT"
               " clinic_id, :id, :sha256, label, scopes, created_at, expires_at, mac FROM api_tokens",
               id=id, sha256=tokens.hashed(made))
    with pytest.raises(Unknown):
        system.comes(made)


def test_last_use_is_written_once_a_minute_and_needs_no_room(clinic, system, monkeypatch):
    def last_used():
        return clinic.rows("api_tokens")[0].last_used_at

    first = last_used()
    clinic.later(seconds=50)
    system.comes()
    assert last_used() == first
    clinic.later(seconds=20)
    system.comes()
    assert last_used() == clinic.clock()
    clinic.later(minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(clinic.desk.database, "write", lambda *_, **__: (_ for _ in ()).throw(Full()))
        assert system.comes()


def test_rotation_holds_both_for_a_while_then_the_new_one_alone(clinic, system):
    old = system.token
    new = system.rotated(overlap=2 * HOUR)
    assert new != old and system.comes(old) and system.comes(new)
    before, after = desk_tokens.everyone(clinic.desk, clinic.home)
    assert (before.state(clinic.clock()), after.state(clinic.clock())) == ("replaced", "active")
    assert before.replaced_by_id == after.id and before.expires_at == clinic.clock() + 2 * HOUR
    assert (after.label, after.scopes) == (before.label, before.scopes) and after.expires_at == after.created_at + 90 * DAY
    clinic.later(hours=2)
    with pytest.raises(Unknown):
        system.comes(old)
    assert system.comes(new)
    desk_tokens.end_overdue(clinic.desk, clinic.clock())
    ended = desk_tokens.everyone(clinic.desk, clinic.home)[0]
    assert ended.ended_at == clinic.clock()
    assert [action for action, *_ in actions(clinic)] == ["token.added", "token.rotated", "token.refused"]


def test_rotation_without_overlap_ends_the_old_one_at_once(clinic, system):
    old = system.token
    assert system.comes(system.rotated(overlap=0))
    with pytest.raises(Unknown):
        system.comes(old)


def test_rotation_never_prolongs_the_old_one_and_goes_on_from_the_newest_only(clinic, system):
    clinic.later(days=89)
    first, id = desk_tokens.one(clinic.desk, clinic.home, system.who.id).expires_at, system.who.id
    system.rotated(overlap=20 * DAY)
    assert desk_tokens.one(clinic.desk, clinic.home, id).expires_at == first
    with pytest.raises(Refused, match="was replaced before"):
        desk_tokens.rotate(clinic.desk, clinic.service, clinic.home, id, HOUR, clinic.clock())
    system.revoked()
    with pytest.raises(Refused, match="is revoked"):
        system.rotated()


@pytest.mark.parametrize(("changes", "words"), [
    ({"scopes": ("messages:send",)}, "no scope 'messages:send'"), ({"scopes": ()}, "without scopes"),
    ({"label": " "}, "characters"),
    ({"label": "x" * 81}, "characters"), ({"label": "a\nb"}, "characters"), ({"lifetime": 367 * DAY}, "366 days"),
    ({"lifetime": 0}, "an hour")])
def test_what_does_not_fit_is_refused_with_a_sentence(clinic, changes, words):
    told = {"label": "EHR", "scopes": ("audit:read",), "lifetime": 90 * DAY} | changes
    with pytest.raises(Refused, match=words):
        desk_tokens.add(clinic.desk, clinic.service, clinic.home, **told, now=clinic.clock())
    assert not clinic.rows("api_tokens")


def test_another_clinics_token_is_no_token_here(clinic, other_clinic, system):
    for verb in (desk_tokens.one, lambda desk, home, id: desk_tokens.revoke(desk, other_clinic.service, home, id, 1)):
        with pytest.raises(Missing):
            verb(clinic.desk, other_clinic.home, system.who.id)
    assert desk_tokens.everyone(clinic.desk, other_clinic.home) == [] and system.comes()


@pytest.mark.parametrize("how", ["revoked", "rotated"])
def test_a_restored_copy_does_not_bring_it_back(clinic, system, elsewhere, reopened, how):
    clinic.visitor().opens("Hello?")
    Ledger(clinic.desk).catch_up()
    archive = archived(clinic)
    old = system.token
    getattr(system, how)()
    Ledger(clinic.desk).reach()
    settings = elsewhere.settings(clinic.desk)
    replayed = restored(settings, archive, clinic.clock).replayed
    assert not replayed.sentence and [kind for kind in replayed.counts if "token" in kind] == [
        {"revoked": "token", "rotated": "replaced_token"}[how]]
    again = reopened(clinic, settings)
    with pytest.raises(Unknown):
        holders.holder(again.desk, old, "", None, again.clock())


def test_where_nobody_knows_what_ended_since_every_token_ends(clinic, system, elsewhere, reopened):
    clinic.visitor().opens("Hello?")
    Ledger(clinic.desk).reach()
    archive = archived(clinic)
    clinic.later(days=2)  # the service did not run, and kept no ledger
    settings = elsewhere.settings(clinic.desk)
    assert "1 API tokens" in restored(settings, archive, clinic.clock).replayed.sentence
    again = reopened(clinic, settings)
    with pytest.raises(Unknown):
        holders.holder(again.desk, system.token, "", None, again.clock())


def test_a_revocation_is_in_the_ledger(clinic, system):
    system.revoked()
    Ledger(clinic.desk).catch_up()
    found = {(entry.kind, entry.id) for entry, _ in ledger.read(clinic.desk.settings.ledger, key_of(clinic.desk))}
    assert ("token", system.who.id) in found


def test_what_a_scope_does_not_allow_is_forbidden_by_name(clinic, visitor):
    visitor.says("Hello?")
    reader = System.let_in(clinic, "conversations:read")
    with pytest.raises(Forbidden) as refused:
        reader.reads(visitor)
    assert refused.value.members == {"missing_scope": "messages:read"} and "messages:read" in refused.value.detail
    assert [one["id"] for one in reader.lists()] == [visitor.conversation]
