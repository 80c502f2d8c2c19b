"""ISO file as the stack has recorded it, compared with the object in the store before and after an import."""

from typing import NamedTuple

from config.iso_file.iso_content import IsoContent, describe_change
from config.iso_file.iso_location import IsoObject
from huaweicloud.errors import Cancelled, PermissionDenied, UnexpectedState
from providers import lookups
from providers.runtime import clients

FRESH_S = 10.0
"""Age of a look-up in seconds that saves the request before the import; the request after it is the proof."""


class IsoSource(NamedTuple):
    """
    ISO file in the object store.

    Attributes:
        region: Region as the stack names it.
        image_url: Location of the file, <bucket>:<object>.
        content: Content that the file must have; None if none was recorded.
    """

    region: str
    image_url: str
    content: IsoContent | None

    @property
    def place(self) -> IsoObject:
        """Return the bucket and the name of the object."""
        return IsoObject.parse(self.image_url)

    def require_unchanged(self, *, imported: bool = False) -> None:
        """
        Compare the object with the recorded content (OBS HEAD).

        Args:
            imported: True after the import, when it is no problem if the object is gone.

        Raises:
            UnexpectedState: The object is another one or, before the import, gone.
            Cancelled: The user cancelled the run.
        """
        if self.content is None or (
            not imported and lookups.catalog(self.region).iso_object_age_s(*self.place) < FRESH_S
        ):
            return
        try:
            present = clients.cloud(self.region).obs.head_object(*self.place)
        except Cancelled:
            raise
        except PermissionDenied as error:
            lookups.warn_once(f"could not check if {self.image_url} has changed: {error}")
            return
        if present is not None:
            self._compare(IsoContent.of_object(present), imported)
        elif imported:
            lookups.warn_once(f"could not check if {self.image_url} has changed: it is gone since its import")
        else:
            raise UnexpectedState(f"{self.image_url} is gone; nothing was imported", hint="upload the file again")

    def _compare(self, present: IsoContent, imported: bool) -> None:
        if self.content is None or present.is_same_object(self.content):
            return
        outcome = "its image is deleted" if imported else "nothing was imported"
        change = describe_change(self.image_url, self.content, present)
        raise UnexpectedState(
            f"{change}; this run has checked the former file, {outcome}",
            hint="run `pulumi up` again, which builds from the present file",
        )
