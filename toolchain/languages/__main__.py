"""``python -m toolchain.languages hosts|sdks`` installs the language hosts, or generates the SDKs in .state/sdk."""

import sys

from toolchain.languages import language_hosts, sdk_generation
from toolchain.steps import INTERRUPTED, SetupError, say


def main(what: str) -> int:
    """Install or generate, and return the exit status."""
    try:
        if what == "hosts":
            language_hosts.check_node()
            language_hosts.install()
        else:
            for language in sdk_generation.LANGUAGES:
                say(f"SDK for {language}: {sdk_generation.generate(language)}")
    except (SetupError, OSError) as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
