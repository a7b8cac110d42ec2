import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';
import { PHASE_PRODUCTION_BUILD, PHASE_PRODUCTION_SERVER } from 'next/constants.js';
import { FORM_BYTES } from './lib/access/body-limits.ts';

const withIntl = createNextIntlPlugin('./app/_server/i18n/request.ts');

const config: NextConfig = {
  // Only the image ships the standalone tree; `next start` serves the ordinary one.
  ...(process.env.BUILD_STANDALONE === 'true' ? { output: 'standalone' as const } : {}),
  // The health check compares the database with the migrations of this release, also in the standalone tree.
  outputFileTracingIncludes: { '/api/health': ['prisma/migrations/**/*', 'prisma/postgres/*.sql'] },
  // No page has an image; the optimiser would print what strangers name to it.
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  serverExternalPackages: ['@node-rs/argon2', 'pg', 'pino'],
  experimental: {
    authInterrupts: true,
    // app/_server/gate/request-body-limits.ts lets nothing larger come this far; this holds in the moment between listening and booting.
    proxyClientMaxBodySize: FORM_BYTES,
    serverActions: { bodySizeLimit: FORM_BYTES },
  },
  // Types are checked by `npm run check`; a production build on a small machine need not do it twice.
  typescript: { ignoreBuildErrors: true },
};

/** The commit that is being built: the variable of the image or of the platform, else what git says. */
function commit(): string | undefined {
  const given = process.env.GIT_COMMIT || process.env.RAILWAY_GIT_COMMIT_SHA || process.env.RENDER_GIT_COMMIT;
  if (given) return given;
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** The id that the build was given: where it runs, the variables of its commit may be absent or others. */
function builtId(): string {
  const built = JSON.parse(readFileSync('.next/required-server-files.json', 'utf8')) as { config: NextConfig };
  return built.config.deploymentId ?? '';
}

export default function configure(phase: string): NextConfig {
  if (phase === PHASE_PRODUCTION_SERVER) return withIntl({ ...config, deploymentId: builtId() });
  if (phase !== PHASE_PRODUCTION_BUILD) return withIntl(config);
  const deploymentId = commit() ?? '';
  // Next makes the names of actions from this key, and a random one where there is none: two builds of one commit would not know each
  // other's forms. What the key otherwise protects, the values that an action in the middle of a component closes over, is not used here.
  if (deploymentId !== '')
    process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY ||= createHash('sha256')
      .update(`names of server actions ${deploymentId}`)
      .digest('base64');
  return withIntl({ ...config, deploymentId });
}
