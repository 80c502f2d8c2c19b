"""Access control lists and tags of objects, over HTTP: the subresources `acl` and `tagging`."""

import asyncio
from dataclasses import replace

from starlette.responses import Response

from lab.obs.http.object_headers import checked_tags
from lab.obs.http.object_routes import find_object
from lab.obs.http.obs_errors import ObsError
from lab.obs.http.request_body import read_body
from lab.obs.http.responses import document
from lab.obs.http.store_request import OBS, ObsRequest
from lab.obs.http.xml_documents import Content, Element, read_document
from lab.obs.signatures.signature_check import Caller
from lab.obs.storage.bucket_store import ObjectStore
from lab.obs.storage.store_records import Description, ObjectInfo

PUBLIC = {"private": (), "public-read": ("READ",), "public-read-write": ("READ", "WRITE")}
"""Rights of everyone under the canned lists that the lab keeps."""
OWNERS_ONLY = ("authenticated-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write")
"""Canned lists that grant nothing in a store whose buckets all belong to the object's owner."""
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"


class ObjectProperties:
    """
    Operations of the subresources of objects.

    Args:
        store: Store of the objects.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def get_acl(self, request: ObsRequest, caller: Caller) -> Response:
        info = find_object(self._store, request.bucket, request.key)
        return Response(_acl_document(request, caller.owner_id, info.description.acl), media_type="application/xml")

    async def put_acl(self, request: ObsRequest, caller: Caller) -> Response:
        """
        Keep what everyone may do.

        Grants to single accounts are accepted and not kept. Anonymous requests stay refused whatever a list says.
        """
        info = find_object(self._store, request.bucket, request.key)
        body = await read_body(request, caller.payload)
        word = request.service_header("acl")
        if word is None:
            acl = _acl_of(read_document(body, "AccessControlPolicy"))
        elif word in PUBLIC or word in OWNERS_ONLY:
            acl = word if word in PUBLIC else "private"
        else:
            raise ObsError("InvalidArgument", "The canned access control list is not valid.")
        await self._describe(info, replace(info.description, acl=acl))
        return Response()

    async def get_tags(self, request: ObsRequest, caller: Caller) -> Response:
        info = find_object(self._store, request.bucket, request.key)
        tags: list[tuple[str, Content]] = [
            ("Tag", [("Key", key), ("Value", value)]) for key, value in info.description.tags.items()
        ]
        return document(request, "Tagging", [("TagSet", tags)])

    async def put_tags(self, request: ObsRequest, caller: Caller) -> Response:
        info = find_object(self._store, request.bucket, request.key)
        order = read_document(await read_body(request, caller.payload), "Tagging")
        pairs = [
            (tag.find_text("Key"), tag.find_text("Value"))
            for tag_set in order.find_all("TagSet")
            for tag in tag_set.find_all("Tag")
        ]
        await self._describe(info, replace(info.description, tags=checked_tags(pairs)))
        return Response(status_code=200)

    async def delete_tags(self, request: ObsRequest, caller: Caller) -> Response:
        info = find_object(self._store, request.bucket, request.key)
        await self._describe(info, replace(info.description, tags={}))
        return Response(status_code=204)

    async def _describe(self, info: ObjectInfo, description: Description) -> None:
        await asyncio.to_thread(self._store.describe, info.bucket, info.key, description)


def _acl_of(policy: Element) -> str:
    """Return the canned list that grants everyone the same as a policy does."""
    rights: set[str] = set()
    for grants in policy.find_all("AccessControlList"):
        for grant in grants.find_all("Grant"):
            for grantee in grant.find_all("Grantee"):
                named = [child.text.strip() for child in grantee.children]
                if "Everyone" in named or _EVERYONE in named:
                    rights.add(grant.find_text("Permission").strip())
    if "WRITE" in rights or "FULL_CONTROL" in rights:
        return "public-read-write"
    return "public-read" if "READ" in rights else "private"


def _acl_document(request: ObsRequest, owner_id: str, acl: str) -> bytes:
    """Return a policy; its form in S3 has an attribute, so it is written here."""
    is_obs = request.dialect is OBS
    kind = "" if is_obs else f' xmlns:xsi="{_INSTANCE}" xsi:type="CanonicalUser"'
    group = f' xmlns:xsi="{_INSTANCE}" xsi:type="Group"'
    name = "" if is_obs else f"<DisplayName>{owner_id}</DisplayName>"
    everyone = "<Grantee><Canned>Everyone</Canned></Grantee>"
    if not is_obs:
        everyone = f"<Grantee{group}><URI>{_EVERYONE}</URI></Grantee>"
    own = f"<Grantee{kind}><ID>{owner_id}</ID>{name}</Grantee>"
    pairs = [(own, "FULL_CONTROL"), *((everyone, right) for right in PUBLIC[acl])]
    grants = "".join(f"<Grant>{who}<Permission>{right}</Permission></Grant>" for who, right in pairs)
    delivered = "<Delivered>false</Delivered>" if is_obs else ""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<AccessControlPolicy xmlns="{request.dialect.namespace}"><Owner><ID>{owner_id}</ID>{name}</Owner>'
        f"{delivered}<AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
    ).encode()
