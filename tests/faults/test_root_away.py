"""Whoever holds the root key is away: at the start the service waits for it and says so; later nobody notices."""

import json
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.crypto.vault_fake import TOKEN, fake_vault
from tests.service import until


def asked(url: str) -> tuple[int, dict, dict]:
    """Status, headers and body; the status is 0 while nobody listens."""
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except HTTPError as refusal:
        with refusal:
            return refusal.code, dict(refusal.headers), json.loads(refusal.read())
    except OSError:
        return 0, {}, {}


def test_a_service_starts_without_the_holder_of_its_root_key_and_serves_when_it_is_back(make_service, monkeypatch):
    with fake_vault() as vault:
        monkeypatch.setenv("VAULT_ADDR", vault.url)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        service = make_service(root_key="vault:transit/root")
        service.command("init")
        service.command("clinic", "add", "elm", "--name", "Elm Street Surgery", "--emergency-number", "112")
        vault.status = 503
        starting = Thread(target=service.start)  # it waits until the service is ready
        starting.start()
        try:
            status, headers, told = until(lambda: (answer := asked(f"{service.url}/readyz"))[0] and answer, 30, "an answer")
            assert (status, headers["Retry-After"], told["part"]) == (503, "5", "the holder of the root key does not answer")
            card = asked(f"{service.url}/clinics/elm.json")
            assert card[0] == 503 and int(card[1]["Retry-After"]) > 0 and len(card[2]["detail"]) > 30
        finally:
            vault.status = 200
            starting.join()
        assert asked(f"{service.url}/clinics/elm.json")[2]["name"] == "Elm Street Surgery"
        vault.status, calls = 503, vault.calls
        assert asked(f"{service.url}/readyz")[0] == asked(f"{service.url}/clinics/elm.json")[0] == 200
        assert vault.calls == calls, "nobody asks for the root key while messages come and go"
