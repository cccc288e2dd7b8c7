import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

export interface AlarmTopicProps {
  /**
   * Gets every message after confirming the subscription.
   * @default - nobody yet: subscribe to the topic by hand
   */
  readonly email?: string | undefined;
}

/** Where alarms of this account and Region report to. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmTopicProps = {}) {
    super(scope, id);
    const stack = Stack.of(this);
    this.topic = new Topic(this, "Topic", { enforceSSL: true });
    // The policy that enforces TLS replaces the default one, which had let alarms in.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsOfThisAccount",
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { "aws:SourceAccount": stack.account },
          ArnLike: {
            "aws:SourceArn": stack.formatArn({
              service: "cloudwatch",
              resource: "alarm",
              resourceName: "*",
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    if (props.email === undefined) return;
    this.topic.addSubscription(new EmailSubscription(props.email));
    acknowledge(this.topic, {
      "Serverless-SNSRedrivePolicy":
        "A mail that SNS cannot deliver is not delivered later either; the alarm's state stays visible in CloudWatch.",
    });
  }
}
