"""How the clinic stands, for manager and owner: numbers and waiting times; an owner reads nothing unless another role says so."""

import re
from html import unescape

import pytest

from securemsg.desk import people, pooling
from securemsg.desk.access import FIRST, Who
from securemsg.desk.clinics import clinic
from securemsg.desk.pools import pools_of
from securemsg.times import MINUTE
from tests.http.house import HARBOUR
from tests.http.test_pools_page import does, hired, made, topic, version

SECRET = "the colour of my canary is teal"


def page_of(staff) -> str:
    return unescape(staff.opens("overview").text)


@pytest.fixture
def waiting(house):
    """Three of the front desk's wait, since an hour; Tomas has one of them. One of no pool was answered. Ana is in billing."""
    maren, tomas, ana = house.staff("Maren"), house.staff("Tomas"), house.staff("Ana")
    maren.steps_up()
    front = made(house, maren, "Front desk", tomas)
    made(house, maren, "Bills", ana)
    visitors = [house.visitor() for _ in range(4)]
    for visitor, category in zip(visitors, ("appointment",) * 3 + ("other",), strict=True):
        assert visitor.opens(SECRET, category=category).status == 201
    assert tomas.does("claim", visitors[0].conversation).status == 303
    assert tomas.does("flag", visitors[1].conversation, urgent="1").status == 303
    assert ana.does("reply", visitors[3].conversation, text="Yes.", seen="1").status == 303
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'appointment')}": front}).status == 303
    house.desk.database.write(lambda tx: tx.run("UPDATE conversations SET waiting_since = waiting_since - :ago", ago=61 * MINUTE))
    return visitors


def rows(page: str) -> dict[str, list[str]]:
    """The cells of each line of its tables, by the line's name."""
    found = re.findall(r'<th scope="row"><bdi>([^<]+)</bdi></th>(.*?)</tr>', page, re.DOTALL)
    return {name: [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", cells, re.DOTALL)]
            for name, cells in found}


@pytest.mark.parametrize("role", ["manager", "owner"])
def test_it_counts_what_is_open_and_how_long_it_waits_by_pool_and_by_person(house, waiting, role):
    somebody = hired(house, "Mona", role)
    begins = somebody.opens("overview")
    assert begins.status == 200 and SECRET not in begins.text
    assert rows(page_of(somebody)) == {"Bills": ["0", "0", "–", "0", "0"], "Front desk": ["3", "3", "1 h", "0", "1"],
                                       "In no pool": ["1", "0", "–", "0", "0"], "Tomas Berg": ["1", "1", "1 h", "0", "0"]}


def test_who_manages_goes_on_from_there_to_another_pool_and_sees_no_word(house, waiting):
    mona = hired(house, "Mona", "manager")
    page = page_of(mona)
    assert all(f"conversations/{visitor.conversation}/pool" in page for visitor in waiting[:3])
    assert waiting[3].conversation not in page, "nobody waits there"
    for visitor in waiting:
        assert mona.opens(f"conversations/{visitor.conversation}").status == 403


def test_an_owner_counts_and_reads_nothing(house, waiting):
    ola = hired(house, "Ola", "owner")
    begins = ola.opens()
    assert begins.status == 303 and begins.headers["Location"].endswith("/overview")
    assert not any(visitor.conversation in page_of(ola) for visitor in waiting)
    one = f"conversations/{waiting[0].conversation}"
    for path in (one, f"{one}/pool", "search?q=canary", "events"):
        assert ola.opens(path).status == 403, path
    for act in ("reply", "note", "claim", "close", "flag", "pool"):
        assert ola.does(act, waiting[0].conversation, text="x").status == 403, act
    assert "teal" not in ola.opens("audit/").text


def test_an_owner_who_works_there_too_has_both(house, waiting):
    """As whoever sets up a clinic does."""
    assert FIRST == ("owner", "staff")
    pat = hired(house, "Pat", *FIRST)
    home = clinic(house.desk, HARBOUR)
    pooling.put_members(house.desk, Who("service", home.id), home, people.everyone(house.desk, home.id)[pat.known.id],
                        ("front-desk",), house.clock())
    assert set(pat.inbox()) == {visitor.conversation for visitor in waiting}
    assert SECRET in pat.opens(f"conversations/{waiting[1].conversation}").text
    assert pat.opens("overview").status == 200


def test_a_promise_that_is_late_is_red(house, waiting):
    house.desk.database.write(lambda tx: tx.run("UPDATE conversations SET promised_at = :at WHERE id = :id",
                                                at=house.clock() - MINUTE, id=waiting[2].conversation))
    page = page_of(hired(house, "Mona", "manager"))
    assert rows(page)["Front desk"][3] == "1" and '<span class="chip red">1</span>' in page


def test_where_nobody_may_read_it_says_so(house, waiting):
    ola = hired(house, "Ola", "owner")
    assert "Nobody who has signed in may read" not in page_of(ola)
    house.desk.database.write(lambda tx: tx.run("UPDATE person_roles SET mac = :mac WHERE role = 'staff'", mac=b"x"))
    house.desk.known_people.clear()
    assert "Nobody who has signed in may read" in page_of(ola)


def test_a_pool_in_use_in_which_nobody_reads_is_named(house, waiting):
    maren, mona = house.staff("Maren"), hired(house, "Mona", "manager")
    maren.steps_up()
    assert "reads works here" not in page_of(mona)
    id = next(id for id, label in pools_of(house.desk, clinic(house.desk, HARBOUR).id).labels.items() if label == "Front desk")
    assert does(maren, f"{id}/people", version=version(maren), person=mona.known.id).status == 303
    assert "Nobody who has signed in and reads works here: <bdi>Front desk</bdi></p>" in page_of(mona)


@pytest.mark.parametrize("role", ["nurse", "front_desk", "compliance", "auditor"])
def test_nobody_else_has_such_a_page(house, role):
    nia = hired(house, "Nia", role)
    assert nia.opens("overview").status == 403 and "/overview" not in nia.opens("sessions/").text
