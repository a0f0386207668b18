"""Checks 6 and 58: how few bytes come before anybody acts, and how soon a slow phone is ready to type in."""

from tests.browser.speed import FIGURES, measured

KIB = 1024
LEAST, MOST = 2.8 * KIB, 4 * KIB  # bytes before the visitor acts: the goal, and what no build may exceed


def test_58_a_slow_phone_is_ready_in_time_and_the_clinics_page_never_waits(new_visitor):
    found = measured(new_visitor)
    late = {FIGURES[name][0]: f"{found[name]:.0f} ms" for name in FIGURES if found[name] > FIGURES[name][2]}
    assert not late, late
    assert found["script"] > 0 and found["warm"] > 0 < found["cold"], "nothing was measured"


def test_6_the_one_request_before_the_visitor_acts_is_small_with_all_its_headers(house, visitor):
    with visitor.page.expect_request_finished(lambda request: request.url == f"{house.url}/widget.js") as loaded:
        visitor.visits()
    sizes = loaded.value.sizes()
    assert sizes["responseBodySize"] <= 2.2 * KIB
    assert sum(sizes[part] for part in ("responseBodySize", "responseHeadersSize", "requestHeadersSize")) <= MOST
