"""Errors of the service: code, HTTP status and message (OBS API Reference, "Error Codes")."""

from collections.abc import Mapping
from http import HTTPStatus

# Codes that the OBS table lacks and that only S3 documents are marked.
_ERRORS: Mapping[str, tuple[int, str]] = {
    "AccessDenied": (403, "Access Denied"),
    "BadDigest": (400, "The Content-MD5 or checksum you specified did not match what was received."),
    "BucketAlreadyExists": (409, "The requested bucket name is not available."),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed object size."),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed object size."),
    "IncompleteBody": (400, "The request body terminated unexpectedly."),
    "InsufficientStorageSpace": (403, "There is not enough space left to store the object."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (403, "The access key id or security token you provided does not exist."),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidBucketName": (400, "The specified bucket name is not valid."),
    "InvalidDefaultStorageClass": (400, "The default storage class is invalid."),
    "InvalidLocationConstraint": (400, "The specified location constraint is not valid."),
    "InvalidObjectState": (403, "The operation is not valid for the object's storage class."),
    "InvalidPart": (400, "One or more of the specified parts could not be found or has another ETag."),
    "InvalidPartOrder": (400, "The list of parts was not in ascending order."),
    "InvalidRange": (416, "The requested range cannot be satisfied."),
    "InvalidRequest": (400, "Invalid Request"),
    "KeyTooLongError": (400, "Your key is too long."),
    "MalformedXML": (400, "The XML you provided was not well-formed or did not validate."),
    "MaxMessageLengthExceeded": (400, "Your request was too big."),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size."),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "MissingRequiredHeader": (400, "A required header is missing."),
    "NoSuchBucket": (404, "The specified bucket does not exist."),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchUpload": (404, "The specified upload does not exist."),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold."),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the current time is too large."),
    "RequestTimeout": (408, "Your socket connection to the server was not read from or written to in time."),
    "ServiceNotImplemented": (501, "The request method is not implemented by the server."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the one you provided."),
    "TooManyBuckets": (400, "You have attempted to create more buckets than allowed."),
    "XAmzContentSHA256Mismatch": (400, "The provided x-amz-content-sha256 does not match the body."),  # S3 only
}


class ObsError(Exception):
    """
    Refusal that the service documents.

    Args:
        code: Error code of the OBS (or S3) error table.
        message: Message instead of the table's sentence.
        details: More elements of the error document, for example ``Condition``.
    """

    def __init__(self, code: str, message: str | None = None, **details: str) -> None:
        self.code = code
        self.status, default_message = _ERRORS[code]
        self.message = message or default_message
        self.details = details
        super().__init__(f"{self.message} ({code}, HTTP {self.status} {HTTPStatus(self.status).phrase})")
