import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FakeState } from './state.ts';

/** How the SDK's clients talk: JSON with a target header, forms answered in XML, and REST (S3, Scheduler). */
export type Input = Record<string, unknown>;
export type Actions = Record<string, (world: FakeState, input: Input) => unknown>;

/** An error as AWS names it. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface Call {
  /** Signing name, as in the credential scope of the Authorization header. */
  service: string;
  action: string;
  input: Input;
}

export async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string')
    return { service, action: target.slice(target.lastIndexOf('.') + 1), input: JSON.parse(body || '{}') as Input };
  if (service === 's3') return s3Call(request, body);
  if (service === 'scheduler') return schedulerCall(request, body);
  const form = Object.fromEntries(new URLSearchParams(body));
  return { service, action: form.Action ?? '', input: form };
}

function s3Call(request: IncomingMessage, body: string): Call {
  const url = new URL(request.url ?? '/', 'http://s3');
  const [bucket = '', ...rest] = decodeURIComponent(url.pathname).slice(1).split('/');
  const key = rest.join('/');
  const input = { bucket, key, body: unchunked(request, body), prefix: url.searchParams.get('prefix') ?? '' };
  const action = request.method === 'PUT' ? 'PutObject' : key === '' ? 'ListBucket' : 'GetObject';
  return { service: 's3', action, input };
}

/** A body sent in signed chunks: `size;signature`, the bytes, and trailers after the last, empty chunk. */
function unchunked(request: IncomingMessage, body: string): string {
  if (!request.headers['content-encoding']?.includes('aws-chunked')) return body;
  let out = '';
  let rest = Buffer.from(body);
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = parseInt(rest.subarray(0, line).toString('latin1'), 16);
    if (!size) return out;
    out += rest.subarray(line + 2, line + 2 + size).toString('utf8');
    rest = rest.subarray(line + 2 + size + 2);
  }
}

function schedulerCall(request: IncomingMessage, body: string): Call {
  const url = new URL(request.url ?? '/', 'http://scheduler');
  const action = request.method === 'PUT' ? 'UpdateSchedule' : 'GetSchedule';
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
  const input = {
    Name: name,
    GroupName: url.searchParams.get('groupName'),
    ...(body ? (JSON.parse(body) as Input) : {}),
  };
  return { service: 'scheduler', action, input };
}

const JSON_TYPE = 'application/x-amz-json-1.1';

/** Answers in the form the client of that service reads. */
export function answer(response: ServerResponse, { service, action }: Call, output: unknown): void {
  if (service === 's3') return void send(response, 200, 'application/xml', typeof output === 'string' ? output : '');
  if (service === 'ec2') return void send(response, 200, 'text/xml', element(`${action}Response`, output));
  if (FORMS.has(service))
    return void send(response, 200, 'text/xml', element(`${action}Response`, { [`${action}Result`]: output }));
  send(response, 200, service === 'scheduler' ? 'application/json' : JSON_TYPE, JSON.stringify(output));
}

export function answerError(response: ServerResponse, { service }: Call, { code, message, status }: AwsError): void {
  const xml = { Code: code, Message: message };
  if (service === 's3') return void send(response, status, 'application/xml', element('Error', xml));
  if (service === 'ec2')
    return void send(response, status, 'text/xml', element('Response', { Errors: { Error: xml } }));
  if (FORMS.has(service)) return void send(response, status, 'text/xml', element('ErrorResponse', { Error: xml }));
  response.setHeader('x-amzn-errortype', code);
  send(response, status, JSON_TYPE, JSON.stringify({ __type: code, message }));
}

const FORMS = new Set(['elasticloadbalancing', 'iam', 'sts']);

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': 'fake' }).end(body);
}

/** Lists take the element name their service uses: `item` in EC2, `member` elsewhere; S3's are flat and written by hand. */
function element(name: string, value: unknown): string {
  return `<${name}>${inner(name, value)}</${name}>`;
}

function inner(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    const item = /Set$|^item$|^groupSet$|Info$/.test(name) ? 'item' : 'member';
    return value.map((one) => element(item, one)).join('');
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, one]) => element(key, one))
      .join('');
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
