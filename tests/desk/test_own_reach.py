"""Who manages and reads in a pool too opens nothing to themself by setting pools; an owner decides that."""

import pytest

from securemsg.desk import people, pooling
from securemsg.desk.pools import Pools, pools_of
from securemsg.errors import Conflict, Missing, Refused
from tests.clinic import Practice
from tests.desk.test_sending_on import bill as bill
from tests.desk.test_sending_on import fran as fran
from tests.desk.test_sending_on import leo as leo
from tests.desk.test_sending_on import nurses, sends, works_in
from tests.desk.test_sending_on import pooled as pooled
from tests.people import Staff


def found(clinic: Practice) -> Pools:
    return pools_of(clinic.desk, clinic.home.id, fresh=True)


def id_of(clinic: Practice, name: str) -> str:
    return clinic.rows("pools", name=name)[0].id


def routes(somebody: Staff, topic: str, pool: str | None) -> None:
    clinic = somebody.clinic
    topics = {each.name: each.id for each in clinic.home.categories}
    to = {topics[topic]: id_of(clinic, pool) if pool else None}
    pooling.route_all(clinic.desk, somebody.who, clinic.home, to, found(clinic).version, clinic.clock.tick())


def puts(somebody: Staff, pool: str, *people: Staff) -> None:
    clinic = somebody.clinic
    pooling.put_people(clinic.desk, somebody.who, clinic.home, id_of(clinic, pool), frozenset(each.who.id for each in people),
                       found(clinic).version, clinic.clock.tick())


def hires(clinic: Practice, name: str, roles: tuple[str, ...], *pools: str) -> Staff:
    somebody = works_in(clinic, name, roles[0], *pools)
    people.set_roles(clinic.desk, clinic.service, clinic.home, somebody.person, roles, clinic.clock.tick())
    return Staff(clinic, people.everyone(clinic.desk, clinic.home.id)[somebody.person.id])


def test_no_topic_goes_to_or_from_a_pool_of_ones_own(pooled, fran, bill, leo):
    mo = hires(pooled, "Mo Day", ("manager", "billing"), "billing")
    for topic, pool in (("appointment", "billing"), ("other", "billing"), ("billing", "front-desk"), ("billing", None)):
        with pytest.raises(Refused, match="for somebody else to say"):
            routes(mo, topic, pool)
    with pytest.raises(Missing):
        mo.opens(leo)
    with pytest.raises(Conflict):
        sends(mo, leo, "billing")
    routes(mo, "other", "front-desk")  # of others, to others
    routes(hires(pooled, "Max Low", ("manager",), "billing"), "appointment", "billing")  # who reads nothing anywhere


def test_who_looks_after_what_is_in_no_pool_takes_nothing_out_of_one_nor_its_people(pooled, fran, bill, leo):
    mo, ola = hires(pooled, "Mo Day", ("manager", "nurse")), hires(pooled, "Ola Nor", ("owner", "staff"))
    with pytest.raises(Refused, match="for somebody else to say"):
        routes(mo, "appointment", None)
    with pytest.raises(Refused, match="for somebody else to say"):
        puts(mo, "front-desk")
    with pytest.raises(Missing):
        mo.opens(leo)
    puts(mo, "front-desk", fran, bill)
    routes(mo, "other", "front-desk")
    routes(ola, "appointment", None)
    assert mo.reads(leo)[-1] == "It is from March."


def test_no_pool_goes_whose_closed_conversations_would_come_before_them(pooled, fran, bill, leo):
    pool = nurses(pooled)
    nia = works_in(pooled, "Nia Fox", "nurse", "nurses")
    mo = hires(pooled, "Mo Day", ("manager", "front_desk"), "front-desk")
    sends(fran, leo, "nurses")
    nia.opens(leo)
    nia.closes()

    def removed(by: Staff) -> None:
        pooling.remove(pooled.desk, by.who, pooled.home, pool, pooled.clock.tick())

    with pytest.raises(Refused, match="for somebody else to say"):
        removed(mo)
    assert mo.inbox("closed") == [leo.conversation], "that there is one, who manages sees"
    with pytest.raises(Missing):
        mo.opens(leo)
    removed(hires(pooled, "Max Low", ("manager",)))
    assert fran.inbox("closed") == [leo.conversation]
