"""A real OpenID provider on this machine: django-allauth's, in a process and with a database of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.processes import Background

PASSWORD = "provider's own password"


class Provider:
    """The provider as its administrator sees it, and as somebody with a browser."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._http = httpx.Client(base_url=issuer, timeout=30)

    def _do(self, **what: Any) -> dict[str, Any]:
        answer = self._http.post("/administration/", json=what)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def client(
        self, redirect_uri: str, *, refresh: bool = True, public_key: str = "", logout: str = ""
    ) -> str:
        """Register a client and give its id; its secret is `PASSWORD`, or it signs with the key of `public_key`.

        `logout` is where it leads whoever has signed out there.
        """
        told = {"redirect_uri": redirect_uri, "refresh": refresh, "public_key": public_key, "logout": logout}
        return str(self._do(do="client", secret=PASSWORD, **told)["id"])

    def person(self, name: str, **claims: Any) -> str:
        """Make a person who signs in there by `name` and `PASSWORD`, with these claims; gives their subject."""
        return str(self._do(do="person", name=name, password=PASSWORD, claims=claims)["sub"])

    def claims(self, name: str, **claims: Any) -> None:
        """Change what it says of a person; None takes a claim away."""
        self._do(do="claims", name=name, claims=claims)

    def off(self, name: str) -> None:
        """Switch a person off, as when somebody leaves the force."""
        self._do(do="off", name=name)

    def lie(self, **claims: Any) -> None:
        """Put these into every ID token from now on, signed by its real key; None leaves a claim out."""
        self._do(do="lie", claims=claims)

    def rotate(self) -> None:
        """Sign with a new key; the old one is published no more."""
        self._do(do="rotate")

    def acr(self, value: str) -> None:
        """By what means people sign in there from now on."""
        self._do(do="acr", value=value)

    def without(self, *names: str) -> None:
        """Leave these out of its discovery document from now on."""
        self._do(do="without", names=names)

    def logout_token(self, client: str, name: str, **claims: Any) -> str:
        """A logout token about a person, signed by its key, with these claims put in; None leaves one out."""
        return str(self._do(do="logout_token", client=client, name=name, claims=claims)["token"])

    def asked(self) -> dict[str, Any]:
        """The parameters of the last request to its authorization endpoint."""
        return self._do(do="asked")

    def browser(self) -> Somebody:
        """Somebody's browser, signed in nowhere."""
        return Somebody(self)


class Somebody:
    """A browser at the provider, without pictures: it goes where a person would be sent."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._http = httpx.Client(timeout=30)

    def walk(self, address: str, name: str) -> str:
        """Follow a door's redirect to the provider, sign in there if asked, and give the address that it leads back to.

        It stops at the first address that is not the provider's; its path with the query.
        """
        answer = self._http.get(address)
        for _ in range(10):
            if answer.status_code == 200:
                token = self._http.cookies.get("csrftoken") or ""
                form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
                answer = self._http.post(answer.url, data=form)
                assert answer.status_code == 302, answer.text
            assert answer.status_code in (302, 303), answer.text
            to = str(answer.url.join(answer.headers["location"]))
            if not to.startswith(self.provider.issuer + "/"):
                return urlsplit(to)._replace(scheme="", netloc="").geturl()
            answer = self._http.get(to)
        raise AssertionError(f"the provider leads in circles: {answer.url}")

    def leave(self, address: str) -> str:
        """Follow a door's page to where one signs out there; the address that it leads back to, without the host.

        Empty where it leads nowhere, but asks or says something.
        """
        answer = self._http.get(address)
        if answer.status_code != 302:
            return ""
        to = str(answer.url.join(answer.headers["location"]))
        return urlsplit(to)._replace(scheme="", netloc="").geturl()

    def is_remembered(self) -> bool:
        """Whether it knows this browser still."""
        page = self._http.get(f"{self.provider.issuer}/administration/who/").json()
        return bool(page["who"])


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    """Start it, and end it with the block."""
    argv = [sys.executable, "-m", "tests.support.provider.serve", str(folder)]
    with Background(argv) as process:
        yield Provider(process.line())


@pytest.fixture(scope="session")
def openid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One provider for all tests of a run; each makes its own clients and people."""
    with provider(tmp_path_factory.mktemp("provider")) as started:
        yield started


@pytest.fixture
def honest(openid: Provider) -> Iterator[None]:
    """For a test that makes it lie, or knows it from an earlier test: nothing of that is left before and after."""
    from trackmycrime.people.openid import provider as speaking  # only once Django has its settings

    speaking.forget()
    yield
    openid.lie()
    openid.acr("password")
    openid.without()
