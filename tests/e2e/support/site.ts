import { startTestSite } from '../../../scripts/dev/support/browser/test-site.ts';

/** What the workers of a run share. Only variables reach them. */
export const SITE_VARIABLE = 'GOLIVE_TEST_SITE';

/** One site for the whole run. */
export default async function setup() {
  const { stop, ...site } = await startTestSite();
  process.env[SITE_VARIABLE] = JSON.stringify(site);
  return stop;
}
