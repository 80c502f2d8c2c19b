"""Wrong settings of this machine fail at once, without a second attempt, and name the setting to change."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from huaweicloud.errors import tree
from huaweicloud.errors.connection_failures import to_error
from huaweicloud.transport.machine_settings import BUNDLE_VARIABLES, find_problems
from huaweicloud.transport.messages import Request
from huaweicloud.transport.sender import Sender
from tests.huaweicloud.conftest import request_to
from tests.huaweicloud.scripted_server import Reply, ScriptedServer
from tests.tls import make_certificate, tls_server

SECRET = "pr0xy-s3cret"
URL = "https://ims.cn-north-4.myhuaweicloud.com"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BUNDLE_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(certificate: tuple[Path, Path], server: ScriptedServer) -> Iterator[Request]:
    """Yield a request to a server whose certificate only its own authority knows."""
    with tls_server(*certificate) as port:
        yield replace(request_to(server), base_url=f"https://127.0.0.1:{port}")


def fails(sender: Sender, request: Request) -> tree.CloudError:
    """Return the error of a request, and require that it is sent only once."""
    with pytest.raises(tree.CloudError) as raised:
        sender.send(request)
    assert raised.value.attempts == 1
    assert not raised.value.retryable
    assert raised.value.nothing_happened
    return raised.value


def test_an_authority_that_nobody_knows_names_the_variable_that_helps(sender: Sender, secure: Request) -> None:
    error = fails(sender, secure)

    assert isinstance(error, tree.Unreachable)
    assert ("REQUESTS_CA_BUNDLE", True) == (error.setting, error.permanent)
    assert "certificate is not accepted" in str(error)
    assert "REQUESTS_CA_BUNDLE" in error.hint


@pytest.mark.parametrize("variable", BUNDLE_VARIABLES)
def test_the_own_authority_in_any_of_the_variables_is_enough(
    sender: Sender, secure: Request, certificate: tuple[Path, Path], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(certificate[0]))

    assert sender.send(secure).status == 200


@pytest.mark.parametrize("variable", BUNDLE_VARIABLES)
@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_bundle_that_is_none_is_named_with_its_variable(
    sender: Sender,
    secure: Request,
    tmp_path: Path,
    variable: str,
    content: bytes | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)
    monkeypatch.setenv(variable, str(bundle))

    error = fails(sender, secure)

    assert isinstance(error, tree.InvalidSetting)
    assert (variable, True) == (error.setting, str(bundle) in str(error))
    (problem,) = find_problems({variable: str(bundle)}, [URL, URL])
    assert problem.setting == variable


@pytest.mark.parametrize("path", ["/nonexistent/bundle.pem", "a\0b", "x" * 5000])
def test_a_bundle_that_cannot_be_a_file_is_a_fault(path: str) -> None:
    (problem,) = find_problems({"REQUESTS_CA_BUNDLE": path}, [URL])

    assert problem.setting == "REQUESTS_CA_BUNDLE"


def test_a_bundle_does_not_matter_where_nothing_speaks_tls() -> None:
    assert find_problems({"REQUESTS_CA_BUNDLE": "/nonexistent"}, ["http://127.0.0.1:9081"]) == []


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "proxy",
    [
        f"htp://me:{SECRET}@proxy:3128",
        f"http://me:{SECRET}@",
        f"http://me:{SECRET}@proxy:99999",
        f"http://me:{SECRET}@pro xy:3128",
        f"http://me:{SECRET}@[::1",
        "proxy:port",
        "socks5://proxy:1080",
        "http://proxy:3128\n",
    ],
)
def test_a_proxy_that_is_no_url_is_a_fault_without_its_password(variable: str, proxy: str) -> None:
    (problem,) = find_problems({variable: proxy}, [URL, URL])

    assert problem.setting == variable
    assert SECRET not in f"{problem} {problem.hint}"


@pytest.mark.parametrize(
    "environment",
    [
        {"https_proxy": "http://me:secret@proxy.example.com:3128"},
        {"https_proxy": "proxy.example.com:3128"},
        {"https_proxy": "htp://proxy", "no_proxy": ".myhuaweicloud.com"},
        {"https_proxy": "htp://proxy", "NO_PROXY": "*"},
        {"http_proxy": "htp://proxy"},
        {"https_proxy": "", "HTTPS_PROXY": "htp://proxy"},
    ],
)
def test_a_proxy_that_is_one_or_is_not_used_is_no_fault(environment: dict[str, str]) -> None:
    assert find_problems(environment, [URL]) == []


def test_a_proxy_does_not_matter_for_this_machine() -> None:
    assert find_problems({"http_proxy": "htp://proxy"}, ["http://127.0.0.1:1", "http://localhost:1"]) == []


@pytest.mark.recovery("`https_proxy: … cannot be reached: the proxy …`")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy", ["http://me:pr0xy-s3cret@127.0.0.1:1", "http://me:pr0xy-s3cret@nowhere.invalid:1"])
def test_a_proxy_that_is_not_there_is_named_with_its_variable(
    sender: Sender, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy)

    error = fails(sender, replace(request_to(server), base_url=f"{scheme}://ims.cn-north-4.example.com"))

    assert isinstance(error, tree.Unreachable)
    assert error.setting == f"{scheme}_proxy"
    assert f"({scheme}_proxy)" in str(error)
    assert SECRET not in f"{error} {error.hint}"


def test_https_to_a_port_that_speaks_http_is_permanent(sender: Sender, server: ScriptedServer) -> None:
    error = fails(sender, replace(request_to(server), base_url=server.url.replace("http:", "https:")))

    assert "https" in f"{error} {error.hint}"


def test_http_to_a_port_that_speaks_https_is_permanent(sender: Sender, secure: Request) -> None:
    error = fails(sender, replace(secure, base_url=secure.base_url.replace("https:", "http:")))

    assert "its port expects https" in str(error)


@pytest.mark.parametrize("value", ["kéy", "key\nX-Other: 1", "key\r", "\udcff", "ключ", " key"])
def test_what_no_header_can_hold_is_permanent_and_not_shown(sender: Sender, server: ScriptedServer, value: str) -> None:
    server.reply(Reply())

    request = request_to(server, headers={"X-Auth-Token": value})

    if value == "kéy":  # which HTTP can hold, in Latin-1
        assert sender.send(request).status == 200
        return
    error = fails(sender, request)
    assert value.strip() not in str(error)
    assert server.received == []


@pytest.mark.parametrize("base_url", ["http://a b", "http://", "http://:80", "nothing://x", "http://a..b"])
def test_an_endpoint_that_is_no_url_is_permanent(sender: Sender, server: ScriptedServer, base_url: str) -> None:
    request = request_to(server)

    fails(sender, replace(request, base_url=base_url))


def _of_name(errno: int) -> Exception:
    cause = socket.gaierror(errno, "the resolver's words")
    error = urllib3.exceptions.NameResolutionError("h", None, cause)  # type: ignore[arg-type]
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("errno", "reached", "permanent"),
    [
        (socket.EAI_NONAME, False, True),
        (socket.EAI_NONAME, True, False),
        (socket.EAI_AGAIN, False, False),
        (socket.EAI_AGAIN, True, False),
    ],
)
def test_a_name_that_does_not_exist_is_permanent_unless_it_has_existed(
    server: ScriptedServer, errno: int, reached: bool, permanent: bool
) -> None:
    error = to_error(request_to(server), _of_name(errno), reached=reached)

    assert isinstance(error, tree.Unreachable)
    assert error.permanent == permanent
    assert error.retryable != permanent


def test_a_proxy_that_worked_before_is_an_outage(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    request = replace(request_to(server), base_url=URL)
    refused = urllib3.exceptions.ProxyError("Unable to connect to proxy", ConnectionRefusedError(111, "refused"))

    assert [False, True] == [to_error(request, refused, reached=reached).retryable for reached in (False, True)]


def test_a_handshake_that_was_cut_off_is_an_outage(server: ScriptedServer) -> None:
    import ssl

    assert to_error(request_to(server), ssl.SSLEOFError(8, "EOF occurred"), reached=False).retryable
