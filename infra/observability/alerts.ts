import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';
import type { Names } from '../names.ts';

/** The SNS topic of the alarms with one e-mail subscription. Pagers and chats subscribe to the same topic. */
export class Alerts extends pulumi.ComponentResource {
  readonly topic: aws.sns.Topic;

  constructor(name: string, args: { config: Config; names: Names }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Alerts', name, {}, opts);
    this.topic = new aws.sns.Topic(name, { name: args.names.topic }, { parent: this });
    new aws.sns.TopicSubscription(
      `${name}-email`,
      { topic: this.topic.arn, protocol: 'email', endpoint: args.config.alerts.email },
      { parent: this },
    );
    const publish = (Sid: string, Service: string) => ({
      Sid,
      Effect: 'Allow',
      Principal: { Service },
      Action: 'sns:Publish',
      Resource: this.topic.arn,
    });
    new aws.sns.TopicPolicy(
      name,
      {
        arn: this.topic.arn,
        policy: pulumi.jsonStringify({
          Version: '2012-10-17',
          Statement: [publish('Alarms', 'cloudwatch.amazonaws.com'), publish('TaskEvents', 'events.amazonaws.com')],
        }),
      },
      { parent: this },
    );
    this.registerOutputs({ topic: this.topic.arn });
  }
}
