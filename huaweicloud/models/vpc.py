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
    """A subnet; a server's network card takes its `id`."""

    id: str
    name: Text = ""
    cidr: Text = ""
    vpc_id: Text = ""
    status: Text = ""
    availability_zone: Text = ""


class SecurityGroup(ResponseModel):
    """A security group, which belongs to no VPC."""

    id: str
    name: Text = ""
    description: Text = ""
