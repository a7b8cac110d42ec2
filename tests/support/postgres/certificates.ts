import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/**
 * Test certificates without openssl: X.509 v3 (RFC 5280) with P-256 keys in DER (ITU-T X.690), with names, validity, CA flag and subject
 * alternative names.
 */
export interface Authority {
  /** PEM of the certificate. */
  certificate: string;
  name: string;
  key: KeyObject;
}

const OID = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
};

/** One DER element: tag, length, content. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Buffer) => der(0x03, Buffer.from([0]), content);
const utcTime = (time: Date) => der(0x17, Buffer.from(`${time.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
const distinguishedName = (name: string) =>
  sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(name)))));

const pem = (content: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${content.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

interface Contents {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: Buffer[];
}

function certify({ subject, issuer, publicKey, signer, extensions }: Contents): string {
  const day = 86_400_000;
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const serial = randomBytes(8);
  serial.writeUInt8(serial.readUInt8(0) & 0x7f || 1, 0);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    distinguishedName(issuer),
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 30 * day))),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return pem(sequence(body, algorithm, bits(sign('sha256', body, signer))));
}

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A self-signed certificate authority. */
export function makeAuthority(name: string): Authority {
  const { publicKey, privateKey } = keyPair();
  const isCa = sequence(
    oid(OID.basicConstraints),
    der(0x01, Buffer.from([0xff])),
    der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
  );
  const certificate = certify({ subject: name, issuer: name, publicKey, signer: privateKey, extensions: [isCa] });
  return { certificate, name, key: privateKey };
}

/** A server's certificate for localhost and 127.0.0.1, signed by the authority. Both as PEM. */
export function issueServer(authority: Authority): { certificate: string; key: string } {
  const { publicKey, privateKey } = keyPair();
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
  const certificate = certify({
    subject: 'localhost',
    issuer: authority.name,
    publicKey,
    signer: authority.key,
    extensions: [sequence(oid(OID.subjectAltName), der(0x04, names))],
  });
  return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}
