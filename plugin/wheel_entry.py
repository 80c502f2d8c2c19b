"""
Entry of the provider from its wheel, which is the package `pulumi_resource_huaweicloud_image` there.

The wheel has the folders of the project inside that package, so that no package of such a common name as `config` gets
into the user's environment. The provider is a process of its own: it finds them there first.
"""

import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
POLICY_PACK = "--policy-pack"
"""Argument of a user, who needs the folder of the policy pack for the CLI's option of that name."""


def main() -> None:
    """Serve the engine, whose address is the argument of this process, or print the folder of the policy pack."""
    if sys.argv[1:] == [POLICY_PACK]:
        print(FOLDER / "policy")
        return
    sys.path.insert(0, str(FOLDER))
    from config.cache_folder import cache_folder
    from plugin.server import main
    from providers.installation.diagnostic_files import SETTING

    os.environ.setdefault(SETTING, str(cache_folder() / "diagnostics"))  # there is no clone that they could be in
    main(sys.argv[1:])
