import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import type { Names } from '../names.ts';

/** Secrets whose value this program makes. Everything else is put in by a person. */
export const GENERATED = ['web-database-url', 'worker-database-url', 'owner-database-url', 'nextauth-secret'] as const;
export type SecretLabel = (typeof GENERATED)[number];

/** `OIDC_CLIENT_SECRET` is kept as `oidc-client-secret`. */
export const operatorLabel = (name: string) => name.toLowerCase().replaceAll('_', '-');

/** Users that the migrate task makes, and the role whose rights both have. */
export const WEB_USER = 'golive_web';
export const WORKER_USER = 'golive_worker';
export const APP_ROLE = 'golive_app';

/** Letters and digits: 40 of them hold more than 200 bits, and none needs escaping in a URL. */
const PASSWORD = { length: 40, special: false };

interface SecretsArgs {
  names: Names;
  protection: boolean;
  operatorSecrets: string[];
}

/**
 * Secrets Manager entries, one per value so that each task's role can be given exactly its own. Passwords are made once and stand
 * encrypted in Pulumi's state; nobody types or sees them.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly ownerPassword: pulumi.Output<string>;
  readonly #secrets = new Map<string, aws.secretsmanager.Secret>();
  readonly #versions: pulumi.Resource[] = [];
  readonly #args: SecretsArgs;
  readonly #name: string;

  constructor(name: string, args: SecretsArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Secrets', name, {}, opts);
    this.#args = args;
    this.#name = name;
    this.ownerPassword = this.password('owner');
    this.add('nextauth-secret', this.password('nextauth'));
    for (const variable of args.operatorSecrets) this.add(operatorLabel(variable));
    this.registerOutputs({});
  }

  /** The URLs can be written once the database has an address. */
  connect(database: { address: pulumi.Input<string>; port: pulumi.Input<number>; owner: string; name: string }): void {
    const url = (user: string, password: pulumi.Input<string>) =>
      pulumi.interpolate`postgres://${user}:${password}@${database.address}:${database.port}/${database.name}?sslmode=verify-full`;
    this.add('web-database-url', url(WEB_USER, this.password('web')));
    this.add('worker-database-url', url(WORKER_USER, this.password('worker')));
    this.add('owner-database-url', url(database.owner, this.ownerPassword));
  }

  /** ARN of a secret by label. */
  arn(label: string): pulumi.Output<string> {
    const secret = this.#secrets.get(label);
    if (!secret) throw new Error(`There is no secret "${label}": add its variable to golive:operatorSecrets`);
    return secret.arn;
  }

  /** Values that must be in place before a task can start. */
  get values(): pulumi.Resource[] {
    return this.#versions;
  }

  private password(label: string): pulumi.Output<string> {
    return new random.RandomPassword(`${this.#name}-${label}`, PASSWORD, {
      parent: this,
      protect: this.#args.protection,
      additionalSecretOutputs: ['result'],
    }).result;
  }

  private add(label: string, value?: pulumi.Input<string>): void {
    const { names, protection } = this.#args;
    const secret = new aws.secretsmanager.Secret(
      `${this.#name}-${label}`,
      { name: names.secret(label), recoveryWindowInDays: protection ? 30 : 7 },
      { parent: this, protect: protection, retainOnDelete: protection },
    );
    this.#secrets.set(label, secret);
    if (value === undefined) return;
    this.#versions.push(
      new aws.secretsmanager.SecretVersion(
        `${this.#name}-${label}`,
        { secretId: secret.id, secretString: pulumi.secret(value) },
        { parent: this },
      ),
    );
  }
}
