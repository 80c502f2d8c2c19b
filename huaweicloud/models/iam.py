"""Identity and Access Management: models of the responses."""

from datetime import datetime

from pydantic import SecretStr

from huaweicloud.service import ResponseModel


class Account(ResponseModel):
    """An account, which IAM calls a domain."""

    id: str
    name: str = ""


class Project(ResponseModel):
    """A project, the owner of a region's resources; its account has two spellings."""

    id: str
    name: str = ""
    domain: Account | None = None
    domain_id: str = ""

    @property
    def account_id(self) -> str:
        """Return the id of the project's account, or "" if it is not known."""
        return self.domain.id if self.domain else self.domain_id

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.name else self.id


class Role(ResponseModel):
    """A role of a user, by its name."""

    name: str


class Token(ResponseModel):
    """A token, valid for 24 hours unless the cloud reports another expiry."""

    value: SecretStr
    issued_at: datetime
    expires_at: datetime
    project: Project | None = None
    roles: list[Role] = []

    @property
    def lifetime_s(self) -> float:
        """Return the seconds from issue to expiry."""
        return (self.expires_at - self.issued_at).total_seconds()


class TemporaryKey(ResponseModel):
    """A temporary access key with its security token."""

    access: str
    secret: str
    securitytoken: str
    expires_at: datetime
