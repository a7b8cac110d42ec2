import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';
import { FORM_BYTES } from './lib/access/body-limits.ts';

const withIntl = createNextIntlPlugin('./app/_server/i18n.ts');

const config: NextConfig = {
  // Only the image ships the standalone tree; `next start` serves the ordinary one.
  ...(process.env.BUILD_STANDALONE === 'true' ? { output: 'standalone' as const } : {}),
  // The health check compares the database with the migrations of this release, also in the standalone tree.
  outputFileTracingIncludes: { '/api/health': ['prisma/migrations/**/*', 'prisma/postgres/*.sql'] },
  poweredByHeader: false,
  reactStrictMode: true,
  serverExternalPackages: ['@node-rs/argon2', 'pg', 'pino'],
  experimental: {
    authInterrupts: true,
    // app/_server/body-gate.ts lets nothing larger come this far; this holds in the moment between listening and booting.
    proxyClientMaxBodySize: FORM_BYTES,
    serverActions: { bodySizeLimit: FORM_BYTES },
  },
  // Types are checked by `npm run check`; a production build on a small machine need not do it twice.
  typescript: { ignoreBuildErrors: true },
};

export default withIntl(config);
