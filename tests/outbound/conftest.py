"""What servers of these tests are secured with."""

import ssl

import pytest

from tests.proxies import certified


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """A certificate for the name of the examples and this computer, which is trusted here."""
    certificate, key = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
