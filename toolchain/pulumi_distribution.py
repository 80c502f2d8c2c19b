"""
Pulumi CLI of the pinned version, from the official installer or built from its Go modules.

It is kept in the cache folder, so that a second clone neither downloads nor builds it.
"""

import platform
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from toolchain import go_programs
from toolchain.cached_programs import cached
from toolchain.paths import PYTHON, ROOT, cache_folder
from toolchain.steps import SetupError, reported, run, say

MODULE = ROOT / "toolchain" / "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
SDK_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
PROBE_TIMEOUT_S = 4.0
HOW_TO_INSTALL = "install the Pulumi CLI yourself (https://www.pulumi.com/docs/install/) and run again"


def pinned_version() -> str:
    """Return the version that toolchain/pulumi/go.mod requires, such as `3.259.0`."""
    found = re.search(rf"^\s*{re.escape(SDK)} v(\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise SetupError(f"toolchain/pulumi/go.mod does not require {SDK}")
    return found.group(1)


def provide() -> Path:
    """Return the folder in the cache with the CLI, which the first call creates, one process at a time."""
    version = pinned_version()
    waiting = "waiting for another set-up that provides the Pulumi CLI"
    return cached(cache_folder() / "pulumi" / version, waiting, lambda temporary: _create(version, temporary))


def _create(version: str, temporary: Path) -> Path:
    refusal = refusal_of_download(version)
    if not refusal:
        try:
            with reported(f"the Pulumi CLI {version} is downloaded by the official installer"):
                download(version, temporary)
            return temporary / "bin"
        except SetupError as error:
            refusal = str(error)
    say(f"the official Pulumi CLI cannot be downloaded ({refusal})")
    with reported(f"the Pulumi CLI {version} is built"):
        build(version, temporary / "new")
    return temporary / "new"


def refusal_of_download(version: str) -> str | None:
    """Return the reason why the official download is unavailable, within a few seconds; None if it is available."""
    system = platform.system().lower()
    architecture = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    url = f"https://get.pulumi.com/releases/sdk/pulumi-v{version}-{system}-{architecture}.tar.gz"
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_TIMEOUT_S):  # noqa: S310 - with a fixed scheme
            return None
    except urllib.error.URLError as error:
        return str(error.reason)
    except OSError as error:
        return str(error)


def download(version: str, root: Path) -> None:
    """Install the CLI into `root`/bin with the official installer of the SDK."""
    program = (
        "import sys; from pulumi.automation import PulumiCommand; from semver import VersionInfo; "
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))"
    )
    run([PYTHON, "-c", program, root, version], "the official installer failed", timeout_s=600)


def build(version: str, folder: Path) -> None:
    """Build the CLI from its Go modules into `folder`, with the two scripts of the SDK beside it."""
    check_go()
    say("building it from its Go modules, which takes about 5 minutes on 2 cores, once")
    stamp = f"-X {SDK}/go/common/version.Version=v{version}"
    failure = f"cannot build the Pulumi CLI; {HOW_TO_INSTALL}"
    variables = go_programs.build(MODULE, {"pulumi": PACKAGE}, folder, failure, stamp)
    where = ["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK]
    sdk = run(where, failure, cwd=MODULE, variables=variables).strip()
    for script in SDK_SCRIPTS:
        copy = folder / Path(script).name
        shutil.copyfile(Path(sdk, script), copy)
        copy.chmod(0o755)
    if "GOMODCACHE" in variables:
        run(["go", "clean", "-modcache"], failure, cwd=MODULE, variables=variables)  # 1.2 GB, read-only
    if "GOCACHE" in variables:
        shutil.rmtree(variables["GOCACHE"])


def check_go() -> None:
    """
    Check that Go can build the module.

    Raises:
        SetupError: There is no Go, or it is too old and may not download a newer one by itself.
    """
    if not shutil.which("go"):
        raise SetupError(f"neither a Pulumi CLI nor Go to build one was found; {HOW_TO_INSTALL}")
    go_programs.check_go(MODULE, "the Pulumi CLI", HOW_TO_INSTALL)
