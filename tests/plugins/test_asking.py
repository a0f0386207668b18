"""Asked while somebody waits: each for itself; what is no answer is left out and noted; who fails again and again has a pause."""

import threading
import timeit

import pytest

from securemsg.registry import Registry, asking, breaker
from tests.plugins.made import several

GIVES = "@hookimpl\ndef {hook}(): {lines}"


def registry(hook="screen", **lines) -> Registry:
    return Registry.of(several(**{name: GIVES.format(hook=hook, lines=text) for name, text in lines.items()}))


def ask(registry, hook="screen", **values):
    return registry.ask(hook, registry.values.get, **values)


def faults(registry):
    return [(fault.plugin, fault.hook, fault.error) for fault in registry.faults]


def test_each_answer_comes_with_the_plugins_name_and_nothing_is_no_answer():
    found = ask(registry(oak="return Screening(refuse='No.')", elm="return None", ash="return Screening(urgent=True)"))
    assert [(name, said.refuse, said.urgent) for name, said in found] == [("oak", "No.", False), ("ash", None, True)]
    offers = "yield from (Offer('A', Link('B', 'https://b.example')), Offer('C', Form('D', 'oak.d')))"
    ((name, several),) = ask(registry("offers", oak=offers, elm="return []", ash="return None", fir="yield from ()"), "offers")
    assert (name, [each.label for each in several]) == ("oak", ["A", "C"])


def test_it_is_handed_what_it_names_and_its_own_settings():
    oak = Registry.of(several(oak="""
        @hookimpl
        def settings():
            yield Setting("word", "leaf", "Its word.")
        @hookimpl
        def screen(locale, settings):
            return Screening(tags=frozenset({settings["word"], locale}))
        """))
    assert ask(oak, draft=None, clinic=None, locale="en", now=None)[0][1].tags == {"leaf", "en"}


RUBBISH = {"screen": ("return 'no'", "return True", "return [Screening()]", "return Screening(refuse=3)", "yield Screening()",
                      "return Screening(tags={'a'})", "return Screening(tags=frozenset({1}))", "return Screening(urgent='very')",
                      "return Screening(answer=('Hello.',))", "return Screening(answer=Text('Hello.'))",
                      "return Screening(answer=(Text(3),))", "return Screening(answer=(Choice('?', 'k', (('a', 'b'),)),))"),
           "notices": ("return 'closed'", "return 3", "yield 'closed'", "yield Notice(3)", "yield None",
                       "return Notice('closed')", "return __import__('itertools').repeat(Notice('x'))",
                       "yield Notice('x'); 1 / 0"),
           "offers": ("yield Offer('A', Text('B'))", "yield Offer('A', None)"),
           "panel": ("return Panel('A', (None,))", "return Panel(None, ())"),
           "availability": ("return Availability(open='yes')", "return Availability(categories={'a': 'open'})",
                            "return Availability(promised_at=1)"),
           "tools": ("yield Tool('a', 'A', 'run')", "yield Tool('a', 'A', print, dict)")}


@pytest.mark.parametrize(("hook", "lines"), [(hook, each) for hook, lines in RUBBISH.items() for each in lines])
def test_rubbish_is_no_answer_and_is_noted(hook, lines):
    found = registry(hook, oak=lines)
    assert ask(found, hook) == []
    ((plugin, noted, error),) = faults(found)
    assert (plugin, noted) == ("oak", hook) and error.split(" ")[0] in ("Rubbish", "ZeroDivisionError")


def test_who_fails_is_noted_by_type_and_place_and_the_others_answer(caplog):
    found = registry(oak="raise ValueError('Anna has a rash')", elm="return Screening(urgent=True)", ash="exit(1)")
    assert [name for name, _ in ask(found)] == ["elm"]
    assert faults(found)[0] == ("oak", "screen", "ValueError at oak.py:9") and len(found.faults) == 2
    assert "rash" not in str(found.faults) + caplog.text


def test_where_it_cannot_be_interrupted_a_late_answer_counts_and_is_noted(monkeypatch):
    monkeypatch.setattr(asking, "BUDGET_SECONDS", 0.001)
    found = registry(oak="__import__('time').sleep(0.01); return Screening(urgent=True)")
    answers = []
    thread = threading.Thread(target=lambda: answers.extend(ask(found)))
    thread.start()
    thread.join()
    assert [name for name, _ in answers] == ["oak"] and faults(found) == [("oak", "screen", "Overdue")]


@pytest.mark.parametrize(("lines", "paused"), [
    ("__import__('time').sleep(0.004)", []), ("sum(range(400_000))", ["oak"])])
def test_who_is_late_by_its_own_work_gets_a_pause_and_who_is_kept_waiting_does_not(monkeypatch, lines, paused):
    """Sleep is the machine here: it is given to others."""
    monkeypatch.setattr(asking, "BUDGET_SECONDS", 0.001)
    found = registry(oak=f"{lines}; return None")
    thread = threading.Thread(target=lambda: [ask(found) for _ in range(8)])
    thread.start()
    thread.join()
    assert list(filter(found.paused, found.names)) == paused and found.faults


@pytest.fixture
def passes(monkeypatch):
    """Lets seconds pass for the breakers."""
    clock = [1000.0]
    monkeypatch.setattr(breaker.time, "monotonic", lambda: clock[0])

    def passes(seconds: float) -> None:
        clock[0] += seconds

    return passes


OAK = """
asked = []
@hookimpl
def screen(draft):
    asked.append(draft)
    return 1 / 0 if draft == "bad" else Screening(urgent=True)
@hookimpl
def notices():
    yield Notice("Here.")
"""


def test_after_five_failures_it_has_a_pause_is_tried_again_and_one_more_is_enough(passes):
    found = Registry.of(several(oak=OAK))
    for _ in range(5):
        assert ask(found, draft="bad") == []
    assert ask(found, draft="good") == [] and len(found.faults) == 5, "it is not asked any more"
    assert ask(found, "notices") and found.paused("oak") == {"screen": 300}, "by that hook alone"
    passes(299)
    assert ask(found, draft="good") == []
    passes(2)
    assert found.paused("oak") == {}
    assert ask(found, draft="bad") == [] and ask(found, draft="good") == [] and len(found.faults) == 6
    passes(301)
    assert ask(found, draft="good") and ask(found, draft="bad") == [] and ask(found, draft="good"), "it is well again"


def test_failures_far_apart_are_no_reason_for_a_pause(passes):
    found = Registry.of(several(oak=OAK))
    for _ in range(10):
        ask(found, draft="bad")
        passes(80)
    assert ask(found, draft="good")


def test_who_asks_nobody_waits_for_nothing():
    """A hook that no plugin has costs about a microsecond: there is no clinic that pays for plugins it does not have."""
    found = registry(oak="return None")
    seconds = min(timeit.repeat(lambda: found.ask("offers", found.values.get, settings=1, clinic=2, locale=3, now=4), number=1000,
                                repeat=20)) / 1000
    assert seconds < 5e-6


def test_what_is_told_goes_to_that_plugin_alone_and_what_it_raises_is_the_callers():
    heard = "heard = []\n@hookimpl\ndef happened(event): heard.append(event)"
    found = Registry.of({**several(oak=heard, elm=heard), **several(ash="@hookimpl\ndef happened(): raise KeyError")})
    found.tell("oak", "happened", event="x", desk=None)
    oak, elm, ash = (asked.function.__globals__ for asked in found._asked["happened"])
    assert (oak["heard"], elm["heard"], ash.get("heard")) == (["x"], [], None)
    with pytest.raises(KeyError):
        found.tell("ash", "happened", event="x", desk=None)
    found.tell("nobody", "happened", event="x", desk=None)
    with pytest.raises(AssertionError):
        found.tell("oak", "screen", draft=None)
