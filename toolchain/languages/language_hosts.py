"""
Pulumi's hosts for programs in YAML, TypeScript and Go, and its generators of SDKs, built from pinned Go modules.

The official distribution has these hosts; they are built only if the CLI in .state/bin was built as well.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from toolchain import go_programs, pulumi_cli
from toolchain.cached_programs import cached
from toolchain.paths import BIN, ROOT, cache_folder
from toolchain.pulumi_distribution import MODULE, SDK
from toolchain.steps import SetupError, reported, say

FOLDER = ROOT / "toolchain" / "languages"
GENERATOR = "generate-sdk"
GO_REMEDY = "install Go (https://go.dev/doc/install) or the official Pulumi CLI, and run again"


@dataclass(frozen=True)
class GoModule:
    """
    Pinned Go module and the programs that it builds.

    Attributes:
        folder: Folder with go.mod and go.sum.
        packages: Package of each program, by the file name of the program.
    """

    folder: Path
    packages: dict[str, str]

    @property
    def digest(self) -> str:
        """Return a text that changes with the module."""
        files = sorted(file for file in self.folder.rglob("*") if file.name in ("go.mod", "go.sum", "main.go"))
        content = b"\0".join(file.read_bytes() for file in files)
        return hashlib.sha256(content + repr(self.packages).encode()).hexdigest()[:16]


HOSTS = (
    GoModule(FOLDER / "yaml", {"pulumi-language-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"}),
    GoModule(
        FOLDER / "nodejs_and_go",
        {
            "pulumi-language-go": f"{SDK}/go/pulumi-language-go",
            "pulumi-language-nodejs": f"{SDK}/nodejs/cmd/pulumi-language-nodejs",
        },
    ),
)
GENERATORS = GoModule(MODULE, {GENERATOR: "./generate_sdk"})


def install() -> None:
    """Put the hosts that the CLI does not have into .state/bin; programs that exist already are not built again."""
    for module in missing_hosts():
        for program in provide(module).iterdir():
            pulumi_cli.put(program, BIN / program.name)


def missing_hosts() -> list[GoModule]:
    """Return the modules of the hosts that the distribution of the CLI in .state/bin does not have."""
    distribution = (BIN / "pulumi").resolve().parent
    if distribution == BIN.resolve():
        return list(HOSTS)
    return [module for module in HOSTS if not all((distribution / name).exists() for name in module.packages)]


def provide(module: GoModule) -> Path:
    """Return the folder in the cache with the programs of a module, which the first call builds."""
    names = ", ".join(module.packages)

    def build(temporary: Path) -> Path:
        go_programs.check_go(module.folder, names, GO_REMEDY)
        say(f"building {names} from Go modules, once")
        with reported(f"{names}: built"):
            go_programs.build(module.folder, module.packages, temporary / "new", f"cannot build {names}")
        return temporary / "new"

    waiting = f"waiting for another set-up that builds {names}"
    return cached(cache_folder() / "languages" / module.digest, waiting, build)


def check_node() -> None:
    """
    Check that Node.js and npm can be run.

    Raises:
        SetupError: One of them is missing.
    """
    missing = [name for name in ("node", "npm") if not shutil.which(name, path=os.environ.get("PATH"))]
    if missing:
        raise SetupError(
            f"TypeScript requires Node.js 20 or newer with npm, but there is no `{missing[0]}` on PATH; "
            "install it (https://nodejs.org) and run again"
        )
