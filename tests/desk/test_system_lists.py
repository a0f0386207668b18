"""Conversations as systems list them: filters, orders, pages while people write; cursors that nobody makes or moves."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from securemsg.desk.system import conversations
from securemsg.desk.system.conversations import Wanted
from securemsg.errors import BadRequest, Refused
from tests.desk.hand import flipped
from tests.desk.systems import System


@pytest.fixture
def system(clinic) -> System:
    return System.let_in(clinic)


def writes(clinic, count: int) -> list[str]:
    """So many people begin: their conversations' ids, the oldest first."""
    people = [clinic.visitor() for _ in range(count)]
    for number, person in enumerate(people):
        person.says(f"Question {number}")
    return [person.conversation for person in people]


def ids(items: list[dict]) -> list[str]:
    return [item["id"] for item in items]


def test_a_list_holds_facts_and_neither_names_nor_words(clinic, system):
    visitor = clinic.visitor()
    visitor.opens("It hurts.", name="Leo", contact=("email", "leo@example.org"))
    [item] = system.lists()
    assert item["id"] == visitor.conversation and item["category"] == "other" and item["state"] == "open"
    assert (item["waiting_on"], item["last_seq"], item["version"], item["claimed_by"]) == ("staff", 1, 1, None)
    assert not any(word in str(item) for word in ("Leo", "leo@", "hurts"))
    assert "conversation.read" not in [row.action for row in clinic.rows("audit")], "what discloses nothing needs no record"


@pytest.mark.parametrize("sort", ["opened", "updated", "waiting"])
@pytest.mark.parametrize("descending", [True, False])
def test_each_order_goes_both_ways_through_all_pages(clinic, system, sort, descending):
    written = writes(clinic, 7)
    found = [item["id"] for page in system.pages(limit=3, sort=sort, descending=descending) for item in page]
    assert found == (written[::-1] if descending else written)


def test_each_conversation_is_listed_once_though_others_are_written_meanwhile(clinic, system):
    """Rows come in at both ends of a page, also with the same time as its last; whatever was there is listed exactly once."""
    before = writes(clinic, 9)
    for sort in ("opened", "updated", "waiting"):
        for descending in (True, False):
            found: list[str] = []
            for page in system.pages(limit=2, sort=sort, descending=descending):
                found += ids(page)
                if len(found) < 20:
                    writes(clinic, 1)
            assert len(found) == len(set(found)), (sort, descending)
            assert [id for id in found if id in before] == (before[::-1] if descending else before), (sort, descending)


def test_times_that_are_the_same_part_nobody(clinic, system):
    written = writes(clinic, 7)
    clinic.sql("UPDATE conversations SET created_at = 5, last_at = 5, waiting_since = 5")
    for sort in ("opened", "updated", "waiting"):
        found = [item["id"] for page in system.pages(limit=2, sort=sort) for item in page]
        assert sorted(found) == sorted(written) and len(set(found)) == 7


def test_filters_leave_out_all_others(clinic, system, staff):
    people = [clinic.visitor() for _ in range(3)]
    people[0].says("one")
    people[1].opens("two", category="appointment", contact=("phone", "+1 555 0100"))
    later = clinic.clock.tick()
    people[2].says("three")
    staff.claims(to=people[0])
    staff.replies("Yes.", to=people[1])
    staff.closes(to=people[2])
    staff.flags(to=people[0])
    one, two, three = (person.conversation for person in people)
    reference = next(item for item in system.lists() if item["id"] == two)["reference"]
    for wanted, expected in (
            ({"open": True}, {one, two}), ({"closed": True}, {three}), ({"unclaimed": True}, {two, three}),
            ({"category": "appointment"}, {two}), ({"urgency": "urgent"}, {one}), ({"waiting_on": "visitor"}, {two}),
            ({"claimed_by": staff.who.id}, {one}), ({"reference": reference}, {two}), ({"opened_since": later}, {three}),
            ({"updated_since": later}, {one, two, three}), ({"open": True, "urgency": "normal"}, {two}),
            ({"category": "appointment", "closed": True}, set())):
        assert set(ids(system.lists(**wanted))) == expected, wanted


def test_a_category_that_the_clinic_never_had_is_refused_by_name(system):
    with pytest.raises(Refused) as refused:
        system.lists(category="surgery")
    assert set(refused.value.errors or {}) == {"category"}


def test_two_clinics_are_apart(clinic, other_clinic, system):
    writes(clinic, 2)
    theirs = writes(other_clinic, 2)
    stranger = System.let_in(other_clinic)
    assert ids(stranger.lists()) == theirs[::-1] and not set(theirs) & set(ids(system.lists()))


def test_a_cursor_is_good_for_its_own_list_only(clinic, other_clinic, system):
    writes(clinic, 4)
    writes(other_clinic, 4)
    stranger = System.let_in(other_clinic)

    def page(who: System, wanted: Wanted, cursor: str | None):
        return conversations.page(clinic.desk, who.clinic.home, who.who, wanted, cursor, 2)

    mine = Wanted({"open": True})
    cursor = page(system, mine, None)[1]
    assert cursor and page(system, mine, cursor)[0]
    for who, wanted in ((stranger, mine), (system, Wanted()), (system, Wanted({"closed": True})),
                        (system, Wanted({"open": True}, "opened")), (system, Wanted({"open": True}, descending=False))):
        with pytest.raises(BadRequest) as refused:
            page(who, wanted, cursor)
        assert "cursor" in refused.value.detail
    other = System.let_in(clinic, "conversations:read")
    assert page(other, mine, cursor) == page(system, mine, cursor), "another token of the clinic may go on"


def test_a_cursor_that_nobody_gave_is_refused_whatever_it_is(clinic, system):
    writes(clinic, 4)
    _, cursor = conversations.page(clinic.desk, clinic.home, system.who, Wanted(), None, 2)
    raw = urlsafe_b64decode(cursor[3:] + "==")

    def text(raw: bytes) -> str:
        return "c1_" + urlsafe_b64encode(raw).decode().rstrip("=")

    assert text(raw) == cursor
    forged = [text(flipped(raw, at)) for at in range(len(raw))]
    forged += [text(raw[:at]) for at in range(len(raw))] + [text(raw + b" "), text(b"\0" * 16 + b"[1,2]"), text(b"\0" * 16)]
    forged += ["", "c1_", cursor[3:], "c2_" + cursor[3:], cursor + "=", cursor + "\n", cursor[:-1], "c1_" + "A" * 600, "c1_ü",
               "c1_ä==", cursor.replace("c1_", "c1_ "), cursor[:20] + "!" + cursor[20:]]
    for each in forged:
        with pytest.raises(BadRequest):
            conversations.page(clinic.desk, clinic.home, system.who, Wanted(), each, 2)


def test_what_was_erased_is_listed_no_more(clinic, system):
    [gone, stays] = writes(clinic, 2)
    clinic.sql("UPDATE conversations SET erased_at = 1 WHERE id = :id", id=gone)
    assert ids(system.lists()) == [stays]
