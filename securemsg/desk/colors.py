"""Whether a clinic's colour can be read: white or black text on it, and the colour on white (WCAG 2.2, 1.4.3, 1.4.11)."""

import re

_TEXT = 4.5  # contrast of body text
_CONTROL = 3.0  # contrast of a control's edge


def readable(color: str) -> str | None:
    """None, or the sentence that says why a colour like `#0b6e6e` cannot be used."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        return "Please enter a colour like #0b6e6e."
    own = _luminance(color)
    if max(_contrast(own, 1.0), _contrast(own, 0.0)) < _TEXT or _contrast(own, 1.0) < _CONTROL:
        return "Text in or on this colour would be hard to read. Please choose a darker one."
    return None


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (int(color[i:i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
