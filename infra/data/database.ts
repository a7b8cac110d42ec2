import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';
import type { Firewall } from '../network/firewall.ts';

interface DatabaseArgs {
  config: Config;
  /** Physical name; also prefixes the final snapshot. */
  identifier: string;
  subnetIds: pulumi.Input<string[]>;
  firewall: Firewall;
  ownerPassword: pulumi.Input<string>;
  /** Created first: RDS would create log groups without retention. */
  logGroups: pulumi.Resource[];
}

/** The migration user, created by RDS with the instance. The migrate task creates the users of web and worker. */
export const OWNER = 'golive_owner';
export const DATABASE_NAME = 'golive';

/** An update of the instance class takes minutes, a Multi-AZ conversion or a restore far longer. */
const TIMEOUTS = { create: '60m', update: '80m', delete: '60m' };

/** PostgreSQL on RDS: encrypted, private, TLS required, backed up; a protected stack has two deletion protections. */
export class Database extends pulumi.ComponentResource {
  readonly instance: aws.rds.Instance;

  constructor(name: string, args: DatabaseArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Database', name, {}, opts);
    const { database, stack } = args.config;
    const subnets = new aws.rds.SubnetGroup(name, { subnetIds: args.subnetIds }, { parent: this });
    const parameters = this.parameters(name, Number.parseInt(database.version, 10));
    this.instance = new aws.rds.Instance(
      name,
      {
        identifier: args.identifier,
        engine: 'postgres',
        engineVersion: database.version,
        instanceClass: database.instanceClass,
        dbName: DATABASE_NAME,
        username: OWNER,
        password: args.ownerPassword,
        parameterGroupName: parameters.name,
        dbSubnetGroupName: subnets.name,
        vpcSecurityGroupIds: [args.firewall.database.id],
        publiclyAccessible: false,
        multiAz: database.multiAz,
        storageType: 'gp3',
        allocatedStorage: database.storageGb,
        maxAllocatedStorage: database.maxStorageGb,
        storageEncrypted: true,
        backupRetentionPeriod: database.backupDays,
        backupWindow: '01:00-02:00',
        maintenanceWindow: 'sun:04:00-sun:05:00',
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: false,
        deletionProtection: stack.protection,
        skipFinalSnapshot: !stack.protection,
        finalSnapshotIdentifier: `${args.identifier}-final`,
        autoMinorVersionUpgrade: true,
        allowMajorVersionUpgrade: false,
        applyImmediately: !stack.protection,
        performanceInsightsEnabled: true,
        performanceInsightsRetentionPeriod: 7,
        enabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
        caCertIdentifier: 'rds-ca-rsa2048-g1',
      },
      {
        parent: this,
        protect: stack.protection,
        retainOnDelete: stack.protection,
        // Storage grows by itself up to its limit, and shrinking is impossible: the file states where it began.
        ignoreChanges: ['allocatedStorage'],
        customTimeouts: TIMEOUTS,
        dependsOn: args.logGroups,
      },
    );
    this.registerOutputs({ address: this.instance.address });
  }

  /** The default parameter group cannot be changed. */
  private parameters(name: string, major: number): aws.rds.ParameterGroup {
    return new aws.rds.ParameterGroup(
      name,
      {
        namePrefix: `${name}-pg${major}-`,
        family: `postgres${major}`,
        description: 'golive: TLS required, slow statements logged',
        parameters: [
          { name: 'rds.force_ssl', value: '1' },
          { name: 'log_min_duration_statement', value: '1000' },
          { name: 'log_lock_waits', value: '1' },
          { name: 'idle_in_transaction_session_timeout', value: '60000' },
        ],
      },
      { parent: this },
    );
  }
}
