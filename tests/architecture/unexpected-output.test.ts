import { expect, test, vi } from 'vitest';

test.fails('a console.error that no test expects fails the test', () => console.error('planted'));

test.fails('so does a console.warn, although the code that caused it goes on', () => {
  expect(() => console.warn('planted')).not.toThrow();
});

test('a test that expects the noise spies on it', () => {
  using spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  console.error('expected');
  expect(spy).toHaveBeenCalledWith('expected');
});
