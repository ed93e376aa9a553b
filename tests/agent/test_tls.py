"""HTTPS as it is: the gateway's certificate is looked at, and the agent's own is shown where it is asked for."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.agent.conftest import Beside
from tests.ops.gateway_double import Double, Handler
from tests.support.http_server import http_server

pytestmark = pytest.mark.processes


class Authority:
    """Gives out certificates; everything is in files of a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = folder / f"{name}.pem"
        made = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.certificate.write_bytes(made)

    def give(self, name: str) -> tuple[Path, Path]:
        """Certificate and key for a name; valid for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        files[0].write_bytes(self._signed(subject, key, address))
        form, no = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, no))
        return files

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> bytes:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)


@contextmanager
def over_tls(double: Double, own: tuple[Path, Path], believes: Path) -> Iterator[str]:
    """The double behind HTTPS that asks for a certificate; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    context.load_verify_locations(believes)
    context.verify_mode = ssl.CERT_REQUIRED
    with http_server(type("Bound", (Handler,), {"double": double}), context) as port:
        yield f"https://127.0.0.1:{port}"


def test_both_sides_look_at_the_others_certificate(beside: Beside, gateway: Double, tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path, "authority"), Authority(tmp_path, "stranger")
    cert, key = authority.give("agent")
    with over_tls(gateway, authority.give("gateway"), authority.certificate) as url:
        right = {"url": url, "ca": authority.certificate, "cert": cert, "key": key, "patience": 0}
        beside.numbers(100)
        for wrong in ({"ca": None}, {"ca": stranger.certificate}, {"cert": None, "key": None}):
            beside.configure(gateway=right | wrong)
            assert f"no answer from {url}" in beside.once(3)
        other = stranger.give("other")
        beside.configure(gateway=right | {"cert": other[0], "key": other[1]})
        assert f"no answer from {url}" in beside.once(3)
        assert not gateway.statuses
        beside.configure(gateway=right)
        beside.once(0)
    assert gateway.statuses == {"applied": 100}


def test_a_certificate_that_cannot_be_used_is_named(beside: Beside, tmp_path: Path) -> None:
    odd = tmp_path / "odd.pem"
    odd.write_text("this is no certificate")
    beside.numbers(1)
    beside.configure(gateway={"url": "https://127.0.0.1:9", "ca": odd})
    assert "[gateway] ca, cert or key cannot be used" in beside.check(1)
