"""Checks of the ISO file: existence, format, size, storage class and boot mode."""

from collections.abc import Iterator

from config import wording
from config.builds.checked_build import Build
from config.iso_file.iso_names import shown_location
from config.problems import Finding
from preflight.checked_stack import Check, Stack
from preflight.checks import answers_check, iso_upload_check
from preflight.media.iso_files import MAX_SIZE_GIB, IsoFile


def checks(stack: Stack) -> list[Check]:
    """Return one check for each bucket and each ISO file, however many builds use it."""
    files: dict[str, list[Build]] = {}
    buckets: dict[str, list[Build]] = {}
    uploads: dict[tuple[str, str], list[Build]] = {}
    for build in stack.builds:
        if build.iso is not None:
            uploads.setdefault((build.iso, build.image_url), []).append(build)
            continue
        files.setdefault(build.image_url, []).append(build)
        buckets.setdefault(build.location.bucket, []).append(build)
    return [
        *(_bucket_check(stack, bucket, users) for bucket, users in buckets.items()),
        *(_file_check(stack, url, users) for url, users in files.items()),
        *(_upload_check(stack, iso, users) for (iso, _), users in uploads.items()),
    ]


def _bucket_check(stack: Stack, bucket: str, users: list[Build]) -> Check:
    def evaluate() -> Iterator[Finding]:
        region = stack.catalog.bucket_region(bucket)
        if region not in (None, "", stack.region):
            reason = f"is in a bucket of region {region}, which the image service of {stack.region} cannot read"
            remedy = f"copy the file to a bucket in {stack.region}, or build in {region}"
            yield from (_finding(build, reason, remedy) for build in users)

    return Check(f"bucket {bucket}", "obs:bucket:GetBucketLocation", evaluate)


def _file_check(stack: Stack, url: str, users: list[Build]) -> Check:
    def evaluate() -> Iterator[Finding]:
        first = users[0]
        if stack.catalog.bucket_region(first.location.bucket) is None:
            remedy = "create the bucket and upload the file, or correct image_url (<bucket>:<object>)"
            reason = f"does not exist: there is no bucket {first.location.bucket!r}"
            yield from (_finding(build, reason, remedy) for build in users)
            return
        found = stack.catalog.iso_file(first.location.bucket, first.location.key)
        for build in users:
            yield from _problems(build, found)

    return Check(f"ISO file {url}", "obs:object:GetObject", evaluate, build_needs_it=True)


def _upload_check(stack: Stack, iso: str, users: list[Build]) -> Check:
    def evaluate() -> Iterator[Finding]:
        first = users[0]
        sha256 = first.iso_sha256 or ""
        found = list(
            iso_upload_check.problems(
                stack.catalog,
                iso,
                first.location,
                sha256,
                creates_bucket=any(user.create_iso_bucket for user in users),
                answers=first.answers,
            )
        )
        for problem in found:
            value = iso if problem.setting == "iso" else None
            for build in users:
                yield Finding("error", build.key(problem.setting), value, problem.reason, problem.remedy)
        for warning in answers_check.warnings(first.answers) if first.answers else ():
            yield from (Finding("warning", build.key("answers"), None, warning) for build in users)
        file = None if found else iso_upload_check.medium(stack.catalog, iso, first.location)
        for build in users if file else ():
            yield from _problems(build, file)

    return Check(f"upload of {iso}", "obs:object:PutObject", evaluate, build_needs_it=True)


def _problems(build: Build, found: IsoFile | None) -> Iterator[Finding]:
    if found is None:
        remedy = "upload it, or correct image_url (<bucket>:<object>)"
        reason = f"does not exist: bucket {build.location.bucket!r} has no object {build.location.key!r}"
        yield _finding(build, reason, remedy)
        return
    if found.size_bytes > MAX_SIZE_GIB * 1024**3:
        reason = f"has {wording.size(found.size_bytes)}, but the image service accepts at most {MAX_SIZE_GIB} GiB"
        yield _finding(build, reason, "use a smaller ISO file, for example a network installer")
    if found.storage_class != "STANDARD":
        reason = f"has storage class {found.storage_class}, but the image service reads Standard only"
        yield _finding(build, reason, "restore the object to the Standard storage class")
    if found.damage:
        yield _finding(build, found.damage, "upload the ISO file itself, complete and unpacked")
        return
    yield from _boot_problems(build, found)
    if found.disc and found.disc.gpt_bytes > found.size_bytes:
        # Its file systems are complete, and a server that boots it as a disc needs nothing else.
        reason = f"has the partition table of a larger file: {wording.share(found.size_bytes, found.disc.gpt_bytes)}"
        yield Finding(
            "warning",
            build.key(_setting(build)),
            _shown(build),
            reason,
            "compare its size with the original",
        )


def _boot_problems(build: Build, found: IsoFile) -> Iterator[Finding]:
    boots = found.disc.boots if found.disc else ()
    if not boots:
        yield _finding(build, _unbootable(found), "use a bootable installation ISO")
    elif build.firmware not in boots:
        other, file = " or ".join(boots), _shown(build)
        reason = f"does not match {file}, which boots with {other} only"
        if not build.hw_firmware_type:
            reason = f"is not set, so that {build.firmware} applies, but {file} boots with {other} only"
        yield Finding(
            "error",
            build.key("hw_firmware_type"),
            build.hw_firmware_type,
            reason,
            f"set hw_firmware_type to {other}, or use another ISO file",
        )


def _unbootable(found: IsoFile) -> str:
    if found.disc and found.disc.formats == ("UDF",):
        return "is a UDF medium without ISO 9660 and boot record, so that a server finds nothing to boot"
    return "has no boot record, so that a server finds nothing to boot"


def _finding(build: Build, reason: str, remedy: str) -> Finding:
    return Finding("error", build.key(_setting(build)), _shown(build), reason, remedy)


def _setting(build: Build) -> str:
    """Return the setting that names the ISO file."""
    return "image_url" if build.iso is None else "iso"


def _shown(build: Build) -> str:
    return shown_location(build.image_url) if build.iso is None else build.iso
