"""Small pages of the browser's sign-in and of screens that cannot be shown, and the headers of all pages."""

from html import escape

from starlette.responses import HTMLResponse

from lab.commands.command_name import COMMAND

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HINT = f"Run `{COMMAND} open` on the lab's machine, with the lab's --state, and open the address that it prints."
REFUSED = {
    "used": "This address was already used. Each address signs in once.",
    "expired": "This address has expired. An address works for five minutes.",
    "unknown": "This address is not known. The lab forgets unused addresses when it restarts.",
    "missing": "This browser is not signed in, or its session has ended.",
}


def page(title: str, *paragraphs: str, status: int = 200, target: str = "") -> HTMLResponse:
    """
    Return a page of plain paragraphs.

    Args:
        title: Heading.
        paragraphs: Texts, which may be of any origin.
        status: Status of the response.
        target: Path that the browser continues to by itself.
    """
    refresh = f'<meta http-equiv="refresh" content="0; url={escape(target)}">' if target else ""
    link = f'<p><a href="{escape(target)}">Continue</a></p>' if target else ""
    texts = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{refresh}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/browser/console.css"></head>'
        f'<body class="plain"><main><h1>{escape(title)}</h1>{texts}{link}</main></body></html>'
    )
    return HTMLResponse(body, status, HEADERS)


def not_signed_in(reason: str) -> HTMLResponse:
    """Return the page for a browser without a session; ``reason`` is a key of REFUSED."""
    return page("Not signed in", REFUSED[reason], HINT, status=401)
