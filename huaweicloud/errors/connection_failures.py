"""
Connection failures: from an exception of the libraries to one of the client, permanent or not.

A permanent failure is neither repeated nor taken for an outage. Always permanent are an untrusted certificate, a
malformed URL and a header that cannot be sent. Three failures are permanent until the host has first responded to this
process: a name that does not exist, a proxy that refuses, and a TLS port behind an http endpoint. A host that has
responded before has the right name and the right proxy, so the same failure is then an outage. A name server that
reports a temporary failure (EAI_AGAIN) proves nothing about the name.
"""

import os
import socket
import ssl
from urllib.parse import urlsplit

from huaweicloud.errors import tree
from huaweicloud.transport.machine_settings import BUNDLE_VARIABLES, find_bundle, find_proxy
from huaweicloud.transport.messages import Request

PROBE_S = 3.0
NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
ENDPOINT_HINT = "Check the endpoint and the network."
TRUST_HINT = "to a file with the certificates of your own certificate authority, or of the proxy that inspects TLS."


def to_error(request: Request, error: Exception, *, reached: bool, ca_bundle: str = "") -> tree.TransportError:
    """
    Build the exception for a request without a response.

    Args:
        request: Request that failed.
        error: Exception of a library; the first cause is innermost.
        reached: Whether the host has responded to this process before.
        ca_bundle: Value of the setting `ca_bundle`, or "".

    Returns:
        The exception. Its message holds nothing of the request's content.
    """
    chain = _chain(error)
    failed = _of_tls(request, chain, ca_bundle)
    if failed is not None:
        return failed
    for find in (_of_proxy, _of_name, _of_connection, _of_answer, _of_request):
        found = find(request, chain, reached)
        if found is not None:
            return found
    if not reached and _speaks_tls(request):
        return _unreachable(request, "the endpoint begins with http://, but its port expects https", permanent=True)
    return tree.ConnectionLost(f"{_start(request)}the connection to {request.host} broke: {_innermost(chain)}")


def _start(request: Request) -> str:
    return f"Could not {request.operation or 'call the service'}: "


def _among(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(item, kinds) for item in chain)


def _named(chain: list[BaseException], *names: str) -> bool:
    """Return True if one of the exceptions has this name. The sending library is imported only to send."""
    return any(kind.__name__ in names for item in chain for kind in type(item).__mro__)


def _unreachable(
    request: Request, cause: str, *, permanent: bool, setting: str = "", hint: str = ""
) -> tree.Unreachable:
    return tree.Unreachable(
        f"{_start(request)}{request.host} cannot be reached: {cause}",
        hint=hint or ENDPOINT_HINT,
        permanent=permanent,
        setting=setting,
        cause=cause,
    )


def _of_tls(request: Request, chain: list[BaseException], ca_bundle: str) -> tree.TransportError | None:
    import urllib3

    if not _among(chain, urllib3.exceptions.SSLError, ssl.SSLError) and not _named(chain, "SSLError"):
        return None
    # an interrupted handshake proves nothing about the certificate
    if _among(chain, ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return _unreachable(request, "the TLS handshake was cut off", permanent=False)
    untrusted = [item for item in chain if isinstance(item, ssl.SSLCertVerificationError)]
    if untrusted:
        named = find_bundle(os.environ, ca_bundle)
        by = f" by {named[0]}" if named else ""
        cause = f"TLS: its certificate is not accepted{by}: {untrusted[0].verify_message}"
        is_trust = "issuer" in cause or "self" in cause
        setting = (named[0] if named else BUNDLE_VARIABLES[0]) if is_trust else ""
        hint = f"Set {setting} {TRUST_HINT}" if is_trust else "Check the endpoint."
        return _unreachable(request, cause, permanent=True, setting=setting, hint=hint)
    cause = "TLS: the port does not accept https" if "WRONG_VERSION" in str(chain) else f"TLS: {_innermost(chain)}"
    return _unreachable(request, cause, permanent=True, hint="check the endpoint: http:// or https://, and the port")


def _of_proxy(request: Request, chain: list[BaseException], reached: bool) -> tree.TransportError | None:
    import urllib3

    malformed = _among(chain, urllib3.exceptions.ProxySchemeUnknown) or _named(chain, "InvalidProxyURL")
    if not malformed and not _among(chain, urllib3.exceptions.ProxyError):
        return None
    proxy = find_proxy(request.base_url, os.environ)
    variable = proxy.variable if proxy else ""
    named = f"the proxy {proxy.address} ({proxy.variable})" if proxy else "the proxy"
    cause = f"{named} is not usable" if malformed else f"{named}: {_innermost(chain)}"
    passing = _among(chain, TimeoutError) or "Tunnel connection failed: 5" in str(chain)
    hint = f"Correct {variable or 'the proxy'}; no_proxy lists hosts that are reached without it."
    return _unreachable(request, cause, permanent=not reached and not passing, setting=variable, hint=hint)


def _of_name(request: Request, chain: list[BaseException], reached: bool) -> tree.TransportError | None:
    import urllib3

    failed = [item for item in chain if isinstance(item, socket.gaierror)]
    if not failed and not _among(chain, urllib3.exceptions.NameResolutionError):
        return None
    exists_not = bool(failed) and failed[0].errno in NO_SUCH_NAME
    return tree.Unreachable(
        f"{_start(request)}the name {request.host} cannot be resolved: {_innermost(chain)}",
        hint="check the region, the endpoint and the network",
        permanent=exists_not and not reached,
        cause=f"its name cannot be resolved: {_innermost(chain)}",
    )


def _of_connection(request: Request, chain: list[BaseException], _reached: bool) -> tree.TransportError | None:
    import urllib3

    if _among(chain, urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
        return _unreachable(request, _innermost(chain), permanent=False)
    if _among(chain, urllib3.exceptions.TimeoutError, TimeoutError) or _named(chain, "Timeout"):
        return tree.TimedOut(f"{_start(request)}{request.host} did not answer in time")
    return None


def _of_answer(request: Request, chain: list[BaseException], _reached: bool) -> tree.TransportError | None:
    import urllib3

    if _among(chain, urllib3.exceptions.DecodeError):
        return tree.InvalidResponse(f"{_start(request)}the response of {request.host} cannot be decoded")
    if _among(chain, urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength):
        return tree.InvalidResponse(f"{_start(request)}the response of {request.host} was cut off")
    return None


def _of_request(request: Request, chain: list[BaseException], _reached: bool) -> tree.TransportError | None:
    """Return the error for an unsendable request: a malformed URL, an invalid header character or a missing file."""
    import urllib3

    if _among(chain, UnicodeError) or _named(chain, "InvalidHeader") or "header" in str(chain[0]).lower():
        cause = "a header holds characters that cannot be sent"
        return _unreachable(request, cause, permanent=True, hint="check the credentials and the project's id")
    malformed = _among(chain, urllib3.exceptions.LocationParseError) or _named(chain, "InvalidSchema", "MissingSchema")
    if malformed or _named(chain, "InvalidURL"):
        return _unreachable(request, "the endpoint is not a usable URL", permanent=True)
    if _among(chain, FileNotFoundError, PermissionError, IsADirectoryError) or "CA certificate" in str(chain[0]):
        variable = next((name for name in BUNDLE_VARIABLES if os.environ.get(name)), "")
        return _unreachable(request, "a certificate file cannot be read", permanent=True, setting=variable)
    return None


def _speaks_tls(request: Request) -> bool:
    """Return True if the port of an http endpoint completes a TLS handshake; tried once, as a last resort."""
    parts = urlsplit(request.base_url)
    if parts.scheme != "http" or find_proxy(request.base_url, os.environ):
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 80), PROBE_S) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname),
        ):
            return True
    except (OSError, ValueError):
        return False


def _chain(error: BaseException) -> list[BaseException]:
    """List the exceptions behind this one, by cause, by context and by argument, outermost first."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        item = waiting.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
    return found


def _innermost(chain: list[BaseException]) -> str:
    for item in reversed(chain):
        if isinstance(item, OSError):
            if item.strerror:
                return item.strerror
            if "Tunnel connection failed" in str(item):
                return str(item)[:120]
    return type(chain[-1]).__name__
