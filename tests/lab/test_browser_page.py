"""The lab's page over HTTP: sign-in, protection, events and their content, without a browser."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.browser.sessions import SESSION_LIFETIME_S, TOKEN_LIFETIME_S, OneTimeTokens, Sessions
from tests.lab.browsing import Browser, sign_in_address
from tests.lab.conftest import put_iso
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, run_lab, wait_for

PORT = 9080


def scope(cookie: str = "", method: str = "GET", path: str = "/browser/events", **headers: str) -> dict[str, Any]:
    named = {"cookie": cookie, **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    return {"type": "http", "method": method, "path": path, "headers": pairs, "server": ("127.0.0.1", PORT)}


def test_the_command_prints_an_address_that_signs_in_once(lab: RunningLab) -> None:
    address = run_lab(lab.state, "open", "--no-browser").strip()
    assert address.startswith(f"{lab.control}/browser/enter?token=")

    with Browser(lab) as first, Browser(lab) as second:
        signed_in = first.session.get(address, timeout=30)
        again = second.session.get(address, timeout=30)

        assert (signed_in.status_code, again.status_code) == (200, 401)
        assert "python -m lab open" in again.text
        assert "already used" in again.text
        assert 'content="0; url=/browser/"' in signed_in.text
        assert first.send("GET", "/browser/").text.startswith("<!doctype html>")
        assert second.send("GET", "/browser/").status_code == 401


def test_the_session_is_a_strict_cookie_that_scripts_cannot_read_and_no_control_token(lab: RunningLab) -> None:
    response = requests.get(sign_in_address(lab), timeout=30)
    cookie = response.headers["Set-Cookie"]

    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert lab.env["HW_LAB_TOKEN"] not in cookie + response.text
    assert "set-cookie" not in requests.get(f"{lab.control}/browser/", timeout=30).headers


@pytest.mark.parametrize("token", ["", "?token=", "?token=guessed", "?token=%00%ff"])
def test_an_unknown_address_is_refused_with_a_page_that_explains(lab: RunningLab, token: str) -> None:
    response = requests.get(f"{lab.control}/browser/enter{token}", timeout=30)

    assert (response.status_code, "python -m lab open" in response.text) == (401, True)
    assert response.headers["Content-Type"].startswith("text/html")


def test_tokens_end_by_themselves_and_are_bounded_in_number() -> None:
    time = [0.0]
    tokens = OneTimeTokens(lambda: time[0])
    first, second = tokens.issue(), tokens.issue()
    assert [tokens.redeem(first), tokens.redeem(first), tokens.redeem("x")] == ["ok", "used", "unknown"]
    time[0] = TOKEN_LIFETIME_S
    assert tokens.redeem(second) == "expired"
    for _ in range(1000):
        tokens.issue()
    assert tokens.redeem(second) == "unknown"
    assert len(tokens._ends) < 1000


def test_a_session_ends_by_itself_and_is_bound_to_the_token_and_the_port() -> None:
    time = [1e9]
    sessions = Sessions("control token", lambda: time[0])
    cookie = sessions.cookie(PORT).partition(";")[0]
    assert sessions.is_signed_in(scope(f"other=1; {cookie}"))
    assert Sessions("control token", lambda: time[0]).is_signed_in(scope(cookie)), "a restart keeps the sessions"
    assert not Sessions("another", lambda: time[0]).is_signed_in(scope(cookie))
    elsewhere = {**scope(cookie.replace(str(PORT), "9090")), "server": ("127.0.0.1", 9090)}
    assert not sessions.is_signed_in(elsewhere)
    for changed in (cookie[:-1], cookie.replace("=1", "=2"), cookie.partition("=")[0] + "=", "", "=;;="):
        assert not sessions.is_signed_in(scope(changed)), changed
    time[0] += SESSION_LIFETIME_S
    assert not sessions.is_signed_in(scope(cookie))


def test_a_session_admits_its_own_page_and_the_routes_of_that_alone() -> None:
    sessions = Sessions("control token")
    cookie = sessions.cookie(PORT).partition(";")[0]
    own = "http://127.0.0.1:9080"
    assert sessions.admits(scope(cookie))
    assert sessions.admits(scope(cookie, sec_fetch_site="same-origin"))
    assert sessions.admits(scope(cookie, "POST", "/faults", origin=own))
    assert not sessions.admits(scope(cookie, sec_fetch_site="same-site")), "a page on another port of this machine"
    assert not sessions.admits(scope(cookie, sec_fetch_site="cross-site"))
    assert not sessions.admits(scope(cookie, "POST", "/faults")), "no browser omits the origin of a POST"
    for method, path in (("POST", "/objects"), ("POST", "/browser/tokens"), ("GET", "/settings"), ("GET", "/")):
        assert not sessions.admits(scope(cookie, method, path, origin=own)), path


@pytest.mark.parametrize("path", ["", "enter?token=x", "console.js", "console.css"])
def test_pages_and_files_have_a_strict_policy(lab: RunningLab, path: str) -> None:
    headers = requests.get(f"{lab.control}/browser/{path}", timeout=30).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "img-src")} == {"'self'"}
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_script(browser: Browser) -> None:
    html = browser.send("GET", "/browser/").text
    script, style = (browser.send("GET", f"/browser/console.{kind}").text for kind in ("js", "css"))

    assert re.findall(r"<script[^>]*>", html) == ['<script type="module" src="/browser/console.js">']
    assert "<style" not in html
    assert not re.search(r"\s(?:on\w+|style)=", html)
    assert not re.search(r"https?://", html + script + style)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)
    assert browser.lab.env["HW_LAB_TOKEN"] not in html + script


def test_requests_of_other_pages_and_hosts_are_refused(browser: Browser) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "evil.example"},
    ):
        assert browser.send("GET", "/browser/events", headers=headers).status_code == 403, headers
        assert browser.send("POST", "/faults", headers=headers, json={"kind": "reset"}).status_code == 403, headers
    for site in ("same-site", "cross-site"):
        assert browser.send("GET", "/browser/events", headers={"Sec-Fetch-Site": site}).status_code == 401
    assert browser.send("POST", "/objects", json={}).status_code == 401
    assert browser.lab.call("GET", "/faults") == []


def test_without_a_session_nothing_is_shown(lab: RunningLab) -> None:
    for path in ("events", "requests/1", "thumbnails/x", "screens/x"):
        assert requests.get(f"{lab.control}/browser/{path}", timeout=30).status_code == 401


def test_the_clock_runs_at_the_speed_that_the_page_sets(browser: Browser) -> None:
    try:
        assert browser.send("PUT", "/time-scale", json={"scale": 2500}).json() == {"scale": 2500}
        assert browser.lab.call("GET", "/health")["time_scale"] == 2500
        for scale in (0, -1, 1e9, "fast"):
            assert browser.send("PUT", "/time-scale", json={"scale": scale}).status_code == 422
    finally:
        browser.lab.call("PUT", "/time-scale", {"scale": 1000})


def test_servers_without_a_screen_are_explained(browser: Browser, raw: Raw) -> None:
    steps = Procedure(raw)
    server = steps.server(steps.iso_image())

    assert browser.send("GET", f"/browser/thumbnails/{server}").status_code == 404
    page = browser.send("GET", f"/browser/screens/{server}")
    assert page.status_code == 404
    assert "serial console" in page.text or "is off" in page.text
    assert browser.send("GET", f"/console/{server}?lines=50").text.startswith("booting from")


def test_an_inspection_that_is_not_possible_is_explained(browser: Browser, raw: Raw) -> None:
    steps = Procedure(raw)
    iso = steps.iso_image()
    server = steps.server(iso)
    steps.wait_for_power_off(server)
    golden = steps.capture(steps.data_disk(server))

    for image, why in ((iso, "is an ISO image"), (golden, "simulated servers write no disks")):
        response = browser.send("GET", f"/inspections/{image}")
        assert 400 <= response.status_code < 500
        assert why in response.json()["error"]


def test_a_reset_needs_its_confirmation_and_keeps_ports_keys_and_sessions(tmp_path: Path) -> None:
    lab = RunningLab.start(tmp_path / "state", time_scale=1000)
    try:
        put_iso(lab, tmp_path)
        with Raw(lab) as raw:
            Procedure(raw).iso_image()
        with Browser(lab) as browser:
            browser.sign_in()
            assert browser.send("POST", "/reset", json={"confirm": "yes"}).status_code == 422
            events = browser.events()
            assert next(events)[1]["sections"]["images"] != []
            assert browser.send("POST", "/reset", json={"confirm": "delete everything"}).status_code == 202
            for _ in events:
                pass  # until the connection ends
            full = wait_for_lab(browser)
        assert full["sections"]["images"] == []
        assert full["sections"]["buckets"][0]["objects"] == []
        assert full["about"]["time_scale"] == 1000
        with Raw(lab) as raw:  # the same keys and ports
            assert raw.send("ims", "GET", "/v2/cloudimages").status_code == 200
        lab.restart(time_scale=1000)
        with Browser(lab) as later:
            later.session.cookies.update(browser.session.cookies)
            assert later.send("GET", "/browser/").status_code == 200, "a restart keeps the session"
    finally:
        lab.stop()


def wait_for_lab(browser: Browser) -> Any:
    def attempt() -> Any:
        try:
            return browser.wait_for_event(lambda name, _: name == "full")
        except (requests.ConnectionError, StopIteration):
            return None

    return wait_for(attempt, "the lab's return")
