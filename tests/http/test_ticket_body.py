"""A ticket is asked for in JSON, as everything that changes something is."""

import pytest


@pytest.mark.parametrize(("body", "kind", "status"), [
    (b"{}", "application/json", 201), (b"", "application/json", 400), (b'{"a":1}', "application/json", 422),
    (b"", "", 415), (b"{}", "text/plain", 415)])
def test_a_ticket_is_asked_for_in_json(house, body, kind, status):
    leo = house.visitor()
    leo.opens()
    assert leo.asks("POST", "/ticket", body, {"Content-Type": kind} if kind else {}).status == status
