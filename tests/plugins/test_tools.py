"""What staff do with a plugin's tools: once, as one, by who may; and what stands beside a conversation."""

from types import ModuleType

import pytest
from marshmallow import Schema, fields

from securemsg import hookimpl
from securemsg.answers import Panel, Tool
from securemsg.desk import reach
from securemsg.desk.plugin import tools
from securemsg.desk.plugin.tools import Use
from securemsg.errors import Conflict, Forbidden, Missing, Refused, Unavailable
from securemsg.parts import Text
from tests.people import new_key
from tests.plugins.turns import Plugin, named


class Minutes(Schema):
    """What the tool asks."""

    minutes = fields.Integer(required=True)


def video() -> ModuleType:
    """A plugin with a tool that asks, one that does not, one that breaks, and a box."""
    module = ModuleType("video")

    def invite(conversation, desk, now, minutes):
        desk.reply(conversation, f"Your doctor is ready. {minutes} minutes.")
        desk.keep(conversation, invited=desk.kept(conversation).get("invited", 0) + 1)

    def breaks(conversation, desk, now):
        desk.reply(conversation, "Half")
        raise ZeroDivisionError

    def refuses(conversation, desk, now):
        desk.note(conversation, "Half")
        raise Refused("There is no room free.")

    offered = (Tool("invite", "Start a video visit", invite, Minutes), Tool("breaks", "Break", breaks),
               Tool("refuses", "Refuse", refuses),
               Tool("mark", "Mark", lambda conversation, desk, now: desk.tag(conversation, "video"), act="note"))
    vars(module).update(
        tools=hookimpl(lambda conversation, kept, settings: () if kept.get("invited") == 2 else offered),
        panel=hookimpl(lambda kept: Panel("Video", (Text(f"{kept['invited']}"),)) if kept else None),
        personal_data=hookimpl(lambda: []))
    return module


@pytest.fixture
def visitor(clinic):
    named(clinic, video=video())
    somebody = clinic.visitor()
    somebody.says("Can we talk?")
    return somebody


def read(schema, form):
    return {name.removeprefix("data."): value for name, value in form.items()}


def uses(person, tool="invite", key="", seen=None, to=None, **form):
    form = {f"data.{name}": value for name, value in form.items()} or ({"data.minutes": "15"} if tool == "invite" else {})
    tools.run(person.clinic.desk, person.who, to or person.here(), Use("video", tool, form, read, seen), key or new_key(),
              person.clinic.clock.tick())


def beside(person, visitor):
    row = reach.own(person.clinic.desk, person.who, visitor.conversation)
    return tools.beside(person.clinic.desk, person.who, row, person.clinic.clock.tick())


def test_a_tool_answers_in_the_name_of_who_used_it(clinic, visitor, staff):
    uses(staff)
    message = visitor.messages()[-1]
    assert (message.data["text"], message.author_id) == ("Your doctor is ready. 15 minutes.", staff.person.id)
    assert staff.inbox() == [visitor.conversation] and clinic.rows("conversations")[0].waiting_on == "visitor"
    used = [(row.actor_kind, row.action) for row in clinic.rows("audit") if row.actor_kind in ("staff", "plugin:video")]
    assert used == [("staff", "tool.used"), ("plugin:video", "message.sent"), ("plugin:video", "values.kept")]


def test_pressed_twice_it_is_done_once(clinic, visitor, staff):
    key = new_key()
    for _ in range(2):
        uses(staff, key=key)
    assert len(visitor.reads()) == 2


def test_the_answer_comes_again_also_when_the_tool_is_gone(clinic, visitor, staff):
    uses(staff), uses(staff, key="the-second-of-two")
    assert beside(staff, visitor).tools == ()
    uses(staff, key="the-second-of-two")
    with pytest.raises(Conflict, match="cannot be done here any more"):
        uses(staff)
    assert len(visitor.reads()) == 3


def test_what_stands_beside_a_conversation(clinic, visitor, staff):
    assert [(plugin, tool.name) for plugin, tool in beside(staff, visitor).tools] == [
        ("video", "invite"), ("video", "breaks"), ("video", "refuses"), ("video", "mark")]
    assert beside(staff, visitor).panels == () and beside(staff, visitor).tags == ()
    uses(staff), uses(staff, "mark")
    Plugin(clinic, "triage").does(lambda desk: desk.tag(visitor.conversation, "red flag", "video"))
    seen = beside(staff, visitor)
    assert seen.panels == (("video", Panel("Video", (Text("1"),))),) and seen.tags == ("video", "red flag")


def test_a_box_that_changes_what_it_is_handed_changes_nothing_for_the_tools(clinic, visitor, staff):
    module, seen = ModuleType("video"), []
    vars(module).update(panel=hookimpl(lambda kept: kept["rooms"].clear()), personal_data=hookimpl(lambda: []),
                        tools=hookimpl(lambda kept: seen.append(kept["rooms"]) or ()))
    named(clinic, video=module)
    Plugin(clinic, "video").does(lambda desk: desk.keep(visitor.conversation, rooms=["blue"]))
    staff.opens(visitor)
    beside(staff, visitor)
    assert seen == [["blue"]]


def test_who_may_not_reply_has_no_tool_that_does(clinic, visitor):
    auditor = clinic.hires("Eve", None, "auditor")
    with pytest.raises(Missing):
        beside(auditor, visitor)
    with pytest.raises((Forbidden, Conflict, Missing)):
        uses(auditor)
    assert visitor.reads() == ["Can we talk?"]


@pytest.mark.parametrize("form", [{"minutes": "soon"}, {"minutes": ""}, {"hours": "1"}])
def test_what_does_not_fit_is_told_by_field(clinic, visitor, staff, form):
    with pytest.raises(Refused) as refused:
        uses(staff, **form)
    assert set(refused.value.errors) >= {"data.minutes"} and visitor.reads() == ["Can we talk?"]


def test_a_character_that_cannot_be_stored_is_refused(clinic, visitor, staff):
    with pytest.raises(Refused, match="cannot be stored"):
        uses(staff, minutes="1\0")


def test_a_tool_that_breaks_has_done_nothing_and_is_written_down(clinic, visitor, staff):
    with pytest.raises(Unavailable, match="nothing was changed"):
        uses(staff, "breaks")
    assert visitor.reads() == ["Can we talk?"]
    [failed] = [row for row in clinic.rows("audit") if row.action == "plugin.failed"]
    assert (failed.actor_kind, failed.outcome) == ("plugin:video", "failed")


def test_a_tool_says_why_not(clinic, visitor, staff):
    with pytest.raises(Refused, match="no room free"):
        uses(staff, "refuses")
    assert not clinic.rows("notes")


def test_nobody_answers_by_a_tool_on_an_old_view(clinic, visitor, staff):
    visitor.says("Never mind.")
    with pytest.raises(Conflict, match="visitor has written again"):
        uses(staff, seen=1)
    uses(staff, seen=2)


def test_in_a_closed_conversation_only_what_says_nothing(clinic, visitor, staff):
    staff.closes(to=visitor)
    assert [tool.name for _, tool in beside(staff, visitor).tools] == ["mark"]
    with pytest.raises(Conflict):
        uses(staff)


def test_while_a_colleague_answers_nobody_does_so_by_a_tool(clinic, visitor, staff):
    colleague = clinic.hires("Ben")
    colleague.sends("One moment.", to=visitor)
    with pytest.raises(Conflict, match="is sending an answer"):
        uses(staff)
    own = clinic.hires("Kim")
    assert own.waiting()


def test_ones_own_answer_goes_out_before(clinic, visitor, staff):
    staff.sends("I call you.", to=visitor)
    uses(staff)
    assert visitor.reads() == ["Can we talk?", "I call you.", "Your doctor is ready. 15 minutes."]


def test_a_tool_of_another_clinic_is_out_of_reach(clinic, other_clinic, visitor):
    stranger = other_clinic.hires("Zoe")
    with pytest.raises(Missing, match="no such conversation"):
        uses(stranger, to=visitor.conversation)
