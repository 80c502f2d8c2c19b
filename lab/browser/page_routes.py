"""Routes of the page: sign-in, static files, events, bodies of requests, pictures and links of screens."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from lab.browser.event_stream import EventHub, TooManyPages
from lab.browser.live_view import LiveView
from lab.browser.page_texts import HEADERS, not_signed_in, page
from lab.browser.sessions import PAGE, OneTimeTokens, Sessions
from lab.browser.thumbnails import Thumbnails
from lab.files.plain_json import PlainJson
from lab.journal.request_journal import Journal
from lab.machines import screens
from lab.obs import ObjectStore
from lab.variants.faults import Faults
from lab.world.state import World

STATIC = Path(__file__).parent / "static"
FILES = {"console.js": "text/javascript", "console.css": "text/css"}
NOVNC_MISSING = "The browser's side of screens is missing. Install the package novnc and start the lab again."


class BrowserPage:
    """
    The page with everything that it needs, as routes of the control interface.

    Args:
        world: State of the cloud.
        journal: Requests.
        faults: Faults of requests.
        objects: Object store.
        owner_id: Account whose buckets are shown.
        sessions: Sessions of browsers.
        novnc: Folder with the browser's side of screens.
    """

    def __init__(
        self, world: World, journal: Journal, faults: Faults, objects: ObjectStore, owner_id: str,
        sessions: Sessions, novnc: Path,
    ) -> None:  # fmt: skip
        self._world, self._journal, self._sessions, self._novnc = world, journal, sessions, novnc
        view = LiveView(world, journal, faults, objects, owner_id, novnc.is_dir())
        self.hub = EventHub(view.read, view.full, view.news)
        self._tokens = OneTimeTokens()
        self._thumbnails = Thumbnails(lambda server_id: world.drive(world.driver.screenshot, server_id))

    def add_routes(self, app: FastAPI) -> None:
        """Add the routes to the control interface."""
        self._add_sign_in(app)
        self._add_files(app)
        self._add_views(app)
        self._add_screens(app)

    def _add_sign_in(self, app: FastAPI) -> None:
        @app.post(f"{PAGE}tokens", status_code=201)
        async def issue_sign_in() -> dict[str, str]:
            return {"path": f"{PAGE}enter?token={quote(self._tokens.issue())}"}

        @app.get(f"{PAGE}enter")
        async def sign_in(request: Request, token: str = "") -> Response:
            redemption = self._tokens.redeem(token)
            if redemption != "ok":
                # A reloaded sign-in page: the browser that used the token may just go on.
                return _signed_in() if self._sessions.is_signed_in(request.scope) else not_signed_in(redemption)
            response = _signed_in()
            response.headers["Set-Cookie"] = self._sessions.cookie(request.scope["server"][1])
            return response

    def _add_files(self, app: FastAPI) -> None:
        @app.get(PAGE)
        async def show_page(request: Request) -> Response:
            if not self._sessions.is_signed_in(request.scope):
                return not_signed_in("missing")
            return FileResponse(STATIC / "console.html", media_type="text/html", headers=HEADERS)

        for name, media_type in FILES.items():
            app.get(f"{PAGE}{name}", name=name)(_file_route(STATIC / name, media_type))

    def _add_views(self, app: FastAPI) -> None:
        @app.get(f"{PAGE}events")
        async def stream_events() -> Response:
            try:
                events = self.hub.subscribe()
            except TooManyPages:
                return PlainJson({"error": "too many pages are open; close one of them"}, 503)
            return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)

        @app.get(f"{PAGE}requests/{{number}}")
        async def show_request(number: int) -> Response:
            entry = self._journal.entry(number)
            if entry is None:
                return PlainJson({"error": f"request {number} is no longer in the journal"}, 404)
            return PlainJson(entry, headers=HEADERS)

    def _add_screens(self, app: FastAPI) -> None:
        @app.get(f"{PAGE}thumbnails/{{server_id}}")
        async def show_thumbnail(server_id: str) -> Response:
            png = await self._thumbnails.picture(server_id) if self._runs(server_id) else None
            if png is None:
                return PlainJson({"error": "this server shows no screen now"}, 404)
            return Response(png, media_type="image/png", headers=HEADERS)

        @app.get(f"{PAGE}screens/{{server_id}}")
        async def open_screen(server_id: str) -> Response:
            if not self._runs(server_id):
                return page("No screen", "This server is off, or it does not exist any more.", status=404)
            if await self._world.drive(self._world.driver.screen, server_id) is None:
                text = f"The driver {self._world.driver.name} has no screens. The serial console is on the lab's page."
                return page("No screen", text, status=404)
            if not self._novnc.is_dir():
                return page("No screen", NOVNC_MISSING, status=404)
            link = screens.page(server_id, self._world.console_links.issue(server_id))
            return RedirectResponse(link, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

    def _runs(self, server_id: str) -> bool:
        server = self._world.servers.get(server_id)
        return server is not None and server.vm_state == "active"


def _signed_in() -> Response:
    # A page and no redirect, because a browser sends a strict cookie only with a request of this site's own pages.
    return page("Signed in", "The lab's page opens by itself.", target=PAGE)


def _file_route(path: Path, media_type: str) -> Callable[[], FileResponse]:
    def send() -> FileResponse:
        return FileResponse(path, media_type=media_type, headers={**HEADERS, "Cache-Control": "no-cache"})

    return send
