"""
Settings of this machine for every connection: certificate bundle and proxies.

Permanent problems of them are found before a request is sent and without one.
"""

import ipaddress
import os
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it

from huaweicloud.errors import InvalidSetting

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables of all programs that name a certificate bundle; the first one that is set wins."""
OWN_BUNDLE_VARIABLE = "HW_CA_BUNDLE"
OWN_BUNDLE_KEY = "ca_bundle"
"""
Settings of this program that name a certificate bundle.

They go before the variables of all programs, which are often set for another purpose, such as a Python distribution.
"""
PROXY_SCHEMES = ("http", "https")
SOCKS_SCHEMES = ("socks4", "socks4a", "socks5", "socks5h")


@dataclass(frozen=True)
class Proxy:
    """
    Proxy of a connection.

    Args:
        variable: Environment variable that names the proxy.
        address: Host and port, without user and password.
    """

    variable: str
    address: str


def find_bundle(environment: Mapping[str, str], configured: str = "") -> tuple[str, str] | None:
    """
    Return the setting and the path of the certificate bundle, or None for the usual one.

    Args:
        environment: Process environment.
        configured: Value of the setting `ca_bundle`, or "".
    """
    own = [(OWN_BUNDLE_VARIABLE, environment.get(OWN_BUNDLE_VARIABLE, "")), (OWN_BUNDLE_KEY, configured)]
    found = next(((name, os.path.expanduser(value)) for name, value in own if value), None)
    return found or next(((name, environment[name]) for name in BUNDLE_VARIABLES if environment.get(name)), None)


def check_bundle(environment: Mapping[str, str], configured: str = "") -> str | None:
    """
    Return the path of the certificate bundle, or None for the usual one.

    The arguments are those of find_bundle().

    Raises:
        InvalidSetting: The bundle cannot be read or holds no certificate.
    """
    named = find_bundle(environment, configured)
    if named is None:
        return None
    setting, path = named
    if setting not in BUNDLE_VARIABLES and not os.path.isabs(path):
        reason = f"names {path!r}, which must be an absolute path, because Pulumi's processes run in several folders"
        raise InvalidSetting(setting, reason, hint=_BUNDLE_HINT)
    try:
        if os.path.isdir(path):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(capath=path)
        else:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise InvalidSetting(setting, f"names {path!r}, which holds no certificate", hint=_BUNDLE_HINT) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a path"
        raise InvalidSetting(setting, f"names {path!r}, which cannot be read: {reason}", hint=_BUNDLE_HINT) from None
    return path


def check_own_bundle(environment: Mapping[str, str], configured: str) -> None:
    """
    Check the bundle of this program's own settings; the variables of all programs matter only for https.

    The arguments are those of find_bundle().

    Raises:
        InvalidSetting: The bundle cannot be read or holds no certificate.
    """
    if configured or environment.get(OWN_BUNDLE_VARIABLE):
        check_bundle(environment, configured)


def is_this_machine(host: str) -> bool:
    """Return True if a host is this machine itself, which is never reached through a proxy."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def find_proxy(url: str, environment: Mapping[str, str]) -> Proxy | None:
    """
    Return the proxy of the connection to a URL, or None.

    Args:
        url: Base URL of a service.
        environment: Process environment.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    without = {"no": _value(environment, "no_proxy")[1]}
    if not host or is_this_machine(host) or proxy_bypass_environment(host, without):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        variable, value = _value(environment, name)
        if value:
            return Proxy(variable, _address(value))
    return None


def find_problems(environment: Mapping[str, str], urls: Iterable[str], ca_bundle: str = "") -> list[InvalidSetting]:
    """
    Return all problems of this machine's settings for connections to some services.

    Args:
        environment: Process environment.
        urls: Base URLs of the services.
        ca_bundle: Value of the setting `ca_bundle`, or "".
    """
    urls = list(urls)
    found: dict[str, InvalidSetting] = {}
    if any(url.lower().startswith("https:") for url in urls):
        try:
            check_bundle(environment, ca_bundle)
        except InvalidSetting as error:
            found[error.setting] = error
    for proxy in filter(None, [find_proxy(url, environment) for url in urls]):
        problem = _proxy_problem(environment[proxy.variable])
        if problem:
            found[proxy.variable] = InvalidSetting(proxy.variable, problem, hint=_PROXY_HINT)
    return list(found.values())


_BUNDLE_HINT = "Set it to a file of PEM certificates, or unset it."
_PROXY_HINT = "Set it to the proxy's URL, or unset it; no_proxy lists hosts that are reached without it."


def _value(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return the effective variable and its value; the lower-case name wins, as in other programs."""
    upper = name.upper()
    if name in environment or (upper == "HTTP_PROXY" and "REQUEST_METHOD" in environment):
        return name, environment.get(name, "")
    return upper, environment.get(upper, "")


def _address(proxy: str) -> str:
    """Return the host and port of a proxy's URL, without the user and password before the last @."""
    return proxy.partition("://")[2].partition("/")[0].rpartition("@")[2] or proxy.rpartition("@")[2]


def _proxy_problem(proxy: str) -> str:
    """Return the problem of a proxy's URL, without the URL: it may hold a password."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not the URL of a proxy such as http://proxy.example.com:3128"
    scheme = parts.scheme.lower()
    if scheme in SOCKS_SCHEMES and find_spec("socks") is None:
        return "names a SOCKS proxy, which needs the Python package PySocks"
    if scheme not in PROXY_SCHEMES + SOCKS_SCHEMES or not host or not proxy.isprintable() or " " in proxy:
        return "is not the URL of a proxy such as http://proxy.example.com:3128"
    return ""
