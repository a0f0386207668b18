"""The bundled plugins: each is found by its name, loads alone and with all the others, and says what it is about."""

from configparser import ConfigParser
from pathlib import Path
from pkgutil import iter_modules

import pytest

from securemsg import plugins
from securemsg.registry import Registry, finding

NAMES = tuple(sorted(module.name for module in iter_modules(plugins.__path__)))


def test_each_has_its_entry_point_and_each_entry_point_its_file():
    setup = ConfigParser()
    setup.read(Path(plugins.__path__[0]).parent.parent / "setup.cfg")
    lines = setup["options.entry_points"]["securemsg.plugins"].split("\n")
    assert sorted(line for line in lines if line) == [f"{name} = securemsg.plugins.{name}" for name in NAMES]
    assert set(NAMES) <= set(finding.installed())


@pytest.mark.parametrize("name", NAMES)
def test_each_loads_alone(name):
    assert Registry.load((name,)).names == (name,)


def test_all_load_together_and_each_setting_has_a_sentence():
    registry = Registry.load(NAMES)
    settings = [setting for several in registry.settings.values() for setting in several]
    assert settings and all(setting.help[0].isupper() and setting.help.endswith((".", "?", ")")) for setting in settings)
    data = [each for several in registry.personal_data.values() for each in several]
    assert data and all(each.what and each.why for each in data)
    assert all(kind.startswith(f"{plugin}.") for kind, (plugin, _) in registry.kinds.items())
