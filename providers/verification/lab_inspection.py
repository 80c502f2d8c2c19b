"""Inspection of an image by the lab, which reads its disk; a cloud offers nothing like it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from huaweicloud.errors import UnexpectedState
from huaweicloud.printable import printable_line
from providers.installation import lab_control
from providers.runtime import process
from providers.verification.guest_wait import TestFailed

if TYPE_CHECKING:
    from huaweicloud.ecs import Server
    from huaweicloud.ims import Image

IGNORED = "verify.inspection is ignored: only the lab inspects images, so the image is judged by its server alone"
MAX_SHOWN = 3
TIMEOUT_S = 300.0
MAX_BYTES = 16 << 20


def require_no_errors(image: Image, server: Server) -> None:
    """
    Require that the lab finds no errors in an image; outside of the lab, only report that nothing inspects it.

    Raises:
        TestFailed: It has found some.
        UnexpectedState: The lab cannot inspect the image.
    """
    if not lab_control.is_lab():
        process.log(IGNORED, "warning")
        return
    found = _inspected(image.id)
    if not isinstance(found.get("findings"), list):
        reason = printable_line(str(found.get("error") or "the lab does not respond"))
        raise UnexpectedState(
            f"the image cannot be inspected: {reason}; the server of its test is kept",
            hint="remove verify.inspection, or use a lab with virtual machines; then run `pulumi up` to continue",
        )
    errors = [_sentence(finding) for finding in found["findings"] if finding.get("severity") == "error"]
    if errors:
        more = f"; and {len(errors) - MAX_SHOWN} more" if len(errors) > MAX_SHOWN else ""
        raise TestFailed(f"the inspection of its disk found: {'; '.join(errors[:MAX_SHOWN])}{more}", server)


def _inspected(image_id: str) -> dict[str, Any]:
    """Return the result of the lab's inspection, or the error that it reports; empty if it does not respond."""
    try:
        _, content = lab_control.get(f"/inspections/{image_id}", TIMEOUT_S, MAX_BYTES)
        found = json.loads(content)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sentence(finding: dict[str, Any]) -> str:
    return printable_line(f"{finding.get('finding', '')} {finding.get('fix', '')}".strip().rstrip("."))
