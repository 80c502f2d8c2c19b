"""
Model of a stack's configuration: every key of `Pulumi.<stack>.yaml` under the project's namespace.

The configuration is read part by part, so that all problems of it are reported at once. This model holds what the parts
have in common: the keys, their documentation and the JSON schema for editors.
"""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from config.builds.build_settings import BuildSettings
from config.constraints import Text
from config.documentation.settings_documentation import Setting
from config.preflight_settings import PreflightSettings
from config.regions import AtOnce, PollsPerSecond, RegionSettings, Service
from huaweicloud.endpoints.clouds import spellings

SIGN_IN = "see [sign-in](#sign-in)"
# Unknown ones are reported together with all other problems of the sign-in, see config/sign_in/connection.py.
CloudName = Annotated[str, WithJsonSchema({"type": "string", "enum": [*spellings()]})]


class StackConfiguration(PreflightSettings):
    """Configuration of a stack."""

    region: Annotated[
        Text | None,
        Setting(
            "the stack's own region, for example `cn-north-4`: that of builds that name no other",
            default="`HW_REGION_NAME`",
        ),
    ] = None
    project_name: Annotated[
        Text | None,
        Setting(
            "name of the project in the stack's own region, where it is not the region's own",
            default="`HW_PROJECT_NAME`, the region's project",
        ),
    ] = None
    project_id: Annotated[
        Text | None,
        Setting(
            "id of the project in the stack's own region, where it is not the region's own",
            default="`HW_PROJECT_ID`, the region's project",
        ),
    ] = None
    cloud: Annotated[
        CloudName | None,
        Setting(
            "cloud of the stack's regions, by its name or its domain, see [clouds](clouds.md); required only for a "
            "region that several clouds have",
            default="`HW_CLOUD`, the first cloud that has the region",
        ),
    ] = None
    endpoint: Annotated[
        Text | None,
        Setting(
            "base URL of every service in a private deployment, with the placeholders `{service}` (`iam`, `ims`, "
            "`ecs`, `evs`, `vpc`, `obs`) and `{region}`, for example `https://{service}.{region}.example.com`; in "
            "place of `cloud`, see [private deployments](../how-to/private-deployments.md)",
            default="`HW_ENDPOINT`",
        ),
    ] = None
    ca_bundle: Annotated[
        Text | None,
        Setting(
            "file (or folder) with PEM certificates of the authorities to trust, as an absolute path or one that "
            "begins with `~/`",
            default="`HW_CA_BUNDLE`, the authorities of the machine",
        ),
    ] = None
    endpoints: Annotated[
        dict[Service, str],
        Setting(
            "base URLs that replace those of the stack's own region, by service: `iam`, `ims`, `ecs`, `evs`, `vpc`, "
            "`obs`",
            default="`HW_IAM_ENDPOINT` … , the region's",
        ),
    ] = {}
    regions: Annotated[
        dict[str, RegionSettings | None],
        Setting(
            "further regions and projects, and limits of single regions, see [below](#several-regions)", default="none"
        ),
    ] = {}
    servers_at_once: Annotated[
        AtOnce | None,
        Setting(
            "number of temporary servers that may be alive together in a region, see [below](#how-many-at-a-time)",
            default="the quota",
        ),
    ] = None
    image_tasks_at_once: Annotated[
        AtOnce | None,
        Setting("number of images that may be created at a time in a project; the service allows 40", default="40"),
    ] = None
    polls_per_second: Annotated[
        PollsPerSecond | None,
        Setting(
            "number of requests per second that observe progress, of all builds of a run together",
            default="2",
        ),
    ] = None
    defaults: Annotated[dict[str, Any], Setting("settings that all builds share", default="none")] = {}
    builds: Annotated[list[BuildSettings], Field(min_length=1), Setting("builds, see [below](#a-build)")]
    user_name: Annotated[str | None, Setting("name of an IAM user", default=SIGN_IN)] = None
    password: Annotated[str | None, Setting("password of that user, as a secret", default=SIGN_IN)] = None
    domain_name: Annotated[str | None, Setting("account of that user", default=SIGN_IN)] = None
    access_key: Annotated[str | None, Setting("id of an access key", default=SIGN_IN)] = None
    secret_key: Annotated[str | None, Setting("secret of that key, as a secret", default=SIGN_IN)] = None
    security_token: Annotated[str | None, Setting("token of a temporary access key, as a secret", default=SIGN_IN)] = (
        None
    )
    agency_name: Annotated[str | None, Setting("name of an agency to act for, on top of either", default="none")] = None
    agency_domain_name: Annotated[str | None, Setting("account of that agency", default="none")] = None


KEYS = tuple(StackConfiguration.model_fields)
"""Every key of a stack's configuration, without the namespace."""
PROGRAM_KEYS = tuple(key for key in KEYS if key != "builds")
"""Keys of the configuration of a program that declares its builds itself: those of a stack, without `builds`."""
