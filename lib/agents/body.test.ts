import { expect, test } from 'vitest';
import { readBody } from './body.ts';

type Controller = ReadableStreamDefaultController<Uint8Array>;
const bytes = (text: string) => new TextEncoder().encode(text);

test('a body that does not come, or comes in drops without end, is given up in time', async () => {
  let dropping: ReturnType<typeof setInterval> | undefined;
  const drops = (controller: Controller) => {
    dropping = setInterval(() => controller.enqueue(bytes(' ')), 5);
  };
  for (const start of [() => undefined, drops]) {
    const body = new ReadableStream({ start, cancel: () => clearInterval(dropping) });
    expect(await readBody(body, 60)).toMatchObject({
      ok: false,
      code: 'bad_request',
      detail: expect.stringContaining('in time') as string,
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
