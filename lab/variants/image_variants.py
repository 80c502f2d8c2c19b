"""Variants of the image service: undocumented behaviour of images."""

from typing import Literal

from pydantic import BaseModel

from lab.variants.variant_field import variant


class ImageVariants(BaseModel):
    """Images, a field per open question."""

    min_disk_bounds: Literal["1-1024", "40-1024", "10-1024"] = variant(
        "1-1024", "accepted min_disk of an image from a file (GiB)", "IMS create: three sources, three ranges"
    )
    equal_image_names: Literal["allowed", "refused"] = variant(
        "allowed",
        "two images with the same name (refused: IMG.0009)",
        "IMS: the code exists, no rule forbids equal names",
    )
    iso_file_names: Literal["any", "strict"] = variant(
        "any",
        "names of ISO files: any, or letters, digits, - and _ only, without folders (else IMG.0057)",
        "IMS user guide: such names only; the code, further dots and folders are not mentioned",
    )
    iso_firmware: Literal["taken", "ignored"] = variant(
        "taken",
        "hw_firmware_type of an image that is created from a file",
        "IMS create: in newer sources only; the older ones set it by PATCH alone",
    )
    iso_with_key: Literal["accepted", "refused"] = variant(
        "accepted",
        "cmk_id for an ISO image (refused: IMG.0167)",
        "IMS: the user guide excludes encrypted ISO images, another client sends it",
    )
    blank_capture: Literal["accepted", "refused"] = variant(
        "accepted",
        "capture of a volume that was never written (refused: the job fails with IMG.0014)",
        "IMS create from a volume: 'no check' that an operating system exists",
    )
    capture_of_detached_volume: Literal["refused", "accepted"] = variant(
        "refused",
        "creation of an image from a volume that no server has",
        "IMS create from a volume: required to be attached by another client alone",
    )
    capture_needs_stopped_server: Literal["no", "yes"] = variant(
        "no",
        "creation of an image from a volume of a server that is not stopped (refused: IMG.0008)",
        "IMS: power state not stated for volumes; the code 'must be stopped' still exists",
    )
    captured_firmware: Literal["inherited", "bios"] = variant(
        "inherited",
        "boot mode of an image that is created from a volume of a server that boots by uefi",
        "IMS create from a volume: not stated",
    )
    captured_min_disk: Literal["volume", "source_image"] = variant(
        "volume",
        "min_disk of an image that is created from a volume: the volume's size, or that of the server's image",
        "IMS create from a volume: the rule is not stated",
    )
    os_on_volume: Literal["as_given", "another"] = variant(
        "as_given",
        "os_version of an image from a volume: the caller's, or another one that the service detected on it",
        "IMS create from a volume: a detected version wins; the condition of a detection is not stated",
    )
    failed_image: Literal["none", "killed"] = variant(
        "none", "entry in the list after a failed image creation", "IMS: not stated"
    )
    image_during_job: Literal["listed", "hidden"] = variant(
        "listed",
        "an image while its job runs: listed as queued and saving, or hidden until it is active",
        "IMS list: names the states, not the first appearance of an image",
    )
    image_during_delete: Literal["active", "deleted"] = variant(
        "active",
        "status of an image between the response to its deletion and its end",
        "IMS delete: 204 precedes the end of the image; the states include deleted, no flow is shown",
    )
    image_delete_in_use: Literal["accepted", "refused"] = variant(
        "accepted",
        "deletion of an ISO image while a server created from it exists (refused: IMG.0090)",
        "IMS delete: effect not stated",
    )
    delete_missing_image: Literal["404", "400"] = variant(
        "404", "response to the deletion of an unknown image", "IMS delete: IMG.0144 is 400, 404 is in the list"
    )
    image_tags_as: Literal["=", "."] = variant(
        "=", "form of a tag in an image's tags list: key=value or key.value", "IMS list: samples have both"
    )
    native_errors: Literal["xml", "json"] = variant(
        "xml", "error bodies of the native image paths", "IMS: XML is in one source only, no sample of it"
    )
    image_error_shape: Literal["wrapped", "flat"] = variant(
        "wrapped",
        "error bodies of the image service: {error: {code, message}} or {error_code, error_msg}",
        "IMS: both shapes are documented",
    )
    format_of_quick_export: Literal["refused", "ignored"] = variant(
        "refused",
        "file_format of a quick export: refused with IMG.0072, or ignored",
        "IMS export: the parameter is mandatory, and forbidden for a quick export",
    )
