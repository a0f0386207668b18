"""Whose budget a request spends: by addresses that nobody can choose freely, and proxies only where they are trusted."""

import pytest

from securemsg.http import auth
from tests.http.browser import Inside
from tests.http.house import HARBOUR, House, opened_house
from tests.http.people import Visitor

pytestmark = pytest.mark.usefixtures("later")


def opened_from(house: House, address: str) -> int:
    return house.visitor(address=address).opens().status


@pytest.mark.parametrize(("first", "neighbour", "stranger"), [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:2:2::1"),  # the same /64
    ("2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:2:3::1"),  # the same /48
    ("::ffff:10.0.0.1", "10.0.0.1", "::ffff:10.0.0.2")])  # the same, written otherwise
def test_what_a_visitor_may_choose_in_an_address_does_not_count(house, first, neighbour, stranger):
    assert [opened_from(house, first) for _ in range(5)] == [201] * 5
    assert (opened_from(house, first), opened_from(house, neighbour), opened_from(house, stranger)) == (429, 429, 201)


def forwarded(house: House, peer: str, said: str, name: str = "X-Forwarded-For") -> int:
    """Open a conversation through `peer`, which says for whom it speaks."""
    visitor = Visitor(Told(house.app, house.url, peer, {name: said}), HARBOUR)
    return visitor.opens().status


class Told(Inside):
    """A browser whose requests carry a header about where they come from."""

    def __init__(self, app, url: str, address: str, said: dict[str, str]):
        super().__init__(app, url, address)
        self.said = said

    def _send(self, method, path, body, headers):
        return super()._send(method, path, body, headers | self.said)


FORGED = {"X-Forwarded-For": "{}", "Forwarded": "for={}", "X-Real-IP": "{}", "True-Client-IP": "{}", "CF-Connecting-IP": "{}",
          "X-Client-IP": "{}", "Via": "1.1 {}", "X-Forwarded-Host": "{}"}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_forwarded_address_counts_for_nothing(house, name):
    said = [FORGED[name].format(f"203.0.113.{number}") for number in range(6)]
    assert [forwarded(house, "198.51.100.7", each, name) for each in said] == [201] * 5 + [429]


@pytest.mark.parametrize("name", [name for name in FORGED if name != "X-Forwarded-For"])
def test_of_a_trusted_proxy_one_header_counts(furnished, tmp_path, name):
    """The others it may have passed on as the visitor wrote them."""
    with opened_house(furnished, tmp_path, trusted_proxies="10.0.0.0/8") as house:
        said = [FORGED[name].format(f"203.0.113.{number}") for number in range(6)]
        assert [forwarded(house, "10.0.0.1", each, name) for each in said] == [201] * 5 + [429]


@pytest.mark.parametrize("forged", ["1.2.3.{n}, " * 150, "fe80::{n}, ", "1.2.3.{n},,,", "for=1.2.3.{n};", "10.0.0.{n}, "])
def test_whatever_stands_before_the_last_hop_is_the_visitors_own_invention(furnished, tmp_path, forged):
    with opened_house(furnished, tmp_path, trusted_proxies="10.0.0.0/8") as house:
        said = [forged.format(n=n) + ("," * forged.endswith(";")) + "203.0.113.9, 10.0.0.3" for n in range(6)]
        assert [forwarded(house, "10.0.0.1", each) for each in said] == [201] * 5 + [429]


def test_a_trusted_proxys_word_counts_and_what_the_visitor_wrote_before_it_does_not(furnished, tmp_path):
    with opened_house(furnished, tmp_path, trusted_proxies="10.0.0.0/8") as house:
        assert [forwarded(house, "10.0.0.1", f"1.2.3.{n}, 203.0.113.5, 10.0.0.2") for n in range(6)] == [201] * 5 + [429]
        assert forwarded(house, "10.0.0.1", "203.0.113.6") == 201, "another visitor by the same proxy"
        statuses = [forwarded(house, "198.51.100.7", f"203.0.113.{100 + n}") for n in range(6)]
        assert statuses == [201] * 5 + [429], "and a stranger is no proxy"


@pytest.mark.parametrize(("peer", "said"), [("::ffff:10.0.0.1", "203.0.113.{n}"), ("10.0.0.1", "::ffff:203.0.113.{n}"),
                                             ("::ffff:10.0.0.1", "203.0.113.{n}, ::ffff:10.0.0.3")])
def test_a_socket_for_both_families_does_not_make_all_visitors_one(furnished, tmp_path, peer, said):
    """There an IPv4 proxy is `::ffff:10.0.0.1`, and is trusted all the same."""
    with opened_house(furnished, tmp_path, trusted_proxies="10.0.0.0/8") as house:
        assert [forwarded(house, peer, said.format(n=n)) for n in range(6)] == [201] * 6
        assert [forwarded(house, peer, said.format(n=9)) for _ in range(6)] == [201] * 5 + [429]


@pytest.mark.parametrize(("address", "neighbourhood"), [("::ffff:198.51.100.7", "198.51.100.0/24"),
                                                        ("198.51.100.7", "198.51.100.0/24"),
                                                        ("2001:db8:1:2::1", "2001:db8:1::/48")])
def test_the_neighbourhood_kept_of_staff_is_that_of_their_own_address(house, address, neighbourhood):
    with house.app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert auth.coarse_address() == neighbourhood


@pytest.mark.parametrize("said", ["", "nonsense", "1.2.3.4:80", ",", "é", "10.0.0.1, " * 200, "fe80::1%eth0", "fe80::1%/../"])
def test_whatever_a_proxy_says_is_no_fault_of_ours(furnished, tmp_path, said):
    with opened_house(furnished, tmp_path, trusted_proxies="10.0.0.0/8") as house:
        assert forwarded(house, "10.0.0.1", said.encode().decode("latin-1")) == 201
