"""Whether a clinic's colour can be read wherever the widget uses it, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from collections.abc import Iterator

_TEXT = 4.5  # contrast of body text
_CONTROL = 3.0  # contrast of a control with what is around it
_TURN = 0.179  # up to this luminance white reads better on a colour, from there black: both have 4.58 there
_TINT = 0.14  # how much of the colour is in the ground of the visitor's own words
# scheme: paper, ink and the edges of controls, as in the frame's style sheet
SCHEMES = {"light": ("#ffffff", "#1b2126", "#7b868f"), "dark": ("#15181c", "#e9edf0", "#7d8892")}


def readable(color: str) -> str | None:
    """None, or the sentence that says why a colour like `#0b6e6e` cannot be used."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        return "Please enter a colour like #0b6e6e."
    if any(found < least for _, found, least in pairs(color)):
        return "Text in or on this colour would be hard to read. Please choose a darker one."
    return None


def pairs(color: str) -> Iterator[tuple[str, float, float]]:
    """All that the widget derives from a clinic's colour: what it is, the contrast it has, and the least it must have."""
    yield "words on a button", contrast(color, "#ffffff" if _luminance(color) < _TURN else "#000000"), _TEXT
    yield "a button on white, where it has no edge", contrast(color, "#ffffff"), _CONTROL
    for scheme, (paper, ink, edge) in SCHEMES.items():
        yield f"the visitor's own words, {scheme}", contrast(ink, _mixed(color, paper)), _TEXT
        yield f"a button with its edge, {scheme}", max(contrast(color, paper), contrast(edge, paper)), _CONTROL


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(color: str, paper: str) -> str:
    """As `color-mix(in srgb, color 14%, paper)` paints it."""
    mixed = (_TINT * own + (1 - _TINT) * under for own, under in zip(_parts(color), _parts(paper), strict=True))
    return "#" + "".join(f"{round(part * 255):02x}" for part in mixed)


def _parts(color: str) -> list[float]:
    return [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
