"""What can go wrong while the ISO is built.

IsoBuildError
    ToolMissing: a program of the build is not installed
    PackagesUnavailable: the distribution's packages cannot be had
    CommandFailed: a program of the build ended with an error
"""


class IsoBuildError(Exception):
    """The ISO was not built; the message says why and what to do."""


class ToolMissing(IsoBuildError):
    """A program that the build calls is not installed."""


class PackagesUnavailable(IsoBuildError):
    """apt cannot name or deliver the packages that the ISO is made of."""


class CommandFailed(IsoBuildError):
    """A program that the build called ended with an error."""
