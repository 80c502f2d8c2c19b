package main

import (
	"example.com/pulumi-example/sdk/go/example"
	image "example.com/pulumi-huaweicloud-image/sdk/go/huaweicloudimage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		network, err := example.NewNetwork(ctx, "network", &example.NetworkArgs{
			Cidr:       pulumi.String("10.10.0.0/16"),
			SubnetCidr: pulumi.String("10.10.1.0/24"),
			GatewayIp:  pulumi.String("10.10.1.1"),
		})
		if err != nil {
			return err
		}

		// All other settings are in the configuration: huaweicloud-image:defaults.
		base, err := image.NewIsoImageBuild(ctx, "base", &image.IsoImageBuildArgs{
			ImageName: pulumi.String("base"),
			VpcId:     network.VpcId,
			SubnetId:  network.SubnetId,
		})
		if err != nil {
			return err
		}
		web, err := image.NewIsoImageBuild(ctx, "web", &image.IsoImageBuildArgs{
			ImageName: pulumi.String("web"),
			VpcId:     network.VpcId,
			SubnetId:  network.SubnetId,
			UserData:  config.RequireSecret(ctx, "userData"),
		})
		if err != nil {
			return err
		}

		server, err := example.NewServer(ctx, "server", &example.ServerArgs{
			ImageId:          web.ImageId,
			Flavor:           pulumi.String("s6.large.2"),
			AvailabilityZone: pulumi.String("lab-1a"),
			VpcId:            network.VpcId,
			SubnetId:         network.SubnetId,
		})
		if err != nil {
			return err
		}

		ctx.Export("images", pulumi.StringMap{"base": base.ImageId, "web": web.ImageId})
		ctx.Export("server", server.ID())
		return nil
	})
}
