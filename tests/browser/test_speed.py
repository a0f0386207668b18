"""Checks 6 and 58: how few bytes come before anybody acts, and how soon a slow phone is ready to type in."""

from math import inf

from tests.browser.speed import FIGURES, measured
from tests.service import busy

KIB = 1024
MOST = 4 * KIB  # bytes before the visitor acts, with headers; `make bench` tells how near the goal is
TRIES = 6  # a slow build is slow each time, a busy machine is not: the best try counts


def test_58_a_slow_phone_is_ready_in_time_and_the_clinics_page_never_waits(new_visitor):
    best = dict.fromkeys(FIGURES, inf)
    for _ in range(TRIES):
        best = {name: min(best[name], milliseconds) for name, [milliseconds] in measured(new_visitor).items()}
        late = {what: f"{best[name]:.0f} ms" for name, (what, _, most) in FIGURES.items() if best[name] > most * busy()}
        if not late:
            break
    assert not late, late
    assert best["script"] > 0 and best["painted"] > 0 and best["warm"] > 0, "nothing was measured"


def test_6_the_one_request_before_the_visitor_acts_is_small_with_its_headers(house, visitor):
    with visitor.page.expect_request_finished(lambda request: request.url == f"{house.url}/widget.js") as loaded:
        visitor.visits()
    sizes = loaded.value.sizes()
    assert sizes["responseBodySize"] <= 2.2 * KIB
    assert sizes["responseBodySize"] + sizes["responseHeadersSize"] <= MOST
