import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';

/** Limits the wait for DNS validation, which never ends for a zone that is not delegated. */
const TIMEOUTS = { create: '20m' };

/** A certificate validated by DNS; AWS renews it while the record exists. */
export class Certificate extends pulumi.ComponentResource {
  /** ARN, resolved once the certificate is valid and a listener accepts it. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: { config: Config }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Certificate', name, {}, opts);
    const { domain, hostedZoneId } = args.config.dns;
    const certificate = new aws.acm.Certificate(
      name,
      { domainName: domain, validationMethod: 'DNS' },
      { parent: this, deleteBeforeReplace: false },
    );
    const validationOption = certificate.domainValidationOptions.apply(([option]) => {
      if (!option) throw new Error(`AWS offers no DNS validation for ${domain}`);
      return option;
    });
    const record = new aws.route53.Record(
      `${name}-proof`,
      {
        zoneId: hostedZoneId,
        name: validationOption.resourceRecordName,
        type: validationOption.resourceRecordType,
        records: [validationOption.resourceRecordValue],
        ttl: 300,
        allowOverwrite: true,
      },
      { parent: this },
    );
    const validation = new aws.acm.CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: this, customTimeouts: TIMEOUTS },
    );
    this.arn = validation.certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}
