"""The service's clock is set wrong, and right again: nothing is lost, doubled or out of order, nobody stays locked out."""

from collections.abc import Iterator

import pytest

from securemsg import store
from securemsg.settings import load
from tests.faults.account import rounds, settled
from tests.faults.clocked import Clocked
from tests.faults.crowd import Crowd
from tests.http.forms import words
from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import new_key
from tests.http.running import Running, running

HOUR, YEARS = 3600, 3 * 365 * 24 * 3600


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path) -> Iterator[Running]:
    template, known = request.getfixturevalue("furnished")
    with Clocked(tmp_path) as service:
        yield running(service, template, known).start()


def test_an_hour_back_while_people_write(house):
    recoveries = []
    with Crowd(house.visitor, staff=house.staff("Ana"), wrong=()) as crowd:
        for _ in rounds(short=1):
            crowd.sends(10)
            house.service.clock(-HOUR)
            recoveries.append(crowd.recovers())
            crowd.sends(10)
            house.service.clock(0)
            crowd.sends(10)
    settled("the clock goes back an hour", house, crowd, recoveries)
    for talk in crowd.talks:
        ids = [message["id"] for message in talk.acknowledged]
        assert ids == sorted(ids)
    assert (told := audit_times(house)) == sorted(told), "on one node the time of the record never goes back"


def audit_times(house: Running) -> list[int]:
    """When each row of the clinic's audit log says that it was written, in the order in which they were."""
    database = store.connect(load({"SECUREMSG_DATA": house.service.settings["data"]}))
    rows = database.read(lambda tx: tx.everywhere.all(
        "SELECT happened_at FROM audit WHERE clinic_id = (SELECT id FROM clinics WHERE slug = :slug) AND"
        " actor_kind IN ('visitor', 'staff') ORDER BY id", slug=HARBOUR))
    database.close()
    return [row.happened_at for row in rows]


def test_three_years_ahead_and_back(house):
    leo, mia, ana, tomas = house.visitor(), house.visitor(), house.staff("Ana"), house.staff("Tomas")
    key = new_key()
    assert leo.opens("one").status == 201 and (before := leo.says("two", key)).status == 201

    house.service.clock(YEARS)
    assert leo.asks("GET").status == 401 and ana.opens().status == 303, "sessions have long ended"
    assert mia.opens("from the future").status == 201 and mia.says("and more").status == 201
    assert tomas.signs_in(PASSWORD, tomas.code(YEARS + 30)).status == 303
    for _ in range(7):
        assert ana.signs_in("guessed by somebody", "000000").status in (422, 429)

    house.service.clock(0)
    assert leo.says("two", key).json == before.json and leo.reads() == ["one", "two"]
    assert mia.says("of today").status == 201 and mia.reads() == ["from the future", "and more", "of today"]
    assert house.visitor().opens("somebody new").status == 201
    assert tomas.opens().status == 303, "a session of a time that has not come is none"
    assert ana.signs_in(PASSWORD, ana.code(30)).status == 303, "nobody is locked out for three years"
    assert words(ana.opens(f"conversations/{mia.conversation}")) == ["from the future", "and more", "of today"]
