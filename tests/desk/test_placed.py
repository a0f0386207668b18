"""Topic, pool and holder of a conversation count as this service wrote them, and what somebody else wrote beside them is told."""

import orjson
import pytest

from securemsg.desk import overview, placed, pooling, strays
from securemsg.desk.people import open_value
from securemsg.errors import Missing, Unverified
from securemsg.store import migrate
from securemsg.store import pools as store_pools
from tests.desk.test_sending_on import bill, fran, leo, listed, pooled, sends, works_in  # noqa: F401  the same clinic

CATEGORY = "(SELECT id FROM categories WHERE clinic_id = conversations.clinic_id AND name = 'billing')"


def _bytes(clinic) -> str:
    return "BYTEA" if clinic.desk.database.skip_locked else "BLOB"


def looks_again(clinic) -> None:
    clinic.desk.looked_for_strays.clear()


def told(clinic) -> list[dict]:
    """What the audit log says of those that were put back."""
    def detail(row) -> dict:
        return orjson.loads(open_value(clinic.desk, clinic.home.id, "audit", "detail", row.id, row.detail))

    return [{"outcome": row.outcome, **detail(row)} for row in clinic.rows("audit", action="conversation.put_back")]


def test_a_topic_that_somebody_wrote_shows_it_to_nobody_else_and_is_put_back(pooled, fran, bill, leo):  # noqa: F811
    strays.put_back(pooled.desk, pooled.home.id, pooled.clock.tick())
    [before] = pooled.rows("conversations")
    pooled.sql(f"UPDATE conversations SET category_id = {CATEGORY}")
    [forged] = pooled.rows("conversations")
    assert bill.inbox() == [] and listed(bill) == [], "between two looks"
    with pytest.raises(Missing):
        bill.opens(leo)
    looks_again(pooled)
    assert fran.inbox() == [leo.conversation] == listed(fran) and bill.inbox() == []
    assert pooled.rows("conversations")[0].category_id == before.category_id
    assert told(pooled) == [{"outcome": "ok", "pool": None, "category": forged.category_id, "holder": None}]


def test_by_its_address_it_is_put_back_at_once(pooled, fran, bill, leo):  # noqa: F811
    pooled.sql(f"UPDATE conversations SET category_id = {CATEGORY}, claimed_by = :id", id=bill.who.id)
    with pytest.raises(Missing):
        bill.opens(leo)
    assert fran.reads(leo) == ["A question about my bill", "It is from March."]
    fran.claims(to=leo)
    assert fran.inbox("mine") == [leo.conversation] and len(told(pooled)) == 1


def test_nobody_reads_by_a_claim_that_somebody_wrote_and_nobody_loses_what_they_took(pooled, fran, bill, leo):  # noqa: F811
    mo = works_in(pooled, "Mo Day", "manager")
    for holder in (None, fran.who.id):
        pooled.sql("UPDATE conversations SET claimed_by = :id", id=bill.who.id)
        with pytest.raises(Missing):
            bill.opens(leo)
        looks_again(pooled)
        assert bill.inbox("mine") == [] and fran.inbox() == [leo.conversation]
        assert pooled.rows("conversations")[0].claimed_by == holder
        if holder is None:
            fran.opens(leo)
            fran.claims()
    pooled.sql("UPDATE conversations SET claimed_by = NULL")
    looks_again(pooled)
    assert fran.inbox("mine") == [leo.conversation], "taken out of somebody's hands it is put back there"
    assert {*overview.stands(pooled.desk, mo.who, pooled.clock.tick()).people} == {fran.who.id}
    assert [each["holder"] for each in told(pooled)] == [bill.who.id, bill.who.id, None]


def test_a_topic_altered_beyond_finding_waits_before_those_who_look_after_what_is_in_no_pool(pooled, fran, bill, leo):  # noqa: F811
    nurse = works_in(pooled, "Nan Roe", "nurse")
    pooled.sql(f"UPDATE conversations SET category_id = {CATEGORY}, claimed_by = :id, place_mac = :mac", id=bill.who.id,
               mac=bytes(32))
    assert nurse.inbox() == [leo.conversation] == listed(nurse)
    assert fran.inbox() == [] == bill.inbox() and bill.inbox("mine") == [] == listed(bill)
    assert nurse.reads(leo) == ["A question about my bill", "It is from March."]
    nurse.replies("Hello", to=leo)
    with pytest.raises(Unverified):
        nurse.claims(to=leo)
    looks_again(pooled)
    assert nurse.inbox() == [leo.conversation] and [each["outcome"] for each in told(pooled)] == ["failed"], "told once"


@pytest.mark.parametrize("deed", ["pool_id = (SELECT id FROM pools WHERE name = 'billing')", f"category_id = {CATEGORY}"])
def test_a_closed_one_is_put_back_too(pooled, fran, bill, leo, deed):  # noqa: F811
    fran.opens(leo)
    fran.closes()
    strays.put_back(pooled.desk, pooled.home.id, pooled.clock.tick())
    pooled.sql(f"UPDATE conversations SET {deed}")
    assert bill.inbox("closed") == []
    looks_again(pooled)
    assert fran.inbox("closed") == [leo.conversation] and bill.inbox("closed") == [] and len(told(pooled)) == 1


@pytest.mark.parametrize("closed", [False, True])
def test_a_pool_that_somebody_took_out_or_exchanged_shows_it_to_nobody_else_and_is_put_back(pooled, fran, bill, leo, closed):  # noqa: F811
    sends(fran, leo, "billing")
    bill.opens(leo)
    if closed:
        bill.closes()
    view = "closed" if closed else "open"
    strays.put_back(pooled.desk, pooled.home.id, pooled.clock.tick())
    [before] = pooled.rows("conversations")
    for pool in ("NULL", "(SELECT id FROM pools WHERE name = 'front-desk')"):
        pooled.sql(f"UPDATE conversations SET pool_id = {pool}")
        with pytest.raises(Missing):
            fran.reads(leo)
        assert fran.inbox(view) == [] == listed(fran)
        looks_again(pooled)
        assert bill.inbox(view) == [leo.conversation] and fran.inbox(view) == []
        assert pooled.rows("conversations")[0].pool_id == before.pool_id
    assert [each["outcome"] for each in told(pooled)] == ["ok", "ok"]


def test_what_was_closed_in_a_pool_that_goes_is_vouched_for_where_its_topic_is(pooled, fran, bill, leo):  # noqa: F811
    others = [pooled.visitor() for _ in range(2)]
    for each in (leo, *others):
        if each is not leo:
            each.opens("Another date", category="appointment", contact=("email", "mia@x.example"))
        sends(fran, each, "billing")
        bill.opens(each)
        bill.closes()
    moved, altered = (each.conversation for each in others)
    pooled.sql("UPDATE conversations SET pool_id = NULL, claimed_by = :id WHERE id = :moved", id=fran.who.id, moved=moved)
    pooled.sql("UPDATE conversations SET place_mac = :mac WHERE id = :altered", mac=bytes(32), altered=altered)
    strays.put_back(pooled.desk, pooled.home.id, pooled.clock.tick())
    pooling.route(pooled.desk, pooled.service, pooled.home, "billing", None, pooled.clock.tick())
    pooling.remove(pooled.desk, pooled.service, pooled.home, pooled.rows("pools", name="billing")[0].id, pooled.clock.tick())
    looks_again(pooled)
    assert {*fran.inbox("closed")} == {leo.conversation, moved}
    assert works_in(pooled, "Nan Roe", "nurse").inbox("closed") == [altered], "nobody vouches for that one any more"


def test_a_row_that_fits_nothing_is_looked_through_once(pooled, fran, leo, monkeypatch):  # noqa: F811
    pooled.sql("UPDATE conversations SET place_mac = :mac", mac=bytes(32))
    [row] = pooled.rows("conversations")
    assert placed.as_written(pooled.desk, row).category_id == placed.LOST
    asked, vouched = [], pooled.desk.vouched
    monkeypatch.setattr(pooled.desk, "vouched", lambda *facts: asked.append(facts) or vouched(*facts))
    assert placed.as_written(pooled.desk, row).category_id == placed.LOST and len(asked) == 1
    works_in(pooled, "Nan Roe", "nurse")
    placed.as_written(pooled.desk, row)
    assert len(asked) > 3, "whoever came since may be whom it was vouched for"


def test_those_that_are_closed_are_looked_through_in_turns(pooled, fran, leo, monkeypatch):  # noqa: F811
    monkeypatch.setattr(strays, "_CLOSED_AT_ONCE", 2)
    seen, closed_after = [], store_pools.closed_after
    def looks(*args):
        rows = closed_after(*args)
        seen.append([row.id for row in rows])
        return rows

    monkeypatch.setattr(store_pools, "closed_after", looks)
    others = [pooled.visitor() for _ in range(4)]
    for each in others:
        each.opens("Another date", category="appointment", contact=("email", "mia@x.example"))
        fran.opens(each)
        fran.closes()
    for _ in range(4):
        looks_again(pooled)
        fran.inbox()
    ids = sorted(each.conversation for each in others)
    assert seen == [ids[:2], ids[2:], [], ids[:2]]


def test_each_step_of_a_conversation_leaves_a_row_that_is_vouched_for(pooled, fran, bill, leo):  # noqa: F811
    def genuine() -> bool:
        return all(placed.as_written(pooled.desk, row) is row for row in pooled.rows("conversations"))

    fran.opens(leo)
    for step in (fran.claims, fran.releases, fran.claims, lambda: sends(fran, leo, "billing"), lambda: bill.opens(leo),
                 bill.claims, bill.closes, lambda: leo.says("One more thing.")):
        assert genuine()
        step()
    assert genuine() and told(pooled) == []


def test_conversations_of_before_are_vouched_for_as_they_stand_when_the_tables_get_their_new_form(pooled, fran, leo):  # noqa: F811
    fran.opens(leo)
    fran.claims()
    for other in range(3):
        pooled.visitor().opens(f"{other}", category="appointment", contact=("email", "mia@x.example"))
    before, database = pooled.rows("conversations"), pooled.desk.database
    pooled.sql("ALTER TABLE conversations DROP COLUMN place_mac")
    pooled.sql(f"ALTER TABLE conversations ADD COLUMN pool_mac {_bytes(pooled)}")
    pooled.sql("UPDATE alembic_version SET version_num = '0020'")
    database.vouch = pooled.desk.vouch
    migrate(database)
    assert pooled.rows("conversations") == before and len(before) == 4


def test_of_two_macs_of_before_one_is_made_where_they_fit(pooled, fran, bill, leo):  # noqa: F811
    """A pool beside which none fits counts for nothing, as before; a topic likewise, and so it is not known any more."""
    rest = [pooled.visitor() for _ in range(2)]
    for each in rest:
        each.opens("Another date", category="appointment", contact=("email", "mia@x.example"))
    sends(fran, leo, "billing")
    before, database, desk = pooled.rows("conversations"), pooled.desk.database, pooled.desk
    pool_id = pooled.rows("pools", name="billing")[0].id
    pooled.sql(f"ALTER TABLE conversations ADD COLUMN pool_mac {_bytes(pooled)}")
    for row in before:
        pooled.sql("UPDATE conversations SET place_mac = :place, pool_mac = :pool, pool_id = :pool_id WHERE id = :id", id=row.id,
                   place=desk.vouch("conversations.place", row.clinic_id, row.id, row.category_id, row.claimed_by),
                   pool=desk.vouch("conversations.pool", row.clinic_id, row.id, pool_id) if row.pool_id else bytes(32),
                   pool_id=None if row.id == rest[1].conversation else pool_id)
    pooled.sql("UPDATE conversations SET place_mac = :mac WHERE id = :id", mac=bytes(32), id=rest[1].conversation)
    pooled.sql("UPDATE alembic_version SET version_num = '0021'")
    database.vouch = desk.vouch
    migrate(database)
    looks_again(pooled)
    assert bill.inbox() == [leo.conversation] and fran.inbox() == [rest[0].conversation]
    assert works_in(pooled, "Nan Roe", "nurse").inbox() == [rest[1].conversation]
