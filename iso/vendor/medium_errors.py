"""
Errors of the customisation of a vendor's ISO.

IsoBuildError
    MediumRefused: the medium or the answers cannot be used, with the manual procedure
"""

from iso.build_errors import IsoBuildError

BY_HAND = (
    "By hand: open the medium's boot menu on the remote console of the server, add the parameters that the "
    "installer documents, and install onto the data disk; or remaster the ISO with the vendor's own tool."
)
WINDOWS_BY_HAND = (
    "By hand: extract the ISO, put autounattend.xml into its root folder, and write it again with the oscdimg "
    "command of Microsoft's ADK (-m -u2 -udfver102 -bootdata:2#p0,e,b<etfsboot.com>#pEF,e,b<efisys_noprompt.bin>)."
)


class MediumRefused(IsoBuildError):
    """Refusal of a medium or of answers, in one sentence with the reason, and the manual procedure after it."""

    def __init__(self, reason: str, procedure: str = "") -> None:
        super().__init__(f"{reason} {procedure}".rstrip())
