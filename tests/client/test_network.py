"""No server, no such host, no trust, and proxies that are in the way."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
import trustme

from lpwidgets.client.client import Client
from lpwidgets.errors import ConnectError
from tests.client.server import HELLO, FaultServer


def error_of(client: Client) -> str:
    """Return the message of the error that a call ends in, which is short."""
    with pytest.raises(ConnectError) as caught:
        client.generate("Hi")
    assert len(str(caught.value).splitlines()) <= 3
    assert caught.value.__context__ is None
    return str(caught.value)


def secure(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    """Return what a server with a certificate of this authority needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_server_that_is_down() -> None:
    """Nothing listens at the port."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    message = error_of(Client(base_url=f"http://127.0.0.1:{port}/v1", model="m"))
    assert f"nothing listens at 127.0.0.1:{port}: start the server" in message


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is in the message."""

    def no_such_host(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    message = error_of(Client(base_url="https://nowhere.invalid/v1", model="m"))
    assert "no host of that name: nowhere.invalid; check base_url" in message


def test_a_certificate_that_nobody_vouches_for() -> None:
    """TLS is never switched off silently; the way to trust is in the message."""
    with FaultServer(HELLO, tls=secure(trustme.CA())) as server:
        url = server.url.replace("http:", "https:")
        message = error_of(Client(base_url=url, model="m", api_key="k" * 20))
        assert server.requests == []
    assert "no trusted TLS connection" in message
    assert "SSL_CERT_FILE" in message


def test_a_certificate_for_another_host() -> None:
    """A trusted authority is not enough."""
    authority = trustme.CA()
    with (
        FaultServer(HELLO, tls=secure(authority, "other.test")) as server,
        authority.cert_pem.tempfile() as file,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SSL_CERT_FILE", file)
        url = server.url.replace("http:", "https:")
        assert "no trusted TLS" in error_of(Client(base_url=url, model="m"))


def test_a_certificate_that_is_trusted() -> None:
    """What the message advises works."""
    authority = trustme.CA()
    with (
        FaultServer(HELLO, tls=secure(authority)) as server,
        authority.cert_pem.tempfile() as file,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SSL_CERT_FILE", file)
        url = server.url.replace("http:", "https:")
        with Client(base_url=url, model="m") as client:
            assert client.generate("Hi").text == "Hello"


def test_https_to_a_server_that_speaks_http() -> None:
    """The message names the other scheme."""
    with FaultServer((b"HTTP/1.1 400 Bad Request\r\n\r\n",)) as server:
        url = server.url.replace("http:", "https:")
        assert "use http://" in error_of(Client(base_url=url, model="m"))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_proxy_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A company's proxy cannot reach a model that runs here, nor should it see keys."""
    with FaultServer(HELLO) as proxy, FaultServer(HELLO) as server:
        monkeypatch.setenv(variable, proxy.url.removesuffix("/v1"))
        server.client(api_key="k" * 20).generate("Hi")
        assert (len(server.requests), proxy.requests) == (1, [])


def test_a_proxy_is_asked_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says holds."""
    with FaultServer(HELLO) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        client = Client(base_url="http://example.test/v1", model="m")
        assert client.generate("Hi").text == "Hello"
        assert proxy.requests[0].startswith(b"POST http://example.test/v1/chat")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("HTTPS_PROXY", "nonsense://x"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
    ],
)
def test_settings_of_the_environment_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """The variables to look at are in the message."""
    monkeypatch.setenv(variable, value)
    assert variable in error_of(Client(base_url="https://example.test/v1", model="m"))
