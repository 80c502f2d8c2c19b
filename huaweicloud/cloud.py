"""Client of one region of the cloud for one account."""

import threading
from datetime import datetime

from huaweicloud.auth.authentication import Identity
from huaweicloud.auth.credentials import Credentials
from huaweicloud.ecs import Ecs
from huaweicloud.endpoints import Endpoints
from huaweicloud.errors import (
    CloudError,
    ConfigurationError,
    InvalidSetting,
    Unreachable,
)
from huaweicloud.evs import Evs
from huaweicloud.iam import Iam, Project
from huaweicloud.ims import Ims
from huaweicloud.ims_copies import ImsCopies
from huaweicloud.obs import Obs
from huaweicloud.obs_listing import ObsListing
from huaweicloud.obs_uploads import ObsUploads
from huaweicloud.service import EnterpriseProjects, ProjectAccess
from huaweicloud.transport.sender import Sender
from huaweicloud.vpc import Vpc


class Cloud:
    """
    Clients of the services of a region.

    Any number of threads may share one. No request is sent before its result is needed.

    Args:
        region: Region id such as cn-north-4.
        credentials: Credentials of the user.
        endpoints: Base URLs of the services.
        project_name: Name of the project, by default the region's own.
        project_id: Id of the project; None looks it up when it is first needed.
        cancelled: Event that ends every wait immediately.
        enterprise_projects: Whether enterprise projects are configured, so that lists must name them.
        ca_bundle: Value of the setting `ca_bundle`: path of the trusted certificates, or "".

    Attributes:
        endpoints: Base URLs of the services.
    """

    def __init__(
        self,
        region: str,
        credentials: Credentials,
        endpoints: Endpoints,
        *,
        project_name: str | None = None,
        project_id: str | None = None,
        cancelled: threading.Event | None = None,
        enterprise_projects: bool = False,
        ca_bundle: str = "",
    ) -> None:
        self.region, self.ca_bundle = region, ca_bundle
        self._sender = Sender(cancelled or threading.Event(), ca_bundle=ca_bundle)
        self.iam = Iam(endpoints.iam, self._sender)
        self.endpoints = endpoints
        # Without a name the project is the region's own, unless an id identifies it.
        self._identity = Identity(credentials, self.iam, project_name or ("" if project_id else region), project_id)
        self._scope = EnterpriseProjects(enterprise_projects)
        access = ProjectAccess(self._sender, self._identity.authenticator, self._identity.project_id, self._scope)
        self.ims = Ims(endpoints.ims, access)
        self.ims_copies = ImsCopies(endpoints.ims, access)
        self.ecs = Ecs(endpoints.ecs, access)
        self.evs = Evs(endpoints.evs, access)
        self.vpc = Vpc(endpoints.vpc, access)
        self.obs = Obs(endpoints.obs, self._sender, self._identity)
        self.obs_uploads = ObsUploads(self.obs)
        self.obs_listing = ObsListing(self.obs)

    def include_enterprise_projects(self) -> None:
        """Let lists name all enterprise projects from now on, because something is or will be in one of them."""
        self._scope.are_used = True

    @property
    def project_id(self) -> str:
        """Return the id of the project, looked up once."""
        return self._identity.project_id()

    @property
    def project(self) -> Project:
        """Return the project, with its name and account if they are known without a further request."""
        return self._identity.project()

    def list_projects(self) -> list[Project]:
        """List the projects that the credentials have access to. It costs a request, meant for messages."""
        return self._identity.projects()

    def require_access(self) -> None:
        """
        Prove that a service accepts the credentials.

        An earlier success of a service is proof; otherwise images are listed.

        Raises:
            CloudError: The credentials are refused, or no service can be reached.
        """
        if not self._sender.served - {"iam", "obs"}:
            self.ims.list_images()

    @property
    def roles(self) -> list[str] | None:
        """Return the names of the user's roles in the project; None if the credentials do not reveal them."""
        return self._identity.roles()

    def setting_to_blame(self, error: CloudError) -> str | None:
        """
        Return the setting that causes an error, or None if the error may pass by itself.

        Args:
            error: Error of a service of this client.

        Returns:
            Environment variable or configuration key; "region" if the endpoint is derived from the region.
        """
        if isinstance(error, ConfigurationError):
            return error.setting if isinstance(error, InvalidSetting) else "credentials"
        endpoint = self.endpoints.sources.get(error.service, "region")
        if isinstance(error, Unreachable) and error.permanent:
            return error.setting or endpoint
        # a service that has carried out a request only lacks this one operation
        return endpoint if error.is_foreign and error.service not in self._sender.served else None

    @property
    def request_counts(self) -> dict[str, int]:
        """Return a copy of the number of requests sent, by service."""
        return self._sender.request_counts

    @property
    def mutation_count(self) -> int:
        """
        Return a number that grows with each request of this client that may change something.

        Two equal numbers prove that this client changed nothing in between.
        """
        return self._sender.mutation_count

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def service_time(self, service: str) -> datetime | None:
        """
        Return the time by a service's own clock, which its timestamps follow.

        Args:
            service: Short name of the service.

        Returns:
            Time (UTC) derived from the service's last response; None before a response.
        """
        return self._sender.service_time(service)
