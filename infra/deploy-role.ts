import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from './config.ts';
import { deployStatements, type DeployScopes } from './deploy-policy.ts';
import type { Names } from './names.ts';
import { grant } from './roles.ts';

interface DeployRoleArgs {
  config: Config;
  names: Names;
  scopes: DeployScopes;
}

const ISSUER = 'token.actions.githubusercontent.com';

/**
 * The role of the pipeline: taken on by GitHub Actions for one repository and one environment, without a stored key. It may release and
 * roll back; it may not change the network, the database or anybody's rights. Such changes are made by a person with a role of their own.
 */
export class DeployRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: DeployRoleArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:DeployRole', name, {}, opts);
    const { repository, environment } = args.config.deploy;
    const provider = aws.iam.getOpenIdConnectProviderOutput({ url: `https://${ISSUER}` }, { parent: this });
    const role = new aws.iam.Role(
      name,
      {
        name: `${args.names.base}-deploy`,
        description: `GitHub Actions of ${repository}, environment ${environment}`,
        maxSessionDuration: 7200,
        assumeRolePolicy: pulumi.jsonStringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Federated: provider.arn },
              Action: 'sts:AssumeRoleWithWebIdentity',
              Condition: {
                StringEquals: {
                  [`${ISSUER}:aud`]: 'sts.amazonaws.com',
                  [`${ISSUER}:sub`]: `repo:${repository}:environment:${environment}`,
                },
              },
            },
          ],
        }),
      },
      { parent: this },
    );
    grant(name, role, deployStatements(args.scopes), { parent: this });
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
