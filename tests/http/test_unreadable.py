"""Bytes that are no request: a bare 400, and neither the answer nor the log repeats them."""

import pytest

from tests.service import until

TOKEN = "smv_harbour-lane_a-token-somebody-mistyped"
UNREADABLE = {
    "a header without its colon": f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nAuthorization Bearer {TOKEN}\r\n\r\n",
    "a header with a space": f"GET /healthz HTTP/1.1\r\nHost: localhost\r\n{TOKEN} : x\r\n\r\n",
    "a body without its length": f"{TOKEN} my chest hurts\r\n\r\n",
    "another method": f"{TOKEN} / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a length that is none": f"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: {TOKEN}\r\n\r\n",
    "a long line": f"GET /{'x' * 5000}{TOKEN} HTTP/1.1\r\nHost: localhost\r\n\r\n"}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_repeated_nowhere(steady, what):
    before = steady.service.output()
    answer = b""
    with steady.browser().connected() as connection:
        connection.sock.sendall(UNREADABLE[what].encode())
        while got := connection.sock.recv(65_536):
            answer += got
    assert answer.startswith(b"HTTP/1.1 400 ") and b"Cache-Control: no-store" in answer, answer
    logged = until(lambda: steady.service.output()[len(before):], what="a line in the log")
    for part in (TOKEN, "mistyped", "chest", "127."):
        assert part not in logged and part.encode() not in answer, (logged, answer)
