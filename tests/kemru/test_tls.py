"""What happens when whoever answers is not Kemru: a real TLS server on loopback with certificates made here."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.kemru import Kemru, Unavailable
from kiosk.sandbox import DEMO_CREDENTIALS
from tests.support.platform import scan

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *subject, "-keyout", key, "-out", made], check=True, capture_output=True)
    return key, made


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[tuple[int, list[bytes]]]:
    """Accept one connection; yields the port and what the client said inside TLS."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                try:
                    with context.wrap_socket(connection, server_side=True) as wrapped:
                        heard.append(wrapped.recv(100))
                except OSError:
                    heard.append(b"")

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(10)


def test_F073_an_unknown_authority_hears_nothing(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    with (
        tls_server(context) as (port, heard),
        Kemru(f"https://localhost:{port}", DEMO_CREDENTIALS, deadline=5) as kemru,
        pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED") as caught,
    ):
        kemru.report(scan())
    assert heard == [b""]
    assert "clock" in caught.value.cure


def test_F073_no_tls_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_in_clear() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=answer_in_clear)
        thread.start()
        with (
            Kemru(f"https://localhost:{server.getsockname()[1]}", DEMO_CREDENTIALS, deadline=5) as kemru,
            pytest.raises(Unavailable),
        ):
            kemru.report(scan())
        thread.join(10)


def test_F069_a_handshake_that_never_ends() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Kemru(f"https://localhost:{server.getsockname()[1]}", DEMO_CREDENTIALS, deadline=0.2) as kemru,
        pytest.raises(Unavailable),
    ):
        kemru.report(scan())
