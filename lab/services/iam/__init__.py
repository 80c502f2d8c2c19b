"""IAM: the identity service."""

from lab.services.iam.identity_app import create_app, needs_sign_in

__all__ = ["create_app", "needs_sign_in"]
