"""The gateway's limit on requests, and the flow limit of the server service."""

import time
from collections import defaultdict, deque

from lab.settings import Throttle


class Throttling:
    """Counter of each user's requests in a sliding window of real time."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def is_over(self, service: str, user_id: str, limits: Throttle) -> bool:
        """Count a request, and return True if it is over the limit."""
        if not limits.limit:
            return False
        now, recent = time.monotonic(), self._recent[service, user_id]
        while recent and recent[0] <= now - limits.period_s:
            recent.popleft()
        if len(recent) >= limits.limit:
            return True
        recent.append(now)
        return False


def throttled_message(limits: Throttle) -> str:
    """Return the documented text of APIGW.0308."""
    period = f"{limits.period_s:g} second" if limits.period_s < 60 else f"{limits.period_s / 60:g} minute"
    return f"The throttling threshold has been reached: policy user over ratelimit,limit:{limits.limit},time:{period}"
