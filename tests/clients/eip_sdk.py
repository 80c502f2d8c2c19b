"""Operations of the official SDK for elastic IPs."""

import os
from typing import Any

import huaweicloudsdkeip.v2 as eip
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from tests.clients.reporting import Report, require

ENV = os.environ


def main() -> None:
    report = Report()
    keys = BasicCredentials(ENV["HW_ACCESS_KEY"], ENV["HW_SECRET_KEY"], ENV["HW_PROJECT_ID"])
    client = eip.EipClient.new_builder().with_credentials(keys).with_endpoint(ENV["HW_VPC_ENDPOINT"]).build()

    def create() -> Any:
        bandwidth = eip.CreatePublicipBandwidthOption(name="b", size=5, share_type="PER", charge_mode="traffic")
        body = eip.CreatePublicipRequestBody(bandwidth=bandwidth, publicip=eip.CreatePublicipOption(type="5_bgp"))
        return client.create_publicip(eip.CreatePublicipRequest(body=body)).publicip

    created = report.run("create an address", create)

    def show() -> Any:
        return client.show_publicip(eip.ShowPublicipRequest(publicip_id=created.id)).publicip

    shown = report.run("show an address", show)
    report.run("list addresses", lambda: require(client.list_publicips(eip.ListPublicipsRequest()).publicips, "none"))

    def bind(port_id: str | None) -> None:
        body = eip.UpdatePublicipsRequestBody(publicip=eip.UpdatePublicipOption(port_id=port_id))
        client.update_publicip(eip.UpdatePublicipRequest(publicip_id=created.id, body=body))
        require(show().status == ("ACTIVE" if port_id else "DOWN"), "status")

    report.run("bind it to a port", lambda: bind(ENV["CLIENT_PORT_ID"]))
    report.run("unbind it", lambda: bind(None))
    report.run("show its bandwidth", lambda: client.show_bandwidth(eip.ShowBandwidthRequest(shown.bandwidth_id)))
    report.run(
        "list quotas", lambda: require(client.list_quotas(eip.ListQuotasRequest(type="publicIp")).quotas, "none")
    )
    report.run("delete it", lambda: client.delete_publicip(eip.DeletePublicipRequest(publicip_id=created.id)))
    report.write()


if __name__ == "__main__":
    main()
