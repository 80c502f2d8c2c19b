"""Virtual Private Cloud: models of the responses."""

from huaweicloud.models.fields import Text
from huaweicloud.service import ResponseModel


class Network(ResponseModel):
    """A VPC."""

    id: str
    name: Text = ""
    cidr: Text = ""
    status: Text = ""


class Subnet(ResponseModel):
    """A subnet; its `id` is what a server's network card wants."""

    id: str
    name: Text = ""
    cidr: Text = ""
    vpc_id: Text = ""
    status: Text = ""
    availability_zone: Text = ""


class SecurityGroup(ResponseModel):
    """A security group; not tied to a VPC."""

    id: str
    name: Text = ""
    description: Text = ""
