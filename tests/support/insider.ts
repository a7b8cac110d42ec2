import { mulberry, UNUSUAL_VALUES, randomRequest, type WireRequest } from './random-requests.ts';

/** Somebody whom the server knows, and what only they can send. */
export interface Insider {
  /** A whole cookie header, or empty. */
  cookie: string;
  /** An `Authorization` header, or empty. */
  authorization: string;
  /** Ids under which the build offers server actions. */
  actions: readonly string[];
}

const EVENT = {
  specversion: '1.0',
  id: 'fuzz',
  source: '/fuzz',
  type: 'fuzz',
  data: { action: 'fuzz.sent', outcome: 'success', actor: { id: 'fuzzer' } },
};
const EVENT_TYPES = ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json', 'text/plain']; // prettier-ignore
const PATHS = ['/', '/account', '/admin', '/admin/agents', '/admin/users/x', '/audit', '/audit/x', '/login'];
const FIELDS = ['id', 'email', 'name', 'role', 'days', 'hours', 'description', 'eventsPerSecond', 'currentPassword', 'newPassword', 'locale', 'theme', 'from', '__proto__']; // prettier-ignore
const REFERENCES = [
  '$K1',
  '$K2',
  '$F1',
  '$Q0',
  '$W0',
  '$T',
  '$@1',
  '$undefined',
  '$B1',
  '$n9',
  '$D2026',
  '$1:a:b',
  '$NaN',
];

/** Requests of somebody who is signed in, or has an agent's key; always the same for the same seed and number. */
export function insidersRequest(insider: Insider, seed: number, number: number): WireRequest {
  const random = mulberry((seed * 2_000_003 + number) >>> 0);
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: Math.floor(random() * (most + 1)) }, make);
  const known: [string, string][] = [
    ['Host', '127.0.0.1'],
    ...(insider.cookie === '' ? [] : [['Cookie', insider.cookie] as [string, string]]),
    ...(insider.authorization === '' ? [] : [['Authorization', insider.authorization] as [string, string]]),
  ];
  const part = (name: string, value: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const value = () =>
    one([one(UNUSUAL_VALUES), '1', 'a@b.example', '00000000-0000-7000-8000-000000000000', 'admin', 'x'.repeat(300)]);

  const ofStranger = (): WireRequest => {
    const request = randomRequest(seed, number);
    const more = request.headers.filter(([name]) => !['Host', 'Cookie', 'Authorization'].includes(name));
    return { ...request, headers: [...known, ...more] };
  };
  const action = (): WireRequest => {
    const id = one([...insider.actions, ...insider.actions, one(UNUSUAL_VALUES)]);
    const args = one([
      '[{"status":"idle"},"$K1"]',
      JSON.stringify(
        some(3, () =>
          one<unknown>([one(REFERENCES), { status: 'idle' }, null, one(UNUSUAL_VALUES), [one(REFERENCES)]]),
        ),
      ),
      one(UNUSUAL_VALUES),
    ]);
    const fields = some(4, () => part(one(['1_', '']) + one(FIELDS), value())).join('');
    const bare = random() < 0.3;
    const inForm =
      part('$ACTION_REF_1', '') +
      part('$ACTION_1:0', one([JSON.stringify({ id, bound: one(REFERENCES) }), one(UNUSUAL_VALUES)])) +
      part('$ACTION_1:1', args);
    return {
      method: 'POST',
      target: one(PATHS),
      headers: [
        ...known,
        ['Content-Type', 'multipart/form-data; boundary=x'],
        ...(bare ? [] : [['Next-Action', id] as [string, string]]),
      ],
      body: `${fields}${bare ? inForm : part('0', args)}${one(['--x--\r\n', '--x--\r\n', ''])}`,
    };
  };
  const events = (): WireRequest => {
    const changed = () => ({
      ...EVENT,
      id: `fuzz-${seed}-${number}`,
      [one([...Object.keys(EVENT), 'subject', 'time', 'data_base64', 'dataschema', '__proto__'])]: one<unknown>([
        one(UNUSUAL_VALUES),
        null,
        1e300,
        [],
        {},
        { ...EVENT.data, metadata: { [one(UNUSUAL_VALUES)]: one(UNUSUAL_VALUES) } },
      ]),
    });
    const text = JSON.stringify(one<unknown>([changed(), [changed()], [], EVENT.data]));
    const at = Math.floor(random() * text.length);
    return {
      method: 'POST',
      target: '/api/agent/events',
      headers: [
        ...known,
        ['Content-Type', one([...EVENT_TYPES, one(UNUSUAL_VALUES)])],
        ...some(3, (): [string, string] => [
          one([
            'ce-id',
            'ce-source',
            'ce-type',
            'ce-specversion',
            'ce-time',
            'ce-subject',
            'Content-Encoding',
            'Idempotency-Key',
          ]),
          one([...UNUSUAL_VALUES, '1.0', 'gzip', '"quoted"', 'a%C0%A0b']),
        ]),
      ],
      body: random() < 0.5 ? text : text.slice(0, at) + one(UNUSUAL_VALUES) + text.slice(at + Math.floor(random() * 9)),
    };
  };
  return one([ofStranger, action, insider.authorization === '' ? action : events])();
}
