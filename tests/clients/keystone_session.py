"""Session of the OpenStack clients, with a password and the names of project and account."""

import os

from keystoneauth1 import loading, session


def sign_in() -> session.Session:
    """Return a session for the lab's project."""
    env = os.environ
    auth = loading.get_plugin_loader("v3password").load_from_options(
        auth_url=env["HW_AUTH_URL"],
        username=env["HW_USER_NAME"],
        password=env["HW_USER_PASSWORD"],
        user_domain_name=env["HW_DOMAIN_NAME"],
        project_name=env["HW_PROJECT_NAME"],
        project_domain_name=env["HW_DOMAIN_NAME"],
    )
    return session.Session(auth=auth)
