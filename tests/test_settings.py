"""Every setting as a row; a mistake stops the start with a sentence that names it."""

import re
from ipaddress import ip_network
from pathlib import Path
from traceback import format_exception

import pytest

from securemsg import store
from securemsg.errors import Misconfigured
from securemsg.settings import SETTINGS, load


def given(**values):
    return load({f"SECUREMSG_{name.upper()}": value for name, value in values.items()})


def fault(**values):
    with pytest.raises(Misconfigured) as refusal:
        given(**values)
    return refusal.value.detail


def test_without_any_setting_it_serves_here_on_sqlite_with_keys_beside_the_data():
    here = Path.cwd()
    settings = load({})
    assert (settings.data, settings.database_url) == (here / "instance", f"sqlite:///{here}/instance/securemsg.db")
    assert settings.root_key == (f"file:{here}/instance.keys/root.key",)
    assert settings.keystore == here / "instance.keys" / "keystore.json"
    assert (settings.bind, settings.public_url) == (("127.0.0.1", 8000), "http://localhost:8000")
    assert (settings.https, settings.port) == (False, 8000)


def test_every_setting_has_a_name_and_a_help_and_can_be_read_from_its_default():
    settings = load({})
    assert list(settings) == [setting.name.lower() for setting in SETTINGS]
    assert all(setting.help.endswith((".", ").")) and setting.name.isupper() for setting in SETTINGS)


def test_keys_follow_the_data_and_the_keystore_follows_the_key_file(tmp_path):
    settings = given(data=str(tmp_path / "d"))
    assert settings.keystore == tmp_path / "d.keys" / "keystore.json"
    settings = given(root_key=f"env:K, file:{tmp_path}/k/root.key")
    assert settings.root_key == ("env:K", f"file:{tmp_path}/k/root.key") and settings.keystore == tmp_path / "k" / "keystore.json"


def test_a_file_gives_settings_and_the_environment_outvotes_it(tmp_path):
    config = tmp_path / "securemsg.toml"
    config.write_text('bind = "0.0.0.0:9000"\npublic_url = "https://m.elm.example"\ntrusted_proxies = "10.0.0.0/8"\n')
    settings = load({"SECUREMSG_CONFIG": str(config), "SECUREMSG_BIND": "127.0.0.1:9001"})
    assert (settings.bind, settings.public_url) == (("127.0.0.1", 9001), "https://m.elm.example")
    assert (settings.https, settings.port) == (True, 443)


def test_a_list_in_toml_is_several_values(tmp_path):
    config = tmp_path / "securemsg.toml"
    config.write_text('trusted_proxies = ["10.0.0.0/8", "::1"]\nanchors = ["syslog:", "file:/a"]\n'
                      'root_key = ["file:/k/a", "env:B"]\nundo_seconds = 5\n')
    settings = load({"SECUREMSG_CONFIG": str(config)})
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1")) and settings.undo_seconds == 5
    assert (settings.anchors, settings.root_key) == (("syslog:", "file:/a"), ("file:/k/a", "env:B"))
    config.write_text("trusted_proxies = []\n")
    assert load({"SECUREMSG_CONFIG": str(config)}).trusted_proxies == ()


@pytest.mark.parametrize("line", ['bind = ["127.0.0.1:8000"]', "trusted_proxies = [1]", 'anchors = ["syslog:,file:/a"]',
                                  'trusted_proxies = [["::1"]]', "undo_seconds = 5.0", "log = true", "data = 2026-01-01",
                                  '[data]\npath = "x"'])
def test_what_no_text_can_say_is_refused_by_name(tmp_path, line):
    config = tmp_path / "securemsg.toml"
    config.write_text(line)
    name = re.search("[a-z_]+", line)[0].upper()
    with pytest.raises(Misconfigured, match=f"SECUREMSG_{name}.* (must be|is a list).*in quotes"):
        load({"SECUREMSG_CONFIG": str(config)})


def test_a_value_may_lie_in_a_file_of_its_own(tmp_path):
    (tmp_path / "url").write_text("postgresql+psycopg://u:p@db/x\n")
    assert given(database_url_file=str(tmp_path / "url")).database_url == "postgresql+psycopg://u:p@db/x"
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for missing in (tmp_path / "nowhere", tmp_path / "bytes"):
        assert "SECUREMSG_DATABASE_URL_FILE" in fault(database_url_file=str(missing))


def test_a_secret_of_the_metrics_may_lie_in_a_file_and_is_long_enough(tmp_path):
    (tmp_path / "token").write_text("a-token-of-the-metrics\n")
    assert given(metrics_token_file=str(tmp_path / "token")).metrics_token == "a-token-of-the-metrics"
    for short in ("short", "with spaces in it all over", "ünicode-ünicode-ünicode"):
        sentence = fault(metrics_token=short)
        assert "16 characters" in sentence and short not in sentence
    assert "port of their own" in fault(metrics_bind="127.0.0.1:8000") and given().metrics_bind is None


@pytest.mark.parametrize("content", ["bind = ", "[bind]\nx = 1", "\0"])
def test_a_configuration_file_that_cannot_be_used_is_named(tmp_path, content):
    (tmp_path / "securemsg.toml").write_text(content)
    assert "SECUREMSG_" in fault(config=str(tmp_path / "securemsg.toml"))
    assert "nowhere" in fault(config=str(tmp_path / "nowhere"))


def test_an_unknown_name_stops_the_start(tmp_path):
    assert fault(dat="x").startswith("SECUREMSG_DAT is not a setting of securemsg. Known are: SECUREMSG_ANCHORS,")
    (tmp_path / "securemsg.toml").write_text("biind = 1")
    assert "SECUREMSG_BIIND is not a setting" in fault(config=str(tmp_path / "securemsg.toml"))


def test_a_variable_that_holds_a_root_key_is_known():
    settings = load({"SECUREMSG_ROOT_KEY": "env:SECUREMSG_THE_KEY, env:OTHER", "SECUREMSG_THE_KEY": "secret", "PATH": "/bin"})
    assert settings.root_key == ("env:SECUREMSG_THE_KEY", "env:OTHER") and settings.environ["SECUREMSG_THE_KEY"] == "secret"


@pytest.mark.parametrize(("name", "value", "words"), [
    ("public_url", "messages.elm.example", "must be an address like"),
    ("public_url", "https://m.elm.example/path", "without a path"),
    ("public_url", "https://m.elm.example?x", "without a path"),
    ("public_url", "https://user:word@m.elm.example", "must be an address like"),
    ("public_url", "http://localhost:99999", "must be an address like"),
    ("public_url", "ftp://localhost", "must be an address like"),
    ("public_url", "http://m.elm.example", "anything else needs https"),
    ("public_url", "http://192.168.1.4:8000", "anything else needs https"),
    ("trusted_proxies", "10.0.0.1/8", "10.0.0.1/8"),
    ("trusted_proxies", "the proxy", "the"),
    ("undo_seconds", "61", "from 0 to 60"),
    ("undo_seconds", "-1", "from 0 to 60"),
    ("undo_seconds", "²", "from 0 to 60"),
    ("bind", "8000", "HOST:PORT"),
    ("bind", "127.0.0.1:", "HOST:PORT"),
    ("bind", "127.0.0.1:70000", "HOST:PORT"),
    ("bind", "127.0.0.1:0", "HOST:PORT"),
])
def test_a_value_that_does_not_fit_is_named_with_the_reason(name, value, words):
    sentence = fault(**{name: value})
    assert sentence.startswith(f"SECUREMSG_{name.upper()} is {value!r}, but ") and words in sentence and sentence.endswith(".")


@pytest.mark.parametrize(("name", "value", "words"), [
    ("database_url", "mysql://u:pass-word@db/x", "must begin with sqlite://// (and a file"),
    ("root_key", "pass-word", "names no provider of root keys"),
    ("root_key", "file:/k,pass-word:1", "names no provider of root keys"),
    ("root_key", "smroot1_pass-word", "holds a root key itself"),
    ("root_key", "env:smroot1_pass-word", "holds a root key itself"),
])
def test_a_value_that_may_be_a_secret_is_not_repeated(name, value, words):
    with pytest.raises(Misconfigured) as refusal:
        given(**{name: value})
    sentence = refusal.value.detail
    assert sentence.startswith(f"SECUREMSG_{name.upper()} cannot be used, since ") and words in sentence
    assert "pass-word" not in "".join(format_exception(refusal.value))


@pytest.mark.parametrize("name", ["a?x=1", "a%20b", "a#b", "a b", "ä@b:c"])
def test_a_data_folder_of_any_name_is_where_the_data_lie(tmp_path, name):
    settings = given(data=str(tmp_path / name))
    database = store.connect(settings)
    database.close()
    assert database.path == tmp_path / name / "securemsg.db" and [path.name for path in tmp_path.iterdir()] == [name]


def test_https_behind_a_proxy_that_is_not_named_stops_the_start():
    assert "TRUSTED_PROXIES all visitors would share" in fault(public_url="https://m.elm.example")
    assert given(public_url="https://m.elm.example", trusted_proxies="127.0.0.1, 10.0.0.0/8 ::1").trusted_proxies == tuple(
        map(ip_network, ("127.0.0.1", "10.0.0.0/8", "::1")))
    assert given(public_url="https://m.elm.example", bind="0.0.0.0:443").https


def test_http_on_this_computer_needs_no_proxy():
    for url in ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"):
        assert given(public_url=url + "/").public_url == url


def test_a_keystore_inside_the_data_stops_the_start(tmp_path):
    assert "KEYSTORE lies inside the data folder" in fault(data=str(tmp_path), keystore=str(tmp_path / "keys" / "keystore.json"))


def test_the_service_answers_to_its_own_names_only():
    hosts = given(public_url="https://m.elm.example", bind="0.0.0.0:443").hosts
    assert hosts == ["m.elm.example", "localhost", "127.0.0.1", "[::1]"]


def test_a_copy_of_the_keystore_that_protects_nothing_stops_the_start(tmp_path):
    keystore = tmp_path.with_name("keys.json")
    for copy in (tmp_path / "keystore.json", keystore):
        assert "KEYSTORE_COPY" in fault(data=str(tmp_path), keystore=str(keystore), keystore_copy=str(copy))
