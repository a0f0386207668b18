"""What an OpenID provider says in its token: its own words are made up here, signed with a key of its own."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from securemsg.errors import Refused
from securemsg.outbound import openid, post
from securemsg.outbound.openid import Client, Shown
from securemsg.settings import load

ISSUER, NOW = "https://login.example", 1_800_000_000
CLIENT = Client(ISSUER, "clinic", "secret", "https://clinic.example/back")
PLACES = {"authorization_endpoint": f"{ISSUER}/begin", "token_endpoint": f"{ISSUER}/token", "jwks_uri": f"{ISSUER}/keys"}


@pytest.fixture
def shows(monkeypatch):
    """Who comes back with a token that makes these claims, too, signed by a key that the provider publishes."""
    usual, settings = ECKey.generate_key("P-256", {"kid": "1", "alg": "ES256"}), load({"SECUREMSG_PUBLIC_URL": "http://localhost:8000"})

    def show(key: ECKey | OctKey = usual, algorithm: str = "ES256", more: str = "", **claims: object) -> Shown:
        answers = {"/.well-known/openid-configuration": PLACES | {"issuer": ISSUER,
                                                                  "id_token_signing_alg_values_supported": [algorithm]},
                   "/keys": {"keys": [key.as_dict(private=isinstance(key, OctKey))]}}
        monkeypatch.setattr(post, "exchange", lambda _, __, url, *___: (200, json.dumps(answers[urlsplit(url).path]).encode()))
        url, pending = openid.begin(settings, CLIENT)
        assert parse_qs(urlsplit(url).query)["nonce"] == [pending.nonce]
        told = {"iss": ISSUER, "aud": "clinic", "sub": "ana", "exp": NOW + 60, "iat": NOW, "nonce": pending.nonce} | claims
        payload = json.dumps(told).removesuffix("}") + more + "}"
        answers["/token"] = {"id_token": jws.serialize_compact({"alg": algorithm, "kid": "1"}, payload, key, [algorithm]),
                             "token_type": "Bearer"}
        return openid.finish(settings, CLIENT, pending, f"{CLIENT.redirect_uri}?code=x&state={pending.state}", NOW)

    return show


@pytest.mark.parametrize(("told", "at"), [
    (NOW - 5, NOW - 5), (NOW - 4.5, NOW - 5), (float("inf"), None), (float("-inf"), None), (float("nan"), None), (True, None),
    (10 ** 400, 10 ** 400)])
def test_when_somebody_signed_in_there_is_a_moment_or_was_not_told(shows, told, at):
    shown = shows(auth_time=told)
    assert (shown.subject, shown.at, shown.is_recent(NOW, 300)) == ("ana", at, at == NOW - 5)


def test_a_secret_that_both_know_signs_nothing_although_the_provider_names_no_other_way(shows):
    with pytest.raises(Refused, match="was not finished"):
        shows(OctKey.generate_key(256, {"kid": "1"}), "HS256")


@pytest.mark.parametrize("claims", [{"sub": ""}, {"sub": "  "}, {"sub": "\ud800"}, {"sub": 7}, {"sub": None},
                                    {"more": f', "deep": {"[" * 20_000}{"]" * 20_000}'}])
def test_a_token_that_names_nobody_or_is_too_deep_to_read_lets_nobody_in(shows, claims):
    with pytest.raises(Refused, match="was not finished"):
        shows(**claims)


def test_an_address_of_half_characters_is_none(shows):
    assert shows(email="\ud800@elm.example", email_verified=True).email == ""
