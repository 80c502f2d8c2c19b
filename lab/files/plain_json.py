"""JSON that a terminal can show."""

import json
from typing import Any

from fastapi.responses import JSONResponse


class PlainJson(JSONResponse):
    """JSON response in printable ASCII, which changes no terminal, however it is fetched."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f").encode()
