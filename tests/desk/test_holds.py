"""A legal hold: it needs a reason, beats erasure and age, and takes two people to lift; what a visitor hears who asks to be
erased."""

import pytest

from securemsg.crypto import statements
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.erasing import certificate, conversation, holds, message, requests
from securemsg.desk.receipts import PURPOSE
from securemsg.errors import Conflict, Forbidden, Missing, Refused, Unknown
from securemsg.store.ids import new_id
from securemsg.times import DAY
from tests.people import new_key


@pytest.fixture
def judges(clinic):
    return clinic.hires("Mo Abe", None, "compliance"), clinic.hires("Cy Oh", None, "compliance")


def hold(clinic, who, visitor, reason: str = "A claim was announced.") -> str:
    return holds.place(clinic.desk, who.who, visitor.conversation, reason, clinic.clock.tick())


def test_a_hold_beats_erasing_and_two_people_lift_it(clinic, visitor, judges):
    visitor.opens("Hello?")
    one, other = judges
    id = hold(clinic, one, visitor)
    for act in (lambda: conversation.erase(clinic.desk, one.who, visitor.conversation, "asked for", clinic.clock.tick()),
                lambda: message.erase(clinic.desk, one.who, visitor.conversation, visitor.messages()[0].id, "asked",
                clinic.clock.tick())):
        with pytest.raises(Conflict, match="A claim was announced"):
            act()
    assert not holds.lift(clinic.desk, one.who, id, "The claim is settled.", clinic.clock.tick())
    with pytest.raises(Conflict, match="second person"):
        holds.lift(clinic.desk, one.who, id, "The claim is settled.", clinic.clock.tick())
    assert holds.of(clinic.desk, clinic.home.id, visitor.conversation).state == "asked"
    assert holds.lift(clinic.desk, other.who, id, "I agree.", clinic.clock.tick())
    assert holds.of(clinic.desk, clinic.home.id, visitor.conversation) is None
    with pytest.raises(Missing):
        holds.lift(clinic.desk, other.who, id, "Once more.", clinic.clock.tick())
    conversation.erase(clinic.desk, one.who, visitor.conversation, "asked for", clinic.clock.tick())
    assert [row.action for row in clinic.rows("audit") if row.action.startswith(("hold.", "conversation.erased"))] == [
        "hold.placed", "hold.lift_asked", "hold.lifted", "conversation.erased"]


def test_a_hold_needs_a_reason_and_somebody_who_may(clinic, visitor, staff, judges):
    visitor.opens("Hello?")
    for reason in ("", "  ", "x", "y" * 501, "with a\0zero", "\u200b" * 3, "a \u2060\ufe0f\u3164 b"):
        with pytest.raises(Refused):
            hold(clinic, judges[0], visitor, reason)
    with pytest.raises(Forbidden):
        hold(clinic, staff, visitor)
    assert not clinic.rows("holds")
    for reason in ("案件三", "दावा", "ok!"):
        hold(clinic, judges[0], visitor, reason)


def test_who_lifts_a_hold_in_the_database_alone_lifts_nothing(clinic, visitor, judges):
    visitor.opens("Hello?")
    hold(clinic, judges[0], visitor)
    clinic.sql("UPDATE holds SET lifted_by = placed_by, second_by = placed_by, lifted_at = 5")
    with pytest.raises(Conflict, match="could not be verified"):
        conversation.erase(clinic.desk, judges[0].who, visitor.conversation, "asked for", clinic.clock.tick())


def test_an_altered_hold_says_so_and_two_people_lift_it(clinic, visitor, judges):
    visitor.opens("Hello?")
    one, other = judges
    id = hold(clinic, one, visitor)
    clinic.sql("UPDATE holds SET lifted_by = :by, second_by = :by, lifted_at = 5", by=other.who.id)
    with pytest.raises(Conflict, match="was altered"):
        conversation.erase(clinic.desk, one.who, visitor.conversation, "asked for", clinic.clock.tick())
    assert not holds.lift(clinic.desk, other.who, id, "It was altered.", clinic.clock.tick()), "who it names has not asked"
    with pytest.raises(Conflict, match="second person"):
        holds.lift(clinic.desk, other.who, id, "It was altered.", clinic.clock.tick())
    assert holds.lift(clinic.desk, one.who, id, "I agree.", clinic.clock.tick())
    conversation.erase(clinic.desk, one.who, visitor.conversation, "asked for", clinic.clock.tick())


def test_three_people_ask_on_one_day_and_get_three_answers(clinic, staff, judges):
    enquiry, care, held = clinic.visitor(), clinic.visitor(), clinic.visitor()
    clinic.saves(categories=(("other", "Something else", True, "optional"), ("prescription", "Prescription", True, "optional")))
    enquiry.opens("Do you take new patients?")
    care.opens("My tablets are used up.", category="prescription")
    staff.replies("Take one a day.", to=care)
    held.opens("I will go to court.")
    hold(clinic, judges[0], held)
    answers = [requests.ask(clinic.desk, each.visit(), clinic.clock.tick()).why for each in (enquiry, care, held)]
    assert answers == [None, requests.WHY["care"], requests.WHY["held"]]
    with pytest.raises(Unknown):
        enquiry.visit()
    assert requests.ask(clinic.desk, care.visit(), clinic.clock.tick()).why, "asked again, it is asked for once"
    waiting = requests.waiting(clinic.desk, judges[0].who)
    assert [row.conversation_id for row in waiting] == [care.conversation, held.conversation]
    actions = [row.action for row in clinic.rows("audit") if row.action in ("conversation.erased", "erasure.requested")]
    assert actions == ["conversation.erased", "erasure.requested", "erasure.requested"]
    requests.refuse(clinic.desk, judges[0].who, care.conversation, "We keep what belongs to your care for ten years.", new_key(),
                    clinic.clock.tick())
    assert care.reads()[-1] == "We keep what belongs to your care for ten years."
    with pytest.raises(Conflict, match="Nobody waits"):
        requests.refuse(clinic.desk, judges[0].who, care.conversation, "Once more.", new_key(), clinic.clock.tick())
    with pytest.raises(Conflict, match="held"):
        requests.grant(clinic.desk, judges[0].who, held.conversation, "Nobody needs it.", clinic.clock.tick())
    assert [row.conversation_id for row in requests.waiting(clinic.desk, judges[0].who)] == [held.conversation]


def test_the_certificate_counts_says_no_names_and_is_signed(clinic, visitor):
    visitor.opens("Hello?", name="Leo Klein")
    visitor.says("And more.")
    since = clinic.clock()
    message.erase(clinic.desk, clinic.service, visitor.conversation, visitor.messages()[1].id, "asked for", clinic.clock.tick())
    conversation.erase(clinic.desk, clinic.service, visitor.conversation, "asked for", clinic.clock.tick())
    told = certified(clinic, since)
    assert told["erased"] == {"messages": 1, "conversations": 1, "people": 0} and told["final_after_days"] == 30
    assert told["not_vouched_for"] == 0
    seed = clinic.desk.keys.active(SERVICE, PURPOSE).secret
    assert statements.is_signed(seed, certificate.KIND, told)
    assert not statements.is_signed(seed, certificate.KIND, told | {"erased": {"messages": 0}})
    assert visitor.conversation not in str(told) and "Leo" not in str(told)


def certified(clinic, since: int, until: int | None = None) -> dict:
    return certificate.certificate(clinic.desk, clinic.home, since, until or clinic.clock.tick(), clinic.clock.tick())


def test_the_certificate_counts_nothing_that_another_hand_wrote(clinic, visitor):
    visitor.opens("Hello?")
    since = clinic.clock()
    conversation.erase(clinic.desk, clinic.service, visitor.conversation, "asked for", clinic.clock.tick())
    for kind in ("conversation", "message", "nonsense"):
        clinic.sql("INSERT INTO erasures (clinic_id, id, object_kind, object_id, erased_at) VALUES (:clinic_id, :id, :kind,"
                   " :object, :at)", clinic_id=clinic.home.id, id=new_id(), kind=kind, object=new_id(), at=clinic.clock.tick())
    told = certified(clinic, since)
    assert told["erased"] == {"messages": 0, "conversations": 1, "people": 0} and told["not_vouched_for"] == 3
    clinic.sql("UPDATE erasures SET erased_at = erased_at - 1 WHERE mac IS NOT NULL")
    assert certified(clinic, since - DAY)["erased"]["conversations"] == 0, "nor what was altered"


def test_the_certificate_is_about_a_time_that_has_passed(clinic):
    now = clinic.clock()
    for since, until in ((now - DAY, now + DAY), (now + DAY, now + 2 * DAY), (now, now - DAY), (now - 1, now - 1)):
        with pytest.raises(Refused, match="a time that has passed"):
            certificate.certificate(clinic.desk, clinic.home, since, until, now)
    assert certificate.certificate(clinic.desk, clinic.home, now - DAY, now, now)["erased"]["people"] == 0
