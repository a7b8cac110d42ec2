import { expect, test } from 'vitest';
import { openWhenMigrated } from './start.ts';

const missing = () => Promise.resolve(['20990101000000_next']);

test('a worker that waits for migrations in vain ends, and names the one that is missing', async () => {
  const waiting = openWhenMigrated(missing, 0, new AbortController().signal);
  await expect(waiting).rejects.toThrow('not ready after 0 s: migration 20990101000000_next is not applied');
});

test('a database that is away is waited for like a migration', async () => {
  const away = () => Promise.reject(new Error('connection refused'));
  await expect(openWhenMigrated(away, 0, new AbortController().signal)).rejects.toThrow('connection refused');
});

test('a worker that is told to stop does not go on waiting', async () => {
  const stopping = new AbortController();
  const waiting = openWhenMigrated(missing, 900, stopping.signal);
  stopping.abort();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
