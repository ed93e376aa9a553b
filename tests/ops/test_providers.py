"""What ``check --production`` says of the OpenID providers: one line for each that is wrong, and no secret."""

import pytest

from tests.support.events import START, make_force
from tests.support.provider import PASSWORD
from trackmycrime.ops import providers
from trackmycrime.people.models import ForceProvider
from trackmycrime.people.openid import provider as speaking
from trackmycrime.people.openid.provider import Provider


@pytest.mark.django_db
def test_each_provider_that_does_not_answer_as_it_must_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "avon-and-somerset": ("https://127.0.0.1:1", True),
        "south-wales": ("http://login.example.org", True),
        "wiltshire": ("https://127.0.0.1:2", False),
    }
    for slug, (issuer, active) in given.items():
        ForceProvider.objects.create(
            force=make_force(slug),
            issuer=issuer,
            client_id="us",
            secret=PASSWORD,
            scope="openid",
            role_claim="roles",
            roles={},
            changed_at=START,
            active=active,
        )
    for name, value in {"ISSUER": "https://127.0.0.1:3/", "CLIENT_ID": "us", "KEY": PASSWORD}.items():
        monkeypatch.setenv(f"TMC_ONE_LOGIN_{name}", value)
    found = dict(providers.faults())
    where = "/.well-known/openid-configuration: ConnectionError"
    assert found == {
        "TMC_ONE_LOGIN_ISSUER": f"https://127.0.0.1:3/: {where}",
        "provider of avon-and-somerset:": f"https://127.0.0.1:1: {where}",
        "provider of south-wales:": "http://login.example.org: it does not begin with https://",
    }


def test_a_key_of_ours_that_is_none_is_said_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "look", lambda _provider: None)
    broken = "-----BEGIN PRIVATE KEY-----\nnobody may see this\n-----END PRIVATE KEY-----"
    said = providers.problem(Provider("https://login.example.org", "us", broken))
    assert said == "https://login.example.org: our own key is no private one of RSA or P-256"
    assert providers.problem(Provider("https://login.example.org", "us", PASSWORD)) == ""
