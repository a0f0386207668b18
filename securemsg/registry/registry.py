"""The plugins of this service. What a plugin declares is checked at the start; what it does later harms nobody but itself."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Self

from securemsg.answers import Kind, PersonalData, Setting
from securemsg.hooks import TOLD
from securemsg.registry import declaring, finding, marked
from securemsg.registry.asking import Asked, Fault, answer
from securemsg.registry.settings import values_of
from securemsg.settings import Settings

_MOST_FAULTS = 200  # that nobody has written down yet; breakers keep them few


@dataclass
class Registry:
    """Each mapping is by the plugin's name, in the order of SECUREMSG_PLUGINS; `kinds` by the kind's: (plugin, kind).
    `values` are the settings as the service has them, by name: what counts where a clinic has not set its own.
    """

    names: tuple[str, ...] = ()
    settings: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    personal_data: Mapping[str, tuple[PersonalData, ...]] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, Kind]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=lambda: deque(maxlen=_MOST_FAULTS))
    _asked: dict[str, tuple[Asked, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, names: tuple[str, ...], texts: Mapping[str, str] | None = None) -> Self:
        """The installed plugins of those names; `texts` are their settings by full name. Misconfigured names plugin and fault."""
        return cls.of(finding.modules(names), texts) if names else cls()

    @classmethod
    def of_service(cls, settings: Settings) -> Self:
        """Those that a service's settings name. Misconfigured, too, where one needs what the service does not have."""
        found = cls.load(settings.plugins, settings.of_plugins)
        declaring.refuse_lacking(found._asked, {"mail"} if settings.smtp_url else set())
        return found

    @classmethod
    def of(cls, modules: Mapping[str, ModuleType], texts: Mapping[str, str] | None = None) -> Self:
        """These modules as plugins."""
        asked = marked.hooks(modules)
        settings, personal_data = (dict(declaring.declared(asked, hook)) for hook in ("settings", "personal_data"))
        declaring.refuse_silent(modules, personal_data)
        return cls(tuple(modules), settings, values_of(modules, settings, texts or {}), personal_data,
                   declaring.kinds(asked), _asked=asked)

    def ask(self, hook: str, settings_of: Callable[[str], Mapping[str, Any]],
            own: Callable[[str], Mapping[str, Any]] = lambda plugin: {}, **values: Any) -> list[tuple[str, Any]]:
        """What each plugin answers, each for itself: one that raises, answers rubbish or takes longer than its time is left out,
        and stands in `faults`. Several values are a tuple; None and nothing are left out. `own` are values for one alone."""
        found = []
        for asked in self._asked.get(hook, ()):
            if asked.breaker.closed:
                value = answer(asked, {**values, "settings": settings_of(asked.plugin), **own(asked.plugin)}, self.faults)
                if value is not None and value != ():
                    found.append((asked.plugin, value))
        return found

    def declared(self, hook: str, values_of: Callable[[str], Mapping[str, Any]]) -> list[tuple[str, tuple]]:
        """What each plugin declares, at the start; Misconfigured when one fails or declares something else. `values_of` gives the
        hook's arguments by the plugin's name."""
        return declaring.declared(self._asked, hook, values_of)

    def listeners(self, hook: str) -> tuple[str, ...]:
        """Who has that hook."""
        return tuple(asked.plugin for asked in self._asked.get(hook, ()))

    def tell(self, plugin: str, hook: str, **values: Any) -> None:
        """Call that plugin's hook, if it still has it; what it raises is the caller's to note."""
        assert hook in TOLD, hook
        for asked in self._asked.get(hook, ()):
            if asked.plugin == plugin:
                asked.call(values)

    def paused(self, plugin: str) -> dict[str, float]:
        """The hooks of a plugin that are not asked for a while, with the seconds until they are again."""
        return {hook: asked.breaker.seconds for hook, all_asked in self._asked.items() for asked in all_asked
                if asked.plugin == plugin and not asked.breaker.closed}

    def hooks(self, plugin: str) -> tuple[str, ...]:
        """The hooks that a plugin has."""
        return tuple(hook for hook, all_asked in self._asked.items() if any(asked.plugin == plugin for asked in all_asked))
