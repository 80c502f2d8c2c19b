"""
Statements of the provenance of a stack's images, compared with the tags of the images in the cloud (`make provenance`).

The standard output has a statement in each line, in the bytes that its digest is of. The standard error has a verdict
for each image. The identity of an image, whose digest is the statement's subject, can be written into a file.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.console import state_of
from commands.environment import LAB_STACK, lab_settings, pulumi_environment
from commands.state import exported_stack
from commands.state.exported_stack import NoState, Recorded
from config.constraints import PROVENANCE_KEY
from config.resource_types import CAPTURED_IMAGE, IMAGE_VERIFICATION
from config.sign_in import connection
from config.stack_file import NoConfiguration, find_file, read
from huaweicloud.errors import CloudError
from huaweicloud.printable import printable
from providers.provenance import statement
from toolchain.paths import ROOT
from toolchain.steps import INTERRUPTED, SetupError

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

COMMAND = "provenance"
Connect = Callable[[str], "Cloud"]


@dataclass(frozen=True)
class Provenance:
    """
    Provenance of the image of a build.

    Attributes:
        build: Name of the build.
        region: Region of the image, as the stack names it.
        image_id: Id of the image.
        text: Statement; "" if the state has none.
    """

    build: str
    region: str
    image_id: str
    text: str


def provenance_in(resources: Iterable[Recorded]) -> list[Provenance]:
    """Return the provenance of the images of a stack, by build; a test completes the statement of its image."""
    present = [resource for resource in resources if not resource.is_replaced]
    tests = {test.outputs.get("image_id"): test.outputs for test in present if test.kind == IMAGE_VERIFICATION}
    found = []
    for image in present:
        if image.kind == CAPTURED_IMAGE:
            text = tests.get(image.id, {}).get("provenance") or image.outputs.get("provenance")
            known = text if isinstance(text, str) else ""
            found.append(Provenance(image.name, str(image.outputs.get("region")), image.id, known))
    return sorted(found, key=lambda each: each.build)


def problem_of(each: Provenance, connect: Connect) -> str:
    """Return the reason for which a statement is not that of its image in the cloud; "" if it is."""
    if not each.text:
        return "its state has no statement: an earlier version has built it, or the stack has returned to it"
    cloud = connect(each.region)
    image = cloud.ims.get_image(each.image_id)
    if image is None:
        return f"image {each.image_id} does not exist"
    subject = _subject(each.text)
    if subject != statement.sha256_of(statement.identity(each.image_id, cloud.region)):
        return f"the statement is not about image {each.image_id} of {cloud.region}"
    digest, tag = statement.sha256_of(each.text), image.tags.get(PROVENANCE_KEY)
    if tag is None:
        return f"image {each.image_id} has no tag {PROVENANCE_KEY}; run `pulumi up --refresh`, unless it has ten others"
    if statement.digest_of_tag(tag) != digest:
        return f"the tag {PROVENANCE_KEY} of image {each.image_id} is {tag}, that of the statement is " + (
            statement.tag_value(digest)
        )
    return ""


def _subject(text: str) -> str:
    """Return the digest of the subject of a statement; "" if the text is none."""
    try:
        found: Any = json.loads(text)["subject"][0]["digest"]["sha256"]
    except (ValueError, LookupError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def show(chosen: Iterable[Provenance], connect: Connect) -> int:
    """Print the statements and the verdicts, and return the exit status."""
    status = 0
    for each in chosen:
        if each.text:
            print(each.text)
        reason = problem_of(each, connect)
        status = 1 if reason else status
        digest = statement.sha256_of(each.text)
        verdict = reason or f"image {each.image_id} has the tag of this statement, sha256 {digest}"
        print(printable(f"{COMMAND}: {each.build}: {verdict}"), file=sys.stderr)
    return status


def _write_files(chosen: list[Provenance], connect: Connect, output: Path | None, identity: Path | None) -> None:
    """Write the statement and the identity of the only image into files, without a line break at the end."""
    if (output or identity) and len(chosen) != 1:
        raise SetupError(f"--output and --identity take one build, and {len(chosen)} have an image; name it by --build")
    if output and not chosen[0].text:
        raise SetupError(f"the build {chosen[0].build} has no statement to write")
    if output:
        output.write_text(chosen[0].text, encoding="utf-8")
    if identity:
        region = connect(chosen[0].region).region
        identity.write_text(statement.identity(chosen[0].image_id, region), encoding="utf-8")


def _of_stack(stack: str) -> tuple[list[Provenance], Connect]:
    of_lab = lab_settings() if stack == LAB_STACK else {}
    environment = {**pulumi_environment(stack, os.environ), **of_lab}
    found = provenance_in(state_of(stack, environment))
    sign_in = read(find_file(ROOT, stack), environment).settings.sign_in if found else {}
    return found, lambda region: connection.connect(region, sign_in, environment)


def _of_file(file: Path) -> tuple[list[Provenance], Connect]:
    own = os.environ.get("HW_REGION_NAME")
    found = provenance_in(exported_stack.read(file))
    return found, lambda region: connection.connect(region, {"region": own or region}, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m commands.{COMMAND}", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument("--state", type=Path, metavar="FILE", help="output of `pulumi stack export` of any program")
    parser.add_argument("--build", default=os.environ.get("BUILD"), help="only this build (default: BUILD)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the statement of one build to a file")
    parser.add_argument("--identity", type=Path, metavar="FILE", help="write the identity of its image to a file")
    return parser


def main() -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args()
    try:
        found, connect = _of_file(options.state) if options.state else _of_stack(options.stack)
        chosen = [each for each in found if options.build in (None, "", each.build)]
        if not chosen:
            raise SetupError(f"there is no image{f' of a build {options.build}' if options.build else ''} in the state")
        _write_files(chosen, connect, options.output, options.identity)
        return show(chosen, connect)
    except (SetupError, NoConfiguration, NoState, CloudError, OSError) as error:
        print(printable(f"{COMMAND}: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
