import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';

/** Validation waits for DNS; a zone that is not delegated yet would wait for ever. */
const PATIENCE = { create: '20m' };

/** A certificate for the domain, proven through DNS and renewed by AWS as long as the record stays. */
export class Certificate extends pulumi.ComponentResource {
  /** Known once the certificate is valid: a listener cannot take it earlier. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: { config: Config }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Certificate', name, {}, opts);
    const { domain, hostedZoneId } = args.config.dns;
    const certificate = new aws.acm.Certificate(
      name,
      { domainName: domain, validationMethod: 'DNS' },
      { parent: this, deleteBeforeReplace: false },
    );
    const proof = certificate.domainValidationOptions.apply(([option]) => {
      if (!option) throw new Error(`AWS offers no DNS validation for ${domain}`);
      return option;
    });
    const record = new aws.route53.Record(
      `${name}-proof`,
      {
        zoneId: hostedZoneId,
        name: proof.resourceRecordName,
        type: proof.resourceRecordType,
        records: [proof.resourceRecordValue],
        ttl: 300,
        allowOverwrite: true,
      },
      { parent: this },
    );
    const validation = new aws.acm.CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: this, customTimeouts: PATIENCE },
    );
    this.arn = validation.certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}
