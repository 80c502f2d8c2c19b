"""
Errors of the ISO's build.

IsoBuildError
    ToolMissing: a program of the build is not installed
    PackagesUnavailable: the distribution's packages are not available
    CommandFailed: a program of the build ended with an error
"""


class IsoBuildError(Exception):
    """Failure of the ISO's build, with the reason and the remedy in its message."""


class ToolMissing(IsoBuildError):
    """Report of a program that the build calls and that is not installed."""


class PackagesUnavailable(IsoBuildError):
    """Report that apt cannot name or deliver the packages of the ISO."""


class CommandFailed(IsoBuildError):
    """Failure of a program that the build called."""
