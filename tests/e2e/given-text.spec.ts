import { recordAudit } from '#lib/audit/events/record.ts';
import { expect, test } from './support/test.ts';

/** Turns the text after it around, parts words without being seen, and ends a line. */
const HIDDEN = ['\u202e', '\u2066', '\u200b', '\u2028', '\ufeff', '\u{e0041}'];
const nasty = (word: string) => `${word}${HIDDEN.join('')}א`;
const UNSEEN = new RegExp(`[${HIDDEN.join('')}]`, 'u');

/** What a reader of the page is given, without the scripts that carry the same for React. */
const markup = (html: string) => html.replace(/<script\b[^]*?<\/script>/g, '');

test('texts that others chose stand isolated, with what nobody sees in them made visible', async ({
  as,
  requestAs,
  person,
  db,
}) => {
  const someone = await person('auditor');
  await db.user.update({ where: { id: someone.id }, data: { name: nasty('Anna') } });
  const description = nasty('collects');
  const agent = await db.agent.create({
    data: { name: `given-${someone.id.slice(-12)}`, description },
    select: { id: true },
  });
  await db.$transaction((tx) =>
    recordAudit(tx, {
      action: 'audit.read',
      outcome: 'failure',
      actor: { type: 'agent', id: nasty('actor-id'), label: nasty('actor') },
      target: { type: 'report', id: nasty('target-id'), label: nasty('target') },
      origin: { source: 'api', userAgent: nasty('browser'), correlationId: nasty('operation') },
      reason: nasty('why'),
      metadata: { filters: { [nasty('key')]: nasty('value') }, rows: 0, deeper: false },
    }),
  );
  const event = await db.auditEvent.findFirstOrThrow({ where: { actorLabel: nasty('actor') }, select: { id: true } });

  const admin = await requestAs('admin');
  for (const [path, words] of [
    ['/audit?outcome=failure&source=api&action=audit.read', ['actor', 'target']],
    [`/audit/${event.id}`, ['target', 'actor-id', 'actor', 'browser', 'operation', 'why']],
    ['/audit/security', []],
    [`/admin/users/${someone.id}`, ['Anna']],
    ['/admin?search=Anna', ['Anna']],
    ['/admin/agents', ['collects']],
    [`/admin/agents/${agent.id}`, ['collects']],
  ] as const) {
    const html = markup(await (await admin.get(path)).text());
    expect(html, path).not.toMatch(UNSEEN);
    for (const word of words)
      expect(html, `${word} on ${path}`).toMatch(new RegExp(`<bdi>${word}<span[^>]*>U\\+202E</span>`));
  }
  expect(await (await admin.get(`/admin/users/${someone.id}`)).text()).toContain(
    '<title>\u2068AnnaU+202EU+2066U+200BU+2028U+FEFFU+E0041א\u2069 · golive</title>',
  );
  expect(markup(await (await admin.get(`/audit/${event.id}`)).text())).toMatch(
    /<bdi>&quot;(?:key|value)<span[^>]*>U\+202E/,
  );

  // The person's own pages; with JavaScript too, which must draw the same.
  const page = await as(someone);
  await page.goto('/account');
  await expect(page.getByText(/^AnnaU\+202EU\+2066U\+200BU\+2028U\+FEFFU\+E0041א$/).first()).toBeVisible();
  expect(await page.locator('main').innerText()).not.toMatch(UNSEEN);
  await page.goto(`/audit/${event.id}`);
  await expect(page.getByText('U+202E').first()).toBeVisible();
  expect(await page.locator('main').innerText()).not.toMatch(UNSEEN);
});
