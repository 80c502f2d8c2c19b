import * as pulumi from "@pulumi/pulumi";
import * as example from "pulumi-example";
import * as image from "pulumi-huaweicloud-image";

const config = new pulumi.Config();
const network = new example.Network("network", {
    cidr: "10.10.0.0/16",
    subnetCidr: "10.10.1.0/24",
    gatewayIp: "10.10.1.1",
});

// All other settings are in the configuration: huaweicloud-image:defaults.
const base = new image.IsoImageBuild("base", {
    imageName: "base",
    vpcId: network.vpcId,
    subnetId: network.subnetId,
});
const web = new image.IsoImageBuild("web", {
    imageName: "web",
    vpcId: network.vpcId,
    subnetId: network.subnetId,
    userData: config.requireSecret("userData"),
});

const machine = new example.Server("server", {
    imageId: web.imageId,
    flavor: "s6.large.2",
    availabilityZone: "lab-1a",
    vpcId: network.vpcId,
    subnetId: network.subnetId,
});

export const images = { base: base.imageId, web: web.imageId };
export const server = machine.id;
