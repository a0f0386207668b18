"""Requests whose end two readers could see in different places, or whose host: each with a second request hidden in it.

`HEADS` are refused while their head is read: one bare 400, and the connection closes.
`BODIES` break off while their body is read: the first request is answered, and the connection closes.
In each, {target} and {host} stand for a route's address and the service's own host.
"""

SECRET = "/clinics/hill-road.json"  # what the hidden request asks for; its answer must never come back
HIDDEN = f"GET {SECRET} HTTP/1.1\r\nHost: {{host}}\r\n\r\n"
_POST = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
_CHUNKED = _POST + "Transfer-Encoding: chunked\r\n\r\n"
_GET = "GET {target} HTTP/1.1\r\nHost: {host}\r\n"
_END = "0\r\n\r\n"

HEADS = {
    "a length and chunks": _POST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + _END + HIDDEN,
    "chunks and a length": _POST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + _END + HIDDEN,
    "two lengths": _POST + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "the same length twice": _POST + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN,
    "a list of lengths": _POST + "Content-Length: 2, 2\r\n\r\n{}" + HIDDEN,
    "a length with a plus": _POST + "Content-Length: +2\r\n\r\n{}" + HIDDEN,
    "a negative length": _POST + "Content-Length: -1\r\n\r\n" + HIDDEN,
    "a length in hex": _POST + "Content-Length: 0x2\r\n\r\n{}" + HIDDEN,
    "a length with an underscore": _POST + "Content-Length: 1_0\r\n\r\n" + HIDDEN,
    "a length with a fraction": _POST + "Content-Length: 2.0\r\n\r\n{}" + HIDDEN,
    "an empty length": _POST + "Content-Length:\r\n\r\n" + HIDDEN,
    "a length of superscripts": _POST + "Content-Length: \xb2\r\n\r\n{}" + HIDDEN,
    "a length of 5000 digits": _POST + "Content-Length: " + "9" * 5000 + "\r\n\r\n" + HIDDEN,
    "a coding that is none": _POST + "Transfer-Encoding: xchunked\r\n\r\n" + _END + HIDDEN,
    "chunked twice": _POST + "Transfer-Encoding: chunked, chunked\r\n\r\n" + _END + HIDDEN,
    "chunked on two lines": _POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + _END + HIDDEN,
    "chunked, then identity": _POST + "Transfer-Encoding: chunked, identity\r\n\r\n" + _END + HIDDEN,
    "gzip only": _POST + "Transfer-Encoding: gzip\r\n\r\n" + HIDDEN,
    "identity beside a length": _POST + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN,
    "chunked with a parameter": _POST + "Transfer-Encoding: chunked;q=1\r\n\r\n" + _END + HIDDEN,
    "chunked in quotes": _POST + 'Transfer-Encoding: "chunked"\r\n\r\n' + _END + HIDDEN,
    "chunked after a vertical tab": _POST + "Transfer-Encoding: \x0bchunked\r\n\r\n" + _END + HIDDEN,
    "an empty coding": _POST + "Transfer-Encoding:\r\n\r\n" + _END + HIDDEN,
    "a space before the colon": _POST + "Transfer-Encoding : chunked\r\n\r\n" + _END + HIDDEN,
    "a tab before the colon": _POST + "Content-Length\t: 2\r\n\r\n{}" + HIDDEN,
    "a folded line": _POST + "Transfer-Encoding:\r\n chunked\r\n\r\n" + _END + HIDDEN,
    "a coding folded into another header": _POST + "X-Other: a\r\n Transfer-Encoding: chunked\r\n\r\n" + _END + HIDDEN,
    "a fold before any header": "POST {target} HTTP/1.1\r\n Host: {host}\r\n\r\n" + HIDDEN,
    "chunks in HTTP/1.0": "POST {target} HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n" + _END + HIDDEN,
    "bare line feeds": _GET.replace("\r", "") + "\n" + HIDDEN,
    "one bare line feed": _GET + "X-Other: a\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "bare carriage returns": _GET.replace("\n", "") + "\r" + HIDDEN,
    "a carriage return in a value": _GET + "X-Other: a\rContent-Length: 44\r\n\r\n" + HIDDEN,
    "a NUL in a value": _GET + "X-Other: a\0b\r\n\r\n" + HIDDEN,
    "a NUL in a name": _GET + "X\0: a\r\n\r\n" + HIDDEN,
    "a header without a name": _GET + ": a\r\n\r\n" + HIDDEN,
    "a header without a colon": _GET + "Content-Length 44\r\n\r\n" + HIDDEN,
    "a header name with a letter beyond ASCII": _GET + "Content-L\xe9ngth: 44\r\n\r\n" + HIDDEN,
    "no Host": "GET {target} HTTP/1.1\r\n\r\n" + HIDDEN,
    "two Hosts": _GET + "Host: {host}\r\n\r\n" + HIDDEN,
    "a target that is no http": "GET ftp://{host}{target} HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a target without its slash": "GET example HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a target with a space": "GET {target} x HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a target with raw bytes": "GET {target}\xff\xfe HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a target with a NUL": "GET {target}\0 HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a target with a control": "GET {target}\x1b HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a target of 4100 characters": "GET {target}?" + "a" * 4100 + " HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "no target": "GET HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "no version": "GET {target}\r\n\r\n" + HIDDEN,
    "another version": "GET {target} HTTP/2.0\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a version with a space": "GET {target} HTTP/1.1 \r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a version of another protocol": "GET {target} ICAP/1.0\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
    "a method in small letters": "get {target} HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "a method with a bracket": "GE(T {target} HTTP/1.1\r\nHost: {host}\r\n\r\n" + HIDDEN,
    "65 headers": _GET + "".join(f"X-{number}: a\r\n" for number in range(64)) + "\r\n" + HIDDEN,
    "a header of 8200 bytes": _GET + "X-Other: " + "a" * 8192 + "\r\n\r\n" + HIDDEN,
    "half a megabyte of headers": _GET + "".join(f"X-{number}: {'a' * 8000}\r\n" for number in range(70)) + "\r\n" + HIDDEN,
    "an expectation that is none": _GET + "Expect: a miracle\r\n\r\n" + HIDDEN,
    "a TLS hello": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x07" * 300 + "\r\n\r\n" + HIDDEN,
}
BODIES = {
    "a size that is no number": _CHUNKED + "zz\r\n{}\r\n" + _END + HIDDEN,
    "a negative size": _CHUNKED + "-2\r\n{}\r\n" + _END + HIDDEN,
    "a size with 0x": _CHUNKED + "0x2\r\n{}\r\n" + _END + HIDDEN,
    "a size with a plus": _CHUNKED + "+2\r\n{}\r\n" + _END + HIDDEN,
    "a size with a space": _CHUNKED + "2 \r\n{}\r\n" + _END + HIDDEN,
    "an empty size": _CHUNKED + "\r\n{}\r\n" + _END + HIDDEN,
    "a size beyond all bodies": _CHUNKED + "F" * 40 + "\r\n" + HIDDEN,
    "a size line of 70 kB": _CHUNKED + "2;" + "a" * 70_000 + "\r\n{}\r\n" + _END + HIDDEN,
    "a line feed after a size": _CHUNKED + "2\n{}\n0\n\n" + HIDDEN,
    "an extension with a line feed": _CHUNKED + "2;a\nb\r\n{}\r\n" + _END + HIDDEN,
    "a carriage return in an extension": _CHUNKED + "2;a\rb\r\n{}\r\n" + _END + HIDDEN,
    "a chunk without its end": _CHUNKED + "2\r\n{}" + _END + HIDDEN,
    "a chunk longer than it says": _CHUNKED + "1\r\n{}\r\n" + _END + HIDDEN,
    "chunks that break off": _CHUNKED + "2\r\n{}\r\n",
    "a chunk that breaks off": _CHUNKED + "100\r\n{}",
    "a trailer that is a length": _CHUNKED + "2\r\n{}\r\n0\r\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "a trailer that is a host": _CHUNKED + "2\r\n{}\r\n0\r\nHost: evil.example\r\n\r\n" + HIDDEN,
    "a trailer that is none": _CHUNKED + "2\r\n{}\r\n0\r\n \r\n\r\n" + HIDDEN,
    "trailers with bare line feeds": _CHUNKED + "2\r\n{}\r\n0\r\nX: a\n\n" + HIDDEN,
    "fewer bytes than its length": _POST + "Content-Length: 400000\r\n\r\n{}" + HIDDEN,
    "one byte less than its length": _POST + "Content-Length: 3\r\n\r\n{}",
    "a length of 20 digits": _POST + "Content-Length: 99999999999999999999\r\n\r\n{}" + HIDDEN,
}


def sent(text: str, host: str, target: str, method: str = "POST") -> bytes:
    """One of these as it goes over the wire, for a route of that method."""
    if text.startswith("POST "):
        text = method + text.removeprefix("POST")
    return text.replace("{target}", target).replace("{host}", host).encode("latin-1")
