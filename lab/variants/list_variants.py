"""Variants of lists: undocumented delays and conditions."""

from typing import Literal

from pydantic import BaseModel

from lab.variants.variant_field import variant


class ListVariants(BaseModel):
    """Lists, a field per open question."""

    lists_lag: Literal["no", "yes"] = variant(
        "no", "new images, servers and volumes that appear late in lists", "IMS, ECS, EVS lists: delay not stated"
    )
    tags_show: Literal["at_once", "late"] = variant(
        "at_once",
        "tags given at creation: visible at once, or a while after the job's end",
        "ECS create: the time when server_tags appear in the list is not stated",
    )
    page_info: Literal["absent", "present"] = variant(
        "absent", "page_info.next_marker in the image list", "IMS list: in the SDK model, not in the API reference"
    )
    lists_need_enterprise_project: Literal["no", "yes"] = variant(
        "no",
        "lists for a user whose rights come from an enterprise project only: refused (Pdp.0001) unless they name one",
        "IMS, ECS, EVS, VPC lists: enterprise_project_id is optional; subnets alone state when vpc_id is required",
    )
