import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';
import { deployStatements, type DeployScopes } from './deploy-policy.ts';
import type { Names } from '../names.ts';
import { grant } from '../compute/roles.ts';

interface DeployRoleArgs {
  config: Config;
  names: Names;
  scopes: DeployScopes;
}

const ISSUER = 'token.actions.githubusercontent.com';

/**
 * The role of the pipeline, assumed by GitHub Actions through OIDC for one repository and one environment. It may release and roll back,
 * but not change the network, the database or IAM; such changes need an operator's role.
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
                  [`${ISSUER}:sub`]: oneOrMore(tokenSubjects(args.config.deploy)),
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

/**
 * Exactly the subjects that the repository's tokens may have. GitHub writes ids into them for repositories that were made, renamed or
 * transferred after 2026-07-15, and the form without ids stays with older ones: it is never given for another repository of the same name.
 * Source: GitHub's changelog of 2026-04-23.
 */
export function tokenSubjects({ repository, ownerId, repositoryId, environment }: Config['deploy']): string[] {
  const [owner, name] = repository.split('/');
  const plain = `repo:${repository}:environment:${environment}`;
  if (ownerId === undefined || repositoryId === undefined) return [plain];
  return [`repo:${owner}@${ownerId}/${name}@${repositoryId}:environment:${environment}`, plain];
}

/** IAM keeps a list of one as its one text, and would show it as a change for ever. */
const oneOrMore = (texts: string[]) => (texts.length === 1 ? texts[0] : texts);
