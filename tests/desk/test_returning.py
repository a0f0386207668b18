"""Back to a conversation on another device: a link from a mail and a code, each once; guessed by nobody, altered by nobody."""

import pytest

from securemsg.desk import places, return_codes, returning, visits
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.plugin import todos
from securemsg.desk.plugin.plugin_desk import PluginDesk
from securemsg.errors import Forbidden, Limited, Missing, Refused, Unknown
from securemsg.store import aftermath, returns
from tests.desk.test_ended_rows import put_back
from tests.together import at_once


@pytest.fixture
def zeb(clinic):
    somebody = clinic.visitor()
    somebody.opens("Is the flu jab free?", contact=("email", "zeb@example.org"))
    return somebody


def link(clinic, visitor) -> str:
    """As a plugin puts it into a mail: the secret."""
    desk = PluginDesk(clinic.desk, "email", clinic.home.id, clinic.clock.tick())
    path = desk.way_back(visitor.conversation)
    before = len(clinic.rows("returns"))
    assert clinic.desk.database.write(desk.write()) and len(clinic.rows("returns")) == before + 1, "with the mail, not before"
    page, _, secret = path.partition("#")
    assert page == f"/contact/{clinic.home.slug}/return" and len(secret) == 43
    return secret


def code(clinic, visitor) -> str:
    return return_codes.to_visitor(clinic.desk, visitor.visit(), clinic.clock.tick()).code


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10 ** 6:06d}"


def comes(clinic, secret: str, code: str):
    """Somebody on another device: a visitor with a session of their own."""
    other = clinic.visitor()
    other.token = returning.come_back(clinic.desk, clinic.home, secret, code, None, clinic.clock.tick())
    other.conversation = other.visit().conversation.id
    return other


def refused(clinic, secret: str, code: str) -> str:
    with pytest.raises(Refused) as raised:
        comes(clinic, secret, code)
    return str(raised.value.detail)


def test_link_and_code_open_a_session_of_its_own_once(clinic, zeb):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    other = comes(clinic, secret, f" {given[:3]}-{given[3:]} ")
    assert other.token != zeb.token and other.reads() == ["Is the flu jab free?"]
    other.says("From my phone.")
    assert zeb.reads()[-1] == "From my phone."
    assert refused(clinic, secret, code(clinic, zeb)) == returning.REFUSED, "a link works once"
    assert refused(clinic, link(clinic, zeb), given) == returning.REFUSED, "and so does a code"
    assert comes(clinic, link(clinic, zeb), code(clinic, zeb))


def test_what_a_copy_of_the_database_holds_opens_nothing(clinic, zeb):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    kept = repr([tuple(row) for table in ("returns", "return_codes") for row in clinic.rows(table)])
    assert secret not in kept and given not in kept


def test_digits_are_those_of_any_script(clinic, zeb):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    assert comes(clinic, secret, "".join(chr(0x0660 + int(digit)) for digit in given))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef"])
def test_what_is_no_code_is_no_attempt(clinic, zeb, typed):
    secret = link(clinic, zeb)
    for _ in range(returning.TRIES + 1):
        with pytest.raises(Refused) as raised:
            comes(clinic, secret, typed)
        assert list(raised.value.errors) == ["code"]
    assert comes(clinic, secret, code(clinic, zeb))


def test_a_wrong_code_leaves_the_link_whole_and_the_refusal_is_always_the_same(clinic, zeb):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    told = {refused(clinic, secret, wrong(given)), refused(clinic, "x" * 43, given), refused(clinic, "", given),
            refused(clinic, "x" * 43, wrong(given))}
    assert told == {returning.REFUSED}
    assert comes(clinic, secret, given)


def test_a_code_counts_for_ten_minutes_and_a_link_for_thirty_days(clinic, zeb):
    first, second = link(clinic, zeb), link(clinic, zeb)
    given = code(clinic, zeb)
    clinic.later(minutes=10)
    refused(clinic, first, given)
    clinic.later(days=29, hours=23)
    assert comes(clinic, first, code(clinic, zeb))
    clinic.later(hours=1)
    refused(clinic, second, code(clinic, zeb))


def test_the_newest_code_alone_counts(clinic, zeb):
    secret, old, new = link(clinic, zeb), code(clinic, zeb), code(clinic, zeb)
    if old != new:
        refused(clinic, secret, old)
    assert comes(clinic, secret, new)


def test_anothers_code_opens_nothing(clinic, zeb):
    mia = clinic.visitor()
    mia.opens("Mine alone.")
    hers = code(clinic, mia)
    if hers != code(clinic, zeb):
        refused(clinic, link(clinic, zeb), hers)
    assert mia.reads() == ["Mine alone."]


def test_five_wrong_codes_block_tell_staff_and_end_the_code(clinic, zeb, staff):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    for _ in range(returning.TRIES):
        refused(clinic, secret, wrong(given))
    with pytest.raises(Limited) as raised:
        comes(clinic, link(clinic, zeb), given)
    assert 590 <= raised.value.retry_after_seconds <= 600
    [todo] = todos.todos(clinic.desk, staff.who, zeb.conversation, clinic.clock.tick())
    assert todo.urgent and "wrong codes" in todo.text
    assert [row.outcome for row in clinic.rows("audit") if row.action == "return.refused"] == ["refused"] * returning.TRIES
    assert [row.object_id for row in clinic.rows("audit") if row.action == "return.blocked"] == [zeb.conversation]
    assert zeb.reads() == ["Is the flu jab free?"], "who is in it notices nothing"
    clinic.later(minutes=10)
    refused(clinic, secret, given)
    assert comes(clinic, secret, code(clinic, zeb)), "the right person gets in all the same"


def test_a_code_that_was_guessed_at_counts_no_more(clinic, zeb):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    for _ in range(returning.TRIES - 1):
        refused(clinic, secret, wrong(given))
    clinic.later(minutes=9)
    given = code(clinic, zeb)
    refused(clinic, secret, wrong(given))
    clinic.later(minutes=2)
    assert refused(clinic, secret, given) == returning.REFUSED, "two minutes old, and tries are free again"


def test_one_to_do_however_often_it_is_tried(clinic, zeb, staff):
    secret = link(clinic, zeb)
    for _ in range(2):
        given = code(clinic, zeb)
        for _ in range(returning.TRIES):
            refused(clinic, secret, wrong(given))
        clinic.later(minutes=11)
    assert len(todos.todos(clinic.desk, staff.who, zeb.conversation, clinic.clock.tick())) == 1


def test_of_many_guesses_at_once_five_count(clinic, zeb):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    now = clinic.clock.tick()
    ends = at_once(20, lambda _: returning.come_back(clinic.desk, clinic.home, secret, wrong(given), None, now))
    assert [type(end) for end in ends].count(Limited) == 20 - returning.TRIES
    assert len([row for row in clinic.rows("audit") if row.action == "return.refused"]) == returning.TRIES


def test_of_two_at_once_one_comes_in(clinic, zeb):
    secret, given, now = link(clinic, zeb), code(clinic, zeb), clinic.clock.tick()
    ends = at_once(5, lambda _: returning.come_back(clinic.desk, clinic.home, secret, given, None, now))
    assert sorted(type(end).__name__ for end in ends) == ["Refused"] * 4 + ["str"]
    assert len(clinic.rows("visitor_sessions")) == 2


def test_staff_give_a_code_on_the_telephone_and_it_is_on_record(clinic, zeb, staff):
    given = return_codes.by_staff(clinic.desk, staff.who, zeb.conversation, clinic.clock.tick())
    assert comes(clinic, link(clinic, zeb), given.code)
    [row] = [row for row in clinic.rows("audit") if row.action == "return.code"]
    assert (row.actor_id, row.object_id) == (staff.who.id, zeb.conversation)
    with pytest.raises(Missing):
        return_codes.by_staff(clinic.desk, staff.who, clinic.home.id, clinic.clock.tick())
    with pytest.raises(Forbidden):
        return_codes.by_staff(clinic.desk, clinic.hires("Al", None, "auditor").who, zeb.conversation, clinic.clock.tick())


ALTERED = {
    "a link given to another conversation": "UPDATE returns SET conversation_id = :theirs",
    "a link that lasts longer": "UPDATE returns SET expires_at = expires_at + 1",
    "a code given to another conversation": "UPDATE return_codes SET conversation_id = :mine WHERE conversation_id = :theirs",
    "a code that lasts longer": "UPDATE return_codes SET expires_at = expires_at + 1",
    "a code made up": "UPDATE return_codes SET code_mac = secret_sha256 FROM returns"}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_row_opens_nothing(clinic, zeb, what):
    mia = clinic.visitor()
    mia.opens("Mine alone.")
    whose = mia if "given to another" in what else zeb
    secret, given = link(clinic, whose), code(clinic, zeb)
    ids = {"mine": mia.conversation, "theirs": zeb.conversation}
    assert clinic.sql(ALTERED[what], **{name: id for name, id in ids.items() if f":{name}" in ALTERED[what]})
    refused(clinic, secret, given)


def test_blanking_that_a_link_was_used_does_not_open_it_again(clinic, zeb):
    secret = link(clinic, zeb)
    comes(clinic, secret, code(clinic, zeb))
    assert clinic.sql("UPDATE returns SET used_at = NULL")
    refused(clinic, secret, code(clinic, zeb))


def test_the_devices_of_one_conversation_and_no_other(clinic, zeb):
    clinic.visitor().opens("Somebody else's.")
    other = comes(clinic, link(clinic, zeb), code(clinic, zeb))
    found = places.everywhere(clinic.desk, zeb.visit(), clinic.clock())
    assert [(each.via, each.is_here) for each in found] == [("link", False), ("open", True)]
    clinic.later(hours=2)
    visits.used(clinic.desk, zeb.visit(), clinic.clock())
    found = places.everywhere(clinic.desk, other.visit(), clinic.clock())
    assert [(each.via, each.is_here) for each in found] == [("open", False), ("link", True)]
    assert found[0].last_used_at == clinic.clock() and found[0].since < found[0].last_used_at


@pytest.mark.parametrize(("said", "says"), [("link", "open"), ("link", "ticket"), ("open", "link"), ("open", "")])
def test_a_session_that_says_it_began_another_way_opens_nothing(clinic, zeb, said, says):
    other = comes(clinic, link(clinic, zeb), code(clinic, zeb))
    assert clinic.sql("UPDATE visitor_sessions SET via = :says WHERE via = :said", said=said, says=says) == 1
    altered, whole = (other, zeb) if said == "link" else (zeb, other)
    with pytest.raises(Unknown):
        altered.visit()
    left = places.everywhere(clinic.desk, whole.visit(), clinic.clock())
    assert [place.via for place in left] == ["open" if whole is zeb else "link"]


def test_one_device_is_ended_for_good_and_the_others_go_on(clinic, zeb):
    other = comes(clinic, link(clinic, zeb), code(clinic, zeb))
    theirs, mia = other.visit().who.session_id, clinic.visitor()
    mia.opens("Somebody else's.")
    with pytest.raises(Missing):
        places.end_one(clinic.desk, mia.visit(), theirs, clinic.clock.tick())
    places.end_one(clinic.desk, zeb.visit(), theirs, clinic.clock.tick())
    assert clinic.sql("UPDATE visitor_sessions SET ended_at = NULL WHERE id = :id", id=theirs)
    with pytest.raises(Unknown):
        other.visit()
    assert zeb.reads() and len(places.everywhere(clinic.desk, zeb.visit(), clinic.clock())) == 1
    with pytest.raises(Missing):
        places.end_one(clinic.desk, zeb.visit(), theirs, clinic.clock.tick())


def test_everywhere_is_everywhere_and_a_code_that_waits_counts_no_more(clinic, zeb):
    other = comes(clinic, link(clinic, zeb), code(clinic, zeb))
    secret, given, visit = link(clinic, zeb), code(clinic, zeb), zeb.visit()
    heard = {each.visit().who.session_id: each for each in (zeb, other)}
    places.end_all(clinic.desk, visit, clinic.clock.tick())
    for each in (zeb, other):
        with pytest.raises(Unknown):
            each.visit()
    refused(clinic, secret, given)
    assert {row.subject_id for row in clinic.rows("revocations")} == heard.keys(), "the ledger hears of each"
    assert clinic.sql("UPDATE visitor_sessions SET ended_at = NULL") == 2
    for each in (zeb, other):
        with pytest.raises(Unknown):
            each.visit()


def test_devices_that_were_ended_stay_so_though_their_rows_are_put_back(clinic, zeb):
    other, before = comes(clinic, link(clinic, zeb), code(clinic, zeb)), clinic.rows("visitor_sessions")
    places.end_all(clinic.desk, zeb.visit(), clinic.clock.tick())
    Ledger(clinic.desk).catch_up()
    put_back(clinic, "visitor_sessions", before)
    for each in (zeb, other):
        with pytest.raises(Unknown):
            each.visit()


def test_erased_with_the_conversation(clinic, zeb, staff):
    secret, given = link(clinic, zeb), code(clinic, zeb)
    clinic.desk.database.write(lambda tx: aftermath.repeat(
        tx, "erased.conversation", clinic.home.id, zeb.conversation, clinic.clock.tick()))
    assert not clinic.rows("returns") and not clinic.rows("return_codes")
    refused(clinic, secret, given)


def test_what_opens_nothing_any_more_is_dropped(clinic, zeb):
    link(clinic, zeb), code(clinic, zeb)
    clinic.desk.database.write(lambda tx: returns.expire(tx, clinic.clock()))
    assert clinic.rows("returns") and clinic.rows("return_codes")
    clinic.later(days=30)
    clinic.desk.database.write(lambda tx: returns.expire(tx, clinic.clock()))
    assert not clinic.rows("returns") and not clinic.rows("return_codes")
