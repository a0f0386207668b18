"""Which colours a clinic may have, and that what is computed is what the frame's style sheet does with them."""

import re

import pytest

from securemsg.desk.colors import _TINT, _TURN, SCHEMES, contrast, pairs, readable
from tests.service import ROOT

SHEET = (ROOT / "widget" / "src" / "frame" / "style.css").read_text("utf-8")
TAKEN = ("#0b6e6e", "#0f5c6e", "#000000", "#000080", "#767676", "#777777", "#757575", "#b35900", "#ff0000", "#c2185b", "#008000",
         "#5b2a86", "#949494")
REFUSED = ("#ffffff", "#ffff00", "#00ff00", "#00ffff", "#eeeeee", "#ffa500", "#959595", "#f4a6b7")


@pytest.mark.parametrize(("one", "other", "ratio"), [
    ("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54), ("#ff0000", "#ffffff", 4.0),
    ("#0b6e6e", "#0b6e6e", 1), ("#0000ff", "#ffffff", 8.59)])
def test_contrast_is_as_the_guidelines_count_it(one, other, ratio):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("color", TAKEN)
def test_in_a_colour_that_is_taken_everything_can_be_read(color):
    assert readable(color) is None
    assert len(list(pairs(color))) == 6 and all(found >= least for _, found, least in pairs(color)), list(pairs(color))


@pytest.mark.parametrize("color", REFUSED)
def test_a_colour_in_which_something_could_not_be_read_is_refused(color):
    assert "darker" in (readable(color) or "")


@pytest.mark.parametrize("text", ["", "red", "#abc", "#12345g", "#1234567", "#123456 ", "0b6e6e", "#０b6e6e"])
def test_what_is_no_colour_is_refused(text):
    assert "like #0b6e6e" in (readable(text) or "")


def test_words_on_any_colour_reach_what_text_needs():
    for step in range(0, 256, 5):
        for color in (f"#{step:02x}{step:02x}{step:02x}", f"#{step:02x}0000", f"#00{step:02x}00", f"#{step:02x}80ff"):
            assert next(pairs(color))[1] >= 4.5, color


def test_the_style_sheet_has_the_same_colours_turn_and_tint():
    for at, name in enumerate(("paper", "ink", "edge")):
        light, dark = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", SHEET).groups()
        assert [_six(light), _six(dark)] == [SCHEMES["light"][at], SCHEMES["dark"][at]], name
    assert f"({f'{_TURN}'.lstrip('0')} - y)" in SHEET and f"var(--brand) {_TINT:.0%}, var(--paper)" in SHEET
    uses = [line for line in SHEET.splitlines() if "var(--brand)" in line]
    assert len(uses) == 3, "a new use of the clinic's colour belongs into `pairs`"


def _six(color: str) -> str:
    return color if len(color) == 7 else "#" + "".join(2 * digit for digit in color[1:])
