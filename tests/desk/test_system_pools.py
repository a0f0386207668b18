"""Pools and ready replies set by other systems and by staff's programs: on condition, on record, once, and of one clinic."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.system import pools, templates
from securemsg.desk.system.pools import Wanted
from securemsg.errors import Conflict, Forbidden, Missing, Refused, Reused, Stale
from securemsg.store.ids import new_id
from tests.clinic import Practice
from tests.desk.systems import System
from tests.people import new_key

WORDS = {"label": "Flu jab", "language": "en", "text": "Dear {visitor}, it is free."}


class Setter:
    """Somebody, or some system, that sets pools."""

    def __init__(self, clinic: Practice, who: Who):
        self.clinic, self.who = clinic, who

    def adds(self, label: str, name: str | None = None, key: str = "") -> dict:
        return pools.add(self.clinic.desk, self.clinic.home, self.who, label, name, key or new_key(), self.clinic.clock.tick())

    def changes(self, pool: dict, key: str = "", label: str | None = None, **lists: object) -> dict:
        wanted = Wanted(label, **{name: frozenset(some) for name, some in lists.items()})  # type: ignore[call-overload]
        return pools.change(self.clinic.desk, self.clinic.home, self.who, pool["id"], wanted, frozenset({pool["version"]}),
                            key or new_key(), self.clinic.clock.tick())

    def removes(self, pool: dict, key: str = "") -> None:
        pools.remove(self.clinic.desk, self.clinic.home, self.who, pool["id"], frozenset({pool["version"]}), key or new_key(),
                     self.clinic.clock.tick())

    def sees(self, id: str) -> dict:
        return pools.one(self.clinic.desk, self.clinic.home, self.who, id)

    def lists(self, limit: int = 50) -> list[str]:
        found, cursor = [], None
        while True:
            page, cursor = pools.page(self.clinic.desk, self.clinic.home, self.who, cursor, limit)
            found += [each["name"] for each in page]
            if cursor is None:
                return found


@pytest.fixture
def system(clinic) -> Setter:
    return Setter(clinic, System.let_in(clinic).who)


def done(clinic: Practice) -> list[str]:
    return [row.action for row in clinic.rows("audit") if row.action.partition(".")[0] in ("pool", "category", "template")
            or row.action == "person.pools_changed"]


def test_a_pool_is_made_filled_given_its_categories_emptied_and_removed(clinic, system, staff):
    pool = system.adds("Front desk")
    assert (pool["name"], pool["members"], pool["categories"], pool["unseen"]) == ("front-desk", [], [], False)
    clinic.sql("UPDATE people SET enrolled_at = created_at")
    clinic.desk.known_people.clear()
    routed = system.changes(pool, categories=["appointment"])
    assert routed["unseen"] and routed["categories"] == ["appointment"], "nobody who reads works there yet"
    full = system.changes(routed, members=[staff.who.id], label="Desk")
    assert full == system.sees(pool["id"]) and full["members"] == [staff.who.id] and full["label"] == "Desk"
    assert not full["unseen"] and len({each["version"] for each in (pool, routed, full)}) == 3
    with pytest.raises(Conflict, match="Topics still go to this pool"):
        system.removes(full)
    system.removes(system.changes(full, members=[], categories=[]))
    with pytest.raises(Missing, match="no such pool"):
        system.sees(pool["id"])
    assert done(clinic) == ["pool.added", "category.routed", "pool.renamed", "person.pools_changed", "person.pools_changed",
                            "category.routed", "pool.removed"]
    assert {row.actor_id for row in clinic.rows("audit") if row.action in done(clinic)} == {system.who.id}


def test_a_category_goes_to_one_pool_and_a_person_may_work_in_several(system, staff):
    first, second = system.adds("Front desk"), system.adds("Nurses")
    first = system.changes(first, categories=["appointment", "other"], members=[staff.who.id])
    second = system.changes(second, categories=["other"], members=[staff.who.id])
    assert system.sees(first["id"])["categories"] == ["appointment"] and second["categories"] == ["other"]
    assert system.sees(first["id"])["members"] == second["members"] == [staff.who.id]


def test_who_was_slower_does_nothing_and_hears_what_is_there_now(clinic, system, staff):
    pool = system.adds("Nurses")
    now = system.changes(pool, members=[staff.who.id])
    before = done(clinic)
    for act in (lambda: system.changes(pool, members=[]), lambda: system.removes(pool)):
        with pytest.raises(Stale) as stale:
            act()
        assert stale.value.members == {"current": now}
    assert done(clinic) == before and system.sees(pool["id"]) == now


def test_of_two_changes_at_one_moment_one_is_done(system, staff):
    pool = system.adds("Nurses")

    def tries(label: str) -> str:
        try:
            return system.changes(pool, label=label)["label"]
        except (Stale, Conflict):
            return ""

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(tries, ("Ward A", "Ward B")))
    assert sorted(map(bool, done)) == [False, True] and system.sees(pool["id"])["label"] == "".join(done)


def test_a_repeat_is_done_once_and_another_body_under_its_key_is_refused(clinic, system, staff):
    key, second, third = new_key(), new_key(), new_key()
    pool = system.adds("Nurses", key=key)
    assert system.adds("Nurses", key=key) == pool and system.lists() == ["nurses"]
    full = system.changes(pool, members=[staff.who.id], key=second)
    assert system.changes(pool, members=[staff.who.id], key=second) == full
    with pytest.raises(Reused):
        system.changes(pool, members=[], key=second)
    system.removes(full, third)
    system.removes(full, third)
    assert done(clinic) == ["pool.added", "person.pools_changed", "pool.removed"]


def test_what_cannot_be_is_refused_and_nothing_is_done(clinic, other_clinic, system, staff):
    pool, stranger = system.adds("Nurses"), other_clinic.hires("Eve Hill", None, "nurse")
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    wrong = ({"members": [stranger.who.id]}, {"members": [staff.who.id]}, {"members": [new_id()]}, {"categories": ["surgery"]},
             {"label": " "}, {"label": "x" * 61}, {"label": "a\0b"})
    for wanted in wrong:
        with pytest.raises(Refused) as refused:
            system.changes(pool, **wanted)
        assert set(refused.value.errors or {}) == set(wanted)
    for label, name in (("NURSES ", None), ("Others", "nurses")):
        with pytest.raises(Conflict, match="of this name already"):
            system.adds(label, name)
    other = system.adds("Others")
    with pytest.raises(Conflict):
        system.changes(other, label="nurses")
    assert done(clinic) == ["pool.added"] * 2 and system.sees(pool["id"]) == pool


def test_another_clinics_pool_is_as_if_it_were_not_there(clinic, other_clinic, system):
    pool, stranger = system.adds("Nurses"), Setter(other_clinic, System.let_in(other_clinic).who)
    for id in (pool["id"], new_id()):
        for act in (lambda id: stranger.sees(id), lambda id: stranger.changes(pool | {"id": id}, label="Mine"),
                    lambda id: stranger.removes(pool | {"id": id})):
            with pytest.raises(Missing, match="There is no such pool"):
                act(id)
    assert stranger.lists() == [] and system.lists() == ["nurses"]


def test_what_somebody_wrote_beside_it_counts_for_nothing(clinic, system, staff):
    pool, eve = system.changes(system.adds("Nurses"), members=[staff.who.id]), clinic.hires("Eve Low", None, "billing")
    clinic.sql("INSERT INTO pool_members (clinic_id, pool_id, person_id, mac, granted_at)"
               " VALUES (:clinic, :pool, :eve, :mac, :at)",
               clinic=clinic.home.id, pool=pool["id"], eve=eve.who.id, mac=b"\0" * 32, at=clinic.clock())
    clinic.sql("UPDATE categories SET pool_id = :pool, pool_mac = :mac WHERE name = 'other'", pool=pool["id"], mac=b"\0" * 32)
    assert system.sees(pool["id"]) == pool


def test_pages_of_pools_hold_each_once(system):
    names = [system.adds(f"Ward {number}")["name"] for number in range(5)]
    assert system.lists(2) == system.lists(5) == system.lists(50) == names


def test_owner_and_manager_set_them_and_who_reads_in_one_not_what_comes_before_their_own_eyes(clinic, system):
    pool = system.adds("Billing", "billing")
    mo = clinic.hires("Mo Day", None, "manager")
    people.set_roles(clinic.desk, clinic.service, clinic.home, mo.person, ("manager", "billing"), clinic.clock.tick())
    mo = Setter(clinic, Who("staff", clinic.home.id, mo.who.id, roles=frozenset({"manager", "billing"})))
    with pytest.raises(Refused, match="for somebody else to say"):
        mo.changes(pool, members=[mo.who.id])
    for role in ("front_desk", "nurse", "billing", "compliance", "auditor"):
        nobody = Setter(clinic, clinic.hires(f"{role} Low", None, role).who)
        for act in (lambda by: by.adds("Mine"), lambda by: by.sees(pool["id"]), lambda by: by.removes(pool)):
            with pytest.raises(Forbidden):
                act(nobody)
    assert Setter(clinic, clinic.hires("Ola Nor", None, "owner").who).changes(pool, label="Bills")["label"] == "Bills"


def test_a_ready_reply_is_written_changed_and_removed_each_once(clinic, system):
    desk, who, tick, key = clinic.desk, system.who, clinic.clock.tick, new_key()
    made = templates.add(desk, who, WORDS, key, tick())
    assert templates.add(desk, who, WORDS, key, tick()) == made == templates.one(desk, who, made["id"])
    assert made | WORDS == made and (made["version"], made["verified"]) == (1, True)
    after = templates.change(desk, who, made["id"], {"text": " It costs nothing. "}, frozenset({1}), new_key(), tick())
    assert after == made | {"text": "It costs nothing.", "version": 2} == templates.one(desk, who, made["id"])
    for act in (lambda: templates.change(desk, who, made["id"], {"label": "Old"}, frozenset({1}), new_key(), tick()),
                lambda: templates.remove(desk, who, made["id"], frozenset({1}), new_key(), tick())):
        with pytest.raises(Stale) as stale:
            act()
        assert stale.value.members == {"current": after}
    key = new_key()
    for _ in range(2):
        templates.remove(desk, who, made["id"], frozenset({2}), key, tick())
    assert done(clinic) == ["template.added", "template.changed", "template.removed"]


def test_an_altered_ready_reply_shows_no_words_and_is_given_anew(clinic, system):
    desk, who, tick = clinic.desk, system.who, clinic.clock.tick
    made = templates.add(desk, who, WORDS, new_key(), tick())
    clinic.sql("UPDATE templates SET sealed = :sealed", sealed=bytes(clinic.rows("templates")[0].sealed[:-1]) + b"\0")
    found = templates.one(desk, who, made["id"])
    assert found == made | {"label": None, "text": None, "verified": False}
    with pytest.raises(Refused, match="was altered"):
        templates.change(desk, who, made["id"], {"label": "Flu"}, frozenset({1}), new_key(), tick())
    assert templates.change(desk, who, made["id"], WORDS, frozenset({1}), new_key(), tick())["verified"]


def test_another_clinics_ready_reply_is_not_there_and_pages_hold_each_once(clinic, other_clinic, system):
    desk, who, tick = clinic.desk, system.who, clinic.clock.tick
    made = [templates.add(desk, who, WORDS | {"label": f"Jab {n}"}, new_key(), tick()) for n in range(3)]
    stranger = System.let_in(other_clinic).who
    with pytest.raises(Missing):
        templates.one(desk, stranger, made[0]["id"])
    first, cursor = templates.page(desk, who, None, 2)
    rest, end = templates.page(desk, who, cursor, 2)
    assert [*first, *rest] == made and end is None
    assert templates.page(desk, stranger, None, 2) == ([], None)
