import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { recordAudit } from '#lib/audit/events/record.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { recordVerification } from '#lib/audit/verification/records.ts';
import { openClient } from '#lib/db/client.ts';
import type { TestSite } from '../../scripts/dev/support/browser/test-site.ts';
import { expect, test } from './support/test.ts';

/** Records a run of the verifier, signed as the worker signs it. */
async function verified(site: Pick<TestSite, 'urls' | 'secret'>, sequence: bigint, detail?: string): Promise<void> {
  const client = await openClient(site.urls.DATABASE_URL);
  const finding = detail === undefined ? {} : { finding: { kind: 'changed', detail } };
  const outcome = { full: true, ok: detail === undefined, sequence, ...finding };
  await recordVerification(client, signingKey({ NEXTAUTH_SECRET: site.secret }), outcome).finally(() => client.end());
}

test('the health of the log shows its volume as a chart, says by which method days are marked, and names the figures', async ({
  as,
}) => {
  const page = await as('auditor');
  await page.goto('/audit');
  await page.getByRole('link', { name: 'Health' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Audit log health' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^30 days, [\d,]+ events?, \d+ anomal(y|ies)\.$/ })).toBeVisible();
  await expect(page.getByText('The deviation is the median absolute deviation.')).toBeVisible();
  const figures = page.getByLabel('Figures');
  for (const name of ['Waiting to be sealed', 'Verified events', 'Denials', 'Size, MiB', 'Days of events'])
    await expect(figures.getByText(name, { exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Most frequent' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Failed sign-ins by address' })).toBeVisible();
});

test('how far the log is proven stands above the log and on its health, and so does what was found', async ({
  as,
  site,
}) => {
  const page = await as('auditor');
  await verified(site, 4711n);
  await page.goto('/audit');
  await expect(page.getByText(/4711/)).toBeVisible();
  await page.goto('/audit/health');
  await expect(page.getByText(/Verified .* up to event no\.\s4711/)).toBeVisible();
  await verified(site, 0n, 'the event is not what was sealed');
  await page.reload();
  await expect(page.getByText(/changed: the event is not what was sealed/)).toBeVisible();
  await verified(site, 4712n);
  await page.reload();
  await expect(page.getByText(/Verified .* up to event no\.\s4712/)).toBeVisible();
  await expect(page.getByText(/is not what was sealed/)).toBeHidden();
});

test('what the page downloads is the whole answer to its filters, which a spreadsheet opens, or with its manifest in a zip', async ({
  as,
}) => {
  const page = await as('auditor');
  await page.goto('/audit?outcome=denied');
  const fetched = async (name: string) => {
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name }).click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
  };
  const csv = await fetched('Export as CSV');
  expect(csv.name).toMatch(/^audit-[\d-]+\.csv$/);
  const lines = csv.bytes.toString().trimEnd().split('\r\n');
  expect(lines[0]).toMatch(/^\ufeffid,createdAt,action,/);
  expect(lines.slice(1).every((line) => line.includes(',denied,'))).toBe(true);
  const zip = await fetched('CSV with signed manifest (zip)');
  expect(zip.name).toMatch(/\.csv\.zip$/);
  // Stored, not compressed: the manifest can be read where it stands.
  expect(zip.bytes.toString()).toContain(`"rows": ${lines.length - 1}`);
  expect(zip.bytes.toString()).toContain('"outcome": "denied"');
});

test('the week’s security names failing accounts and addresses, who was denied, and the admins', async ({ as, db }) => {
  const label = `nobody-${randomUUID().slice(0, 8)}@example.org`;
  await db.$transaction(async (tx) => {
    for (let times = 0; times < 50; times++)
      await recordAudit(tx, {
        action: 'auth.sign_in',
        outcome: 'failure',
        actor: { type: 'anonymous', label },
        origin: { source: 'web', ip: '198.51.100.77' },
        reason: 'wrong_password',
        metadata: { method: 'password' },
      });
  });
  const page = await as('auditor');
  await page.goto('/audit/health');
  await page.getByRole('link', { name: 'Security' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Weekly security report' })).toBeVisible();
  const panel = (name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) });
  await expect(panel('Failed sign-ins by account').getByText(label)).toBeVisible();
  await expect(panel('Failed sign-ins by address').getByText('198.51.100.77')).toBeVisible();
  await expect(panel('Admins').getByText('admin@example.org', { exact: true })).toBeVisible();
  await expect(panel('Most denials')).toBeVisible();
});
