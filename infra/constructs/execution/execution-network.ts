import {
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";

/**
 * Where containers run: public subnets, each container with an address of its own while it runs and
 * with no way in. Private subnets would need a NAT gateway, which bills by the hour, used or not.
 */
export class ExecutionNetwork extends Construct {
  readonly vpc: IVpc;
  readonly securityGroup: SecurityGroup;
  readonly subnetIds: readonly string[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr("10.83.0.0/16"),
      maxAzs: 2,
      natGateways: 0,
      // Addresses are given to containers as they start, not to everything in the subnet.
      subnetConfiguration: [
        { name: "runs", subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      ],
      // Its own rules would need a function to remove; nothing uses the default group.
      restrictDefaultSecurityGroup: false,
      // Payloads reach the bucket without leaving AWS's network; gateway endpoints cost nothing.
      gatewayEndpoints: { Payloads: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    // CDK's class and its own interface disagree about optional properties that are undefined.
    this.vpc = vpc as IVpc;
    acknowledge(vpc, {
      "AwsSolutions-VPC7":
        "Flow logs bill every connection of every task; who needs them turns them on for the network.",
    });
    this.securityGroup = new SecurityGroup(this, "Runs", {
      vpc: this.vpc,
      description: "Containers of Switchyard: no way in; out to wherever a task must go",
      allowAllOutbound: true,
    });
    this.subnetIds = this.vpc.publicSubnets.map(({ subnetId }) => subnetId);
  }
}
