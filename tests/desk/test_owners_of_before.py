"""Who was made owner while owners still read goes on reading until roles are given anew: no message is before nobody."""

import pytest

from securemsg.desk import people
from securemsg.desk.roles import is_genuine
from securemsg.errors import Forbidden
from tests.clinic import Practice
from tests.people import Staff


def of_before(clinic: Practice, *roles: str, says_when: bool = True) -> Staff:
    """Somebody with roles that an earlier version gave."""
    somebody = clinic.hires("Ola Nor", None, *roles)
    for role in roles:
        [row] = clinic.rows("person_roles", person_id=somebody.person.id, role=role)
        when = (row.granted_at,) if says_when else ()
        clinic.sql("UPDATE person_roles SET mac = :mac, granted_at = :at WHERE person_id = :id AND role = :role",
                   mac=clinic.desk.vouch("person_roles", clinic.home.id, row.person_id, role, *when),
                   at=row.granted_at if says_when else None, id=row.person_id, role=role)
    return known(clinic, somebody)


def known(clinic: Practice, somebody: Staff) -> Staff:
    clinic.desk.known_people.clear()
    return Staff(clinic, people.everyone(clinic.desk, clinic.home.id)[somebody.person.id])


@pytest.mark.parametrize("says_when", [True, False])
@pytest.mark.parametrize("others", [(), ("manager",), ("front_desk",), ("staff",)])
def test_an_owner_of_before_reads_and_answers_as_before(clinic, visitor, others, says_when):
    visitor.opens("Is anybody there?")
    ola = of_before(clinic, "owner", *others, says_when=says_when)
    assert ola.person.roles == {"owner", "staff", *others}
    assert ola.inbox() == [visitor.conversation] and ola.opens(visitor)
    ola.replies("Yes.")
    assert visitor.reads()[-1] == "Yes."


def test_it_ends_when_their_roles_are_given_anew(clinic, visitor):
    visitor.opens("Is anybody there?")
    ola = of_before(clinic, "owner")
    people.set_roles(clinic.desk, clinic.service, clinic.home, ola.person, ("owner",), clinic.clock.tick())
    ola = known(clinic, ola)
    assert ola.person.roles == {"owner"}
    with pytest.raises(Forbidden):
        ola.inbox()


def test_an_owner_of_now_only_counts_and_becomes_none_of_before_by_the_database(clinic):
    ola, ann = clinic.hires("Ola Nor", None, "owner"), clinic.hires("Ann Day", None, "manager")
    assert known(clinic, ola).person.roles == {"owner"}
    clinic.sql("UPDATE person_roles SET granted_at = NULL WHERE person_id = :id", id=ola.person.id)
    clinic.sql("UPDATE person_roles SET role = 'owner' WHERE person_id = :id", id=ann.person.id)
    for somebody in (ola, ann):
        assert known(clinic, somebody).person.roles == frozenset()
    assert not any(is_genuine(clinic.desk, row) for row in clinic.rows("person_roles"))
