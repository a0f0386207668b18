"""Plugins are loaded by their names alone, and what is wrong with one stops the start with a sentence that names it."""

import pytest

from securemsg.errors import Misconfigured
from securemsg.registry import Registry
from securemsg.settings import load
from tests.plugins.made import HEAD, SILENT, installed, made, several


def refused(head: str = HEAD + SILENT, texts: dict[str, str] | None = None, **lines: str) -> str:
    """The sentence with which plugins of these lines are refused."""
    with pytest.raises(Misconfigured) as refusal:
        Registry.of({name: made(name, text, head) for name, text in lines.items()}, texts)
    assert refusal.value.detail.endswith((".", "?"))
    return refusal.value.detail


WRONG = {  # what is wrong: (the plugin's lines, words of the sentence)
    "a misspelt hook": ("@hookimpl\ndef mesage_received(message): ...",
                        "The plugin oak marks mesage_received with @hookimpl, and there is no such hook. "
                        "Is it message_received?"),
    "a hook like none": ("@hookimpl\ndef brew(): ...", "there is no such hook. Hooks are: settings, personal_data,"),
    "no mark": ("def screen(draft): ...", "The plugin oak has a function screen, which is the name of a hook: "
                "mark it with @hookimpl"),
    "an argument it is not given": ("@hookimpl\ndef screen(draft, desk): ...",
                                    "The hook screen of the plugin oak asks for desk, which it is not given: it can take draft,"),
    "any arguments": ("@hookimpl\ndef screen(**values): ...", "The hook screen of the plugin oak asks for **values"),
    "an argument of a hook without any": ("@hookimpl\ndef kinds(desk): ...",
                                          "asks for desk, which it is not given: it takes nothing"),
    "a default": ("@hookimpl\ndef screen(draft, now=None): ...", "The hook screen of the plugin oak has a default for now"),
    "a coroutine": ("@hookimpl\nasync def screen(draft): ...", "The hook screen of the plugin oak is `async def`"),
    "a wrapper": ("@hookimpl(wrapper=True)\ndef screen(draft): yield", "The hook screen of the plugin oak is a wrapper"),
    "a declaration that falls": ("@hookimpl\ndef kinds(): return 1 / 0",
                                 "The hook kinds of the plugin oak fails: ZeroDivisionError at oak.py:9."),
    "a declaration of something else": ("@hookimpl\ndef kinds(): return ['text']",
                                        "The hook kinds of the plugin oak must give a list of Kind"),
    "a declaration with a wrong field": ("@hookimpl\ndef settings(): yield Setting('a', 1, 'Help.')",
                                         "The hook settings of the plugin oak must give a list of Setting"),
    "a declaration without an end": ("import itertools\n@hookimpl\ndef settings(): return itertools.repeat(Setting('a', '', ''))",
                                     "must give a list of Setting"),
    "a kind of the service's": ("@hookimpl\ndef kinds(): yield Kind('system.closed', 'x', Schema, str)",
                                "a kind system.closed, which is a name of the service's own: call it oak.closed"),
    "a kind that no name is": ("@hookimpl\ndef kinds(): yield Kind('A kind', 'x', Schema, str)",
                               "The plugin oak declares a kind 'A kind'"),
    "a kind with a field for its summary": (
        "from marshmallow import fields\n@hookimpl\ndef kinds():"
        " yield Kind('oak.leaf', 'x', Schema.from_dict({'text': fields.String()}), str)",
        "The kind oak.leaf of the plugin oak has a field text: that is where the service keeps its summary."),
    "a setting that no name is": ("@hookimpl\ndef settings(): yield Setting('Weekly', '', 'x')",
                                  "The plugin oak declares a setting 'Weekly': its name has small letters"),
    "a setting like a file": ("@hookimpl\ndef settings(): yield Setting('key_file', '', 'x')", "does not end with _file"),
    "a setting of nobody": ("@hookimpl\ndef settings(): yield Setting('a', '', 'x', per='person')",
                            "The plugin oak declares a setting 'a' per 'person'; it must be per clinic or per service."),
    "a default that cannot be read": ("@hookimpl\ndef settings(): yield Setting('a', 'x', 'x', read=int)",
                                      "SECUREMSG_OAK_A is 'x', but"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_named_with_plugin_and_place(what):
    lines, words = WRONG[what]
    assert words in refused(oak=lines)


def test_every_plugin_says_what_it_keeps_about_people():
    assert "The plugin oak has no hook personal_data" in refused(HEAD, oak="x = 1")


def test_two_plugins_with_one_kind_or_setting_do_not_start_together():
    kind = "@hookimpl\ndef kinds(): yield Kind('tree.leaf', 'Leaf', Schema, str)"
    assert refused(oak=kind, elm=kind) == ("The kind tree.leaf is declared by the plugin oak and again by the plugin elm: "
                                           "one of them must call it otherwise.")
    setting = "@hookimpl\ndef settings(): yield Setting('{}', '', 'x')".format
    found = refused(oak=setting("leaf_size"), oak_leaf=setting("size"))
    assert "SECUREMSG_OAK_LEAF_SIZE is one of the plugin oak already" in found
    assert "SECUREMSG_PUBLIC_URL is one of the service itself" in refused(public=setting("url"))


def test_what_is_declared_is_there_by_the_plugins_name():
    registry = Registry.of(several(oak="""
        @hookimpl
        def settings():
            yield Setting("leaves", "3", "How many.", int, per="service")
        @hookimpl
        def kinds():
            yield Kind("oak.leaf", "A leaf", Schema, lambda data: "leaf")
        @hookimpl
        def happened(event): ...
        """, elm=""), {"SECUREMSG_OAK_LEAVES": "5"})
    assert registry.names == ("oak", "elm") and registry.values == {"oak": {"leaves": 5}, "elm": {}}
    assert registry.kinds["oak.leaf"][0] == "oak" and registry.kinds["oak.leaf"][1].label == "A leaf"
    assert registry.listeners("happened") == ("oak",) and registry.listeners("screen") == ()
    assert set(registry.hooks("oak")) == {"personal_data", "settings", "kinds", "happened"}
    assert registry.personal_data == {"oak": (), "elm": ()}


def test_they_are_asked_in_the_order_of_the_list_but_for_who_wants_to_be_first():
    late = several(oak="@hookimpl\ndef happened(): ...", elm="@hookimpl(tryfirst=True)\ndef happened(): ...",
                   ash="@hookimpl\ndef happened(): ...", fir="@hookimpl(trylast=True)\ndef happened(): ...")
    assert Registry.of({name: late[name] for name in ("fir", "oak", "ash", "elm")}).listeners("happened") == \
        ("elm", "oak", "ash", "fir")


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Where packages can be installed for the test."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def load_named(*names: str) -> str:
    with pytest.raises(Misconfigured) as refusal:
        Registry.load(names)
    return refusal.value.detail


def test_only_what_is_named_is_loaded(found):
    installed(found, harebell="", bluebell="raise RuntimeError")
    assert Registry.load(("harebell",)).names == ("harebell",)
    assert Registry.load(()).names == ()


def test_a_name_that_nobody_has_is_told_with_those_that_there_are(found):
    installed(found, foxglove="")
    sentence = load_named("foxgloves")
    assert sentence.startswith("SECUREMSG_PLUGINS names foxgloves, and no plugin of that name is installed. Installed are: ")
    assert "foxglove" in sentence and "hours" in sentence
    assert load_named("foxglove", "foxglove") == "SECUREMSG_PLUGINS names foxglove twice."


@pytest.mark.parametrize(("lines", "told"), [
    ("raise SystemExit(0)", "SystemExit at {name}.py:8"),
    ("1 / 0", "ZeroDivisionError at {name}.py:8"), ("def x(:", "SyntaxError at {name}.py:8"),
    ("import no_such", "ModuleNotFoundError at {name}.py:8, there is no module no_such")])
def test_one_that_does_not_load_is_told_by_type_and_place(found, lines, told):
    name = f"sorrel{len(lines)}{len(told)}"
    installed(found, **{name: lines})
    sentence = load_named(name)
    assert sentence.startswith(f"The plugin {name} ({name}) cannot be loaded: ") and told.format(name=name) in sentence


def test_two_packages_that_quarrel_over_a_name_are_refused(found, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    monkeypatch.syspath_prepend(other)
    installed(found, clover="")
    installed(other, clover="")
    (other / "of_clover-1.0.dist-info").rename(other / "evil-1.0.dist-info")
    (other / "evil-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (other / "evil-1.0.dist-info" / "entry_points.txt").write_text("[securemsg.plugins]\nclover = evil\n")
    sentence = load_named("clover")
    assert sentence.startswith("The plugin clover is there more than once") and "evil" in sentence


def given(**values: str) -> Registry:
    settings = load({f"SECUREMSG_{name.upper()}": value for name, value in values.items()})
    return Registry.load(settings.plugins, settings.of_plugins)


CAMPION = """
@hookimpl
def settings():
    yield Setting("weekly", "none", "When it blooms.")
    yield Setting("key", "", "Its key.", read=_key, secret=True, per="service")
def _key(text):
    if text and len(text) < 8:
        raise ValueError("it must have 8 characters or more")
    return text
"""


def test_settings_of_a_plugin_come_from_environment_files_and_toml(found, tmp_path):
    installed(found, campion=CAMPION)
    (found / "key").write_text("a-key-in-a-file\n")
    (found / "toml").write_text('plugins = ["campion"]\ncampion_weekly = "Mo"\n')
    assert given(plugins="campion").values == {"campion": {"weekly": "none", "key": ""}}
    assert given(plugins=" campion, ", campion_weekly="Tu").values["campion"]["weekly"] == "Tu"
    assert given(config=str(found / "toml"), campion_key_file=str(found / "key")).values == {
        "campion": {"weekly": "Mo", "key": "a-key-in-a-file"}}


def test_an_unknown_setting_of_a_plugin_stops_the_start_and_a_secret_is_not_repeated(found):
    installed(found, campion=CAMPION, betony="")
    for values, words in (
            ({"plugins": "campion", "campion_wekly": "x"},
             "SECUREMSG_CAMPION_WEKLY is not a setting of the plugin campion. "
             "Known are: SECUREMSG_CAMPION_WEEKLY, SECUREMSG_CAMPION_KEY."),
            ({"plugins": "betony", "betony_x": "x"}, "SECUREMSG_BETONY_X is not a setting of the plugin betony. It has none."),
            ({"plugins": "betony", "campion_weekly": "x"}, "SECUREMSG_CAMPION_WEEKLY is not a setting of securemsg."),
            ({"plugins": "campion", "campion_key": "secret"}, "SECUREMSG_CAMPION_KEY cannot be used, since it must have 8")):
        with pytest.raises(Misconfigured) as refusal:
            given(**values)
        assert refusal.value.detail.startswith(words) and "secret" not in refusal.value.detail
