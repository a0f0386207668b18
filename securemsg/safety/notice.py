"""What the widget and the service are given: the lists, and the card that is shown for each section."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from securemsg.parts import Part, as_data
from securemsg.safety.folding import words
from securemsg.safety.lists import SafetyList, version


@dataclass(frozen=True)
class SafetyCard:
    """What somebody reads before the message goes: one thing to do, parts, and the button that sends all the same."""

    heading: str
    parts: tuple[Part, ...]
    send: str

    def as_data(self) -> dict:
        return {"heading": self.heading, "parts": [as_data(part) for part in self.parts], "send": self.send}


@dataclass(frozen=True)
class SafetyWords:
    """`cards` by section, the first of those found is shown; `name` is what the notice is called."""

    name: str
    lists: tuple[SafetyList, ...]
    cards: Mapping[str, SafetyCard]

    def matches(self, text: str) -> str | None:
        """Of which section's card the text has words, or None."""
        said = words(text)
        found: set[str] = set().union(*(each.matcher.sections(said) for each in self.lists))
        return next((section for section in self.cards if section in found), None)

    @property
    def version(self) -> str:
        return version(self.lists)

    def as_data(self) -> dict:
        """As JSON, for the widget."""
        return {"version": self.version, "name": self.name, "lists": [asdict(each) for each in self.lists],
                "cards": {section: card.as_data() for section, card in self.cards.items()}}
