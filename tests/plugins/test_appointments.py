"""Asked for, offered, chosen: a time is had by one, whoever else picks it; the calendar entry says when, and not why."""

import re
from threading import Barrier, Thread

import pytest
from icalendar import Calendar

from securemsg.desk import pooling
from securemsg.desk import visitor as visitor_desk
from securemsg.desk.once import Moved
from securemsg.desk.plugin import tools
from securemsg.desk.reach import own
from securemsg.errors import Refused
from securemsg.plugins import appointments
from tests.people import new_key
from tests.plugins.at_work import at_work
from tests.plugins.turns import Plugin

TEN, NOON = "2026-04-01 10:00", "2026-04-01 12:00"
WHY = "A rash on my arm"


@pytest.fixture
def house(clinic):
    return at_work(clinic, "appointments", appointments)


def asks(house, clinic, staff):
    """Somebody who asked for an appointment, in a conversation that staff have open."""
    somebody = clinic.visitor()
    somebody.says("Hello.")
    house.sends(somebody, "request", reason=WHY, when="morning")
    staff.opens(somebody)
    return somebody


@pytest.fixture
def mia(house, clinic, staff):
    return asks(house, clinic, staff)


def offers(house, staff, *times: str, whom: str = "Ana Ruiz", minutes: int = 20) -> None:
    house.uses(staff, "offer", times="\n".join(times), whom=whom, minutes=minutes)


def said(visitor) -> list[dict]:
    """The parts of the newest message."""
    return visitor.messages()[-1].data["parts"]


def entry(visitor, back: int = 1):
    """The calendar entry in the newest message but so many, as a calendar reads it."""
    [file] = [part for part in visitor.messages()[-back].data["parts"] if part["type"] == "file"]
    calendar = Calendar.from_ical(file["content"])
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event, file


def test_it_is_asked_for_by_a_form_and_staff_read_it_as_words(house, mia, staff):
    assert mia.reads()[-1] == f"Ask for an appointment: {WHY} (In the morning)"
    assert staff.inbox() == [mia.conversation], "staff are to answer"


def test_the_visitor_picks_one_of_the_times_and_gets_an_entry_for_the_calendar(house, clinic, mia, staff):
    offers(house, staff, TEN, NOON)
    assert [option["value"] for option in said(mia)[0]["options"]] == [TEN, NOON, "none"]
    house.sends(mia, "chosen", answer=TEN)
    assert mia.reads()[-1].startswith("Your appointment: Wed, Apr 1, 2026, 10:00")
    method, event, file = entry(mia)
    assert method == "REQUEST" and event["SEQUENCE"] == 0 and str(event["STATUS"]) == "CONFIRMED"
    assert event.decoded("DTSTART").isoformat() == "2026-04-01T08:00:00+00:00", "ten on the clinic's clocks"
    assert (event.decoded("DTEND") - event.decoded("DTSTART")).total_seconds() == 20 * 60
    for word in ("rash", "arm", "Ruiz", "Elm", "Street", "Hello"):
        assert word not in file["content"], "others see calendars"
    assert file["name"] == "appointment.ics" and file["media_type"] == "text/calendar; method=REQUEST"


def test_another_choice_moves_it_and_a_press_calls_it_off(house, clinic, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    _, first, _ = entry(mia)
    staff.opens(mia)
    offers(house, staff, NOON)
    house.sends(mia, "chosen", answer=NOON)
    method, moved, _ = entry(mia)
    assert (method, moved["UID"], moved["SEQUENCE"]) == ("REQUEST", first["UID"], 1)
    house.sends(mia, "cancelled", answer=str(first["UID"]))
    method, off, _ = entry(mia)
    assert (method, off["UID"], off["SEQUENCE"], str(off["STATUS"])) == ("CANCEL", first["UID"], 2, "CANCELLED")
    assert house.todo(staff) == ["The visitor cancelled the appointment."]
    assert clinic.rows("taken") == [] or not [row for row in clinic.rows("taken") if row.conversation_id == mia.conversation]


def test_the_one_after_an_appointment_that_was_is_another_and_leaves_its_entry(house, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    _, first, _ = entry(mia)
    house.after(days=31)
    staff.opens(mia)
    offers(house, staff, "2026-05-01 10:00")
    house.sends(mia, "chosen", answer="2026-05-01 10:00")
    _, second, _ = entry(mia)
    assert second["UID"] != first["UID"] and second["SEQUENCE"] == 0


def test_staff_call_it_off_and_the_visitor_hears_of_it(house, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    staff.opens(mia)
    with pytest.raises(Refused) as refused:
        house.uses(staff, "cancel", reason="Dr Wu is ill.")
    assert refused.value.errors == {"data.sure": ["Please tick the box."]} and entry(mia)[0] == "REQUEST", "still booked"
    house.uses(staff, "cancel", reason="Dr Wu is ill.", sure=True)
    method, _, file = entry(mia)
    assert (method, file["name"]) == ("CANCEL", "appointment-cancelled.ics")
    cancelled, why, _ = said(mia)
    assert cancelled["text"].startswith("Cancelled: Wed, Apr 1, 2026, 10:00") and why["text"] == "Dr Wu is ill."


def test_a_press_on_cancel_asks_first_of_the_very_appointment(house, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    [option] = said(mia)[2]["options"]
    assert option["label"] == "Cancel the appointment"
    assert re.fullmatch(r"Cancel this appointment\? Wed, Apr 1, 2026, 10:00\sAM, with Ana Ruiz", option["confirm"])


def test_what_was_chosen_reads_as_it_stood_on_the_button(house, mia, staff):
    offers(house, staff, TEN)
    label = said(mia)[0]["options"][0]["label"]
    house.sends(mia, "chosen", answer=TEN)
    [message] = [each for each in mia.messages() if each.kind == "appointments.chosen"]
    assert message.data == {"answer": TEN, "text": label} and "Apr 1" in label and TEN not in label


def test_with_whom_is_one_of_the_people_there(house, clinic, mia, staff):
    clinic.hires("Ben Wolf", "Doctor", "staff")
    assert whom(house, clinic, mia, staff) == {"Ana Ruiz": "Ana Ruiz, Nurse", "Ben Wolf": "Ben Wolf, Doctor"}
    house.sets(people="doctor\n Room  3 ")
    assert whom(house, clinic, mia, staff) == {"Ben Wolf": "Ben Wolf, Doctor", "Room 3": "Room 3"}
    with pytest.raises(Refused) as refused:
        offers(house, staff, TEN)
    assert refused.value.errors == {"data.whom": ["Please choose one."]}
    offers(house, staff, TEN, whom="Room 3")


def test_with_whom_is_one_of_the_pool_that_the_conversation_is_with(house, clinic, mia, staff):
    """Unless the clinic has said with whom."""
    ben = clinic.hires("Ben Wolf", "Doctor", "staff")
    clinic.hires("Cy Dent", "Bookkeeper", "staff")
    at = clinic.clock.tick
    pooling.add(clinic.desk, clinic.service, clinic.home, "visits", "Visits", at())
    assert len(whom(house, clinic, mia, staff)) == 3, "no pool has the conversation"
    pooling.route(clinic.desk, clinic.service, clinic.home, "other", "visits", at())
    pooling.put_members(clinic.desk, clinic.service, clinic.home, staff.person, ("visits",), at())
    assert whom(house, clinic, mia, staff) == {"Ana Ruiz": "Ana Ruiz, Nurse"}
    with pytest.raises(Refused) as refused:
        offers(house, staff, TEN, whom="Cy Dent")
    assert refused.value.errors == {"data.whom": ["Please choose one."]}
    pooling.put_members(clinic.desk, clinic.service, clinic.home, ben.person, ("visits",), at())
    assert whom(house, clinic, mia, staff) == {"Ana Ruiz": "Ana Ruiz, Nurse", "Ben Wolf": "Ben Wolf, Doctor"}
    house.sets(people="Cy Dent")
    assert whom(house, clinic, mia, staff) == {"Cy Dent": "Cy Dent, Bookkeeper"}


def whom(house, clinic, mia, staff) -> dict[str, str]:
    beside = tools.beside(clinic.desk, staff.who, own(clinic.desk, staff.who, mia.conversation), clinic.clock())
    return dict(beside.tools[0][1].choices["whom"])


def test_a_time_that_is_taken_is_not_offered_nor_one_that_overlaps_it(house, clinic, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    asks(house, clinic, staff)
    for time in (TEN, "2026-04-01 10:15", "2026-04-01 09:45"):
        with pytest.raises(Refused) as refused:
            offers(house, staff, time)
        assert refused.value.errors == {"data.times": [f"{time} is taken already."]}
    offers(house, staff, "2026-04-01 10:20", "2026-04-01 09:40")
    house.sets(people="Dr Roy")
    offers(house, staff, TEN, whom="Dr Roy")


def test_who_is_later_is_told_and_offered_the_rest(house, clinic, mia, staff):
    leo = asks(house, clinic, staff)
    for each in (mia, leo):
        staff.opens(each)
        offers(house, staff, TEN, NOON)
    house.sends(mia, "chosen", answer=TEN)
    house.sends(leo, "chosen", answer=TEN)
    assert leo.reads()[-1].startswith("Somebody else was quicker.") and TEN not in str(said(leo)[1])
    house.sends(leo, "chosen", answer=NOON)
    assert leo.reads()[-1].startswith("Your appointment: Wed, Apr 1, 2026, 12:00")


def test_of_ten_who_pick_the_same_time_at_the_same_moment_one_has_it(house, clinic, staff):
    people = [asks(house, clinic, staff) for _ in range(10)]
    for each in people:
        staff.opens(each)
        offers(house, staff, TEN)
    slot = Plugin(clinic, "appointments").desk().kept(people[0].conversation)["offered"][TEN]
    together, got = Barrier(10), []

    def picks(somebody) -> None:
        plugin = Plugin(clinic, "appointments")
        together.wait()
        try:
            if plugin.does(lambda desk: appointments._take(desk, desk.conversation(somebody.conversation), slot, None), tries=20):
                got.append(somebody.conversation)
        except Moved:
            pass

    threads = [Thread(target=picks, args=(each,)) for each in people]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    holders = {row.conversation_id for row in clinic.rows("taken")}
    assert len(got) == 1 and holders == set(got) and len(clinic.rows("taken")) == 4, "all of it is one person's"


def test_the_button_of_an_appointment_that_was_called_off_leaves_the_next_one_alone(house, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    old = str(entry(mia)[1]["UID"])
    house.sends(mia, "cancelled", answer=old)
    staff.opens(mia)
    offers(house, staff, NOON)
    house.sends(mia, "chosen", answer=NOON)
    house.sends(mia, "cancelled", answer=old)
    assert mia.reads()[-1] == "This appointment is not booked any more."
    assert str(entry(mia, 3)[1]["UID"]) != old


def test_a_name_written_otherwise_is_the_same_person(house, clinic, mia, staff):
    house.sets(people="Dr  Wu ")
    offers(house, staff, TEN, whom="Dr Wu")
    house.sends(mia, "chosen", answer=TEN)
    house.sets(people="dr. wu")
    asks(house, clinic, staff)
    with pytest.raises(Refused):
        offers(house, staff, TEN, whom="dr. wu")


def test_a_worker_that_was_away_books_nothing_that_has_gone_by(house, clinic, mia, staff):
    offers(house, staff, TEN)
    now = clinic.clock.tick()
    visitor_desk.send(clinic.desk, mia.visit(), "appointments.chosen", {"answer": TEN}, new_key(), now)
    house.after(days=60)
    assert mia.reads()[-1] == "This time is not offered any more."


@pytest.mark.parametrize("title", ["Elm Street: a/b?", "x" * 80])
def test_whatever_the_entry_is_called_it_arrives(house, mia, staff, title):
    house.sets(title=title)
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    assert str(entry(mia)[1]["SUMMARY"]) == title


def test_none_of_them_is_something_to_do_for_staff(house, mia, staff):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer="none")
    assert house.todo(staff) == ["None of the times suits the visitor."] and mia.reads()[-1] == "We will look for other times."


@pytest.mark.parametrize("answer", ["2026-04-01 11:00", "2099-01-01 00:00", "x"])
def test_what_was_not_offered_cannot_be_had(house, clinic, mia, staff, answer):
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=answer)
    assert mia.reads()[-1] == "This time is not offered any more." and clinic.rows("taken") == []


def test_a_time_that_has_gone_by_is_neither_offered_nor_had(house, clinic, mia, staff):
    with pytest.raises(Refused) as refused:
        offers(house, staff, "2020-01-01 10:00")
    assert refused.value.errors == {"data.times": ["2020-01-01 10:00 has gone by."]}
    offers(house, staff, TEN)
    house.after(days=60)
    house.sends(mia, "chosen", answer=TEN)
    assert mia.reads()[-1] == "This time is not offered any more."


def test_the_visitor_is_reminded_once_and_of_what_still_is(house, clinic, mia, staff):
    house.sets(remind_hours="48, 3")
    offers(house, staff, TEN)
    house.sends(mia, "chosen", answer=TEN)
    days = (1775030400 - clinic.clock() / 1e6) / 86400  # to that moment, 10:00 in Berlin
    house.after(days=days, hours=-49)
    assert "Please remember" not in mia.reads()[-1]
    house.after(hours=2)
    assert mia.reads()[-1].startswith("Please remember your appointment: Wed, Apr 1, 2026, 10:00")
    house.sends(mia, "cancelled", answer=said(mia)[1]["options"][0]["value"])
    house.after(hours=46)
    assert sum("Please remember" in text for text in mia.reads()) == 1


def test_it_stands_beside_the_conversation(house, clinic, mia, staff):
    offers(house, staff, TEN, NOON)
    house.sends(mia, "chosen", answer=TEN)
    beside = tools.beside(clinic.desk, staff.who, own(clinic.desk, staff.who, mia.conversation), clinic.clock())
    assert [part.text for part in beside.panels[0][1].parts] == [f"Booked: {TEN}, Ana Ruiz"]
    assert [tool.name for _, tool in beside.tools] == ["offer", "cancel"]


@pytest.mark.parametrize("times", ["", "tomorrow", "2026-04-01 10:03", "2026-04-01", "\n".join([TEN] * 9)])
def test_times_that_are_none_are_refused_with_an_example(times):
    errors = appointments.Times().validate({"times": times, "whom": "Dr Wu"})
    assert "2026-12-01 10:05" in errors["times"][0]


@pytest.mark.parametrize("text", ["soon", "0", "400", "3;4"])
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match="hours before"):
        appointments._hours(text)
    assert appointments._hours("3, 48") == (48, 3) and appointments._hours("") == ()
