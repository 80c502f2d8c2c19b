"""
Service that keeps the key of the test stacks, by the interface of HashiCorp Vault that the CLI speaks.

The CLI derives the key of a passphrase by a million rounds, a quarter of what a preview computes.
"""

import functools
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PROVIDER = "hashivault://tests"
PREFIX = "vault:v1:"


class _Handler(BaseHTTPRequestHandler):
    """Interface that encrypts and decrypts keys (Vault API, transit secrets engine); these keys protect nothing."""

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        encrypted = {"ciphertext": PREFIX + body["plaintext"]} if "plaintext" in body else {}
        decrypted = {"plaintext": body["ciphertext"].removeprefix(PREFIX)} if "ciphertext" in body else {}
        content = json.dumps({"data": {**encrypted, **decrypted}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@functools.cache
def variables() -> dict[str, str]:
    """Return the variables by which the CLI finds the service, which the first call starts in this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return {"VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}", "VAULT_SERVER_TOKEN": "a token"}
