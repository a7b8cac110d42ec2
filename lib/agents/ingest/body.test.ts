import { expect, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { MAX_BODY_BYTES, readBody } from './body.ts';

type Controller = ReadableStreamDefaultController<Uint8Array>;
const encoded = (encoding: string) => new Headers({ 'content-encoding': encoding });
const bytes = (text: string) => new TextEncoder().encode(text);

const unreadable = () =>
  new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error('read')) }, { highWaterMark: 0 });

test('a missing or very slow body times out', async () => {
  let dropping: ReturnType<typeof setInterval> | undefined;
  const drops = (controller: Controller) => {
    dropping = setInterval(() => controller.enqueue(bytes(' ')), 5);
  };
  for (const start of [() => undefined, drops]) {
    const body = new ReadableStream({ start, cancel: () => clearInterval(dropping) });
    expect(await readBody(body, undefined, 60)).toMatchObject({
      ok: false,
      code: 'too_slow',
    });
  }
});

test('a body that breaks off or is not UTF-8 is refused, a whole one is read', async () => {
  const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('reset')) });
  expect(await readBody(broken)).toMatchObject({ ok: false, code: 'bad_request' });
  expect(await readBody(new Blob([new Uint8Array([0xff])]).stream())).toMatchObject({ ok: false, code: 'bad_request' });
  expect(await readBody(new Blob(['{"ä', '":1}']).stream())).toEqual({ ok: true, value: '{"ä":1}' });
  expect(await readBody(null)).toEqual({ ok: true, value: '' });
});

const packed = (body: Buffer, encoding: string) => readBody(new Blob([body as BlobPart]).stream(), encoded(encoding));

test('a body that says itself that it is too long is refused before it is read', async () => {
  const said = (length: number) => new Headers({ 'content-length': String(length) });
  expect(await readBody(unreadable(), said(MAX_BODY_BYTES + 1))).toMatchObject({ code: 'too_large' });
  expect(await readBody(new Blob(['{}']).stream(), said(MAX_BODY_BYTES))).toMatchObject({ value: '{}' });
});

test('gzip is unpacked, in one piece or several, and only as far as a plain body may go', async () => {
  const text = '{"ä":1}';
  for (const encoding of ['gzip', 'GZIP', 'x-gzip', ' gzip '])
    expect(await packed(gzipSync(text), encoding)).toMatchObject({ value: text });
  expect(await packed(Buffer.concat([gzipSync('{"a"'), gzipSync(':1}')]), 'gzip')).toMatchObject({ value: '{"a":1}' });
  const largest = 'x'.repeat(MAX_BODY_BYTES);
  expect(await packed(gzipSync(largest), 'gzip')).toMatchObject({ ok: true, value: largest });
  const bomb = gzipSync(Buffer.alloc(200 * MAX_BODY_BYTES));
  expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
  for (const body of [gzipSync(`${largest}x`), bomb, gzipSync(randomBytes(MAX_BODY_BYTES + 1))])
    expect(await packed(body, 'gzip')).toMatchObject({ ok: false, code: 'too_large' });
});

test('what is no gzip, not all of it, or more than it, is refused', async () => {
  const good = gzipSync('{}');
  for (const body of [
    Buffer.from('{}'),
    Buffer.alloc(0),
    good.subarray(0, -1),
    Buffer.concat([good, Buffer.from('{}')]),
    deflateSync('{}'),
  ])
    expect(await packed(body, 'gzip')).toMatchObject({ ok: false, code: 'bad_request' });
});

test('another encoding is refused before the body is read, naming what is taken', async () => {
  for (const encoding of [
    'br',
    'deflate',
    'zstd',
    'compress',
    'identity',
    'gzip, gzip',
    'gzip, br',
    'aws-chunked',
    '*',
  ]) {
    expect(await readBody(unreadable(), encoded(encoding)), encoding).toMatchObject({
      code: 'unsupported_media_type',
      extra: { acceptEncoding: 'gzip' },
    });
  }
  expect(await packed(brotliCompressSync('{}'), 'br')).toMatchObject({ code: 'unsupported_media_type' });
});
