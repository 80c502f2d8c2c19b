"""Replies of a service that several tests let it give."""

from tests.huaweicloud.scripted_server import Reply

OK = Reply(body={"images": []})
BUSY = Reply(503, {"error": {"code": "Common.1503", "message": "Api flow control"}})
BROKEN = Reply(500, {"error_code": "APIGW.0705", "error_msg": "backend"})
RESET = Reply(fault="reset")
