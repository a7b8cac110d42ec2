import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';
import { datasourceUrl } from './prisma/engine/datasource.ts';

// Prisma's native schema engine is a download at first use. The launcher runs the same engine from its WebAssembly
// package, so every machine migrates with the version in the lock file. Set the variable yourself to use another engine.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('prisma/engine/launch.ts', import.meta.url));

// The CLI would report each run to its makers, from a process that outlives it. A migration asks nobody but the database.
process.env.CHECKPOINT_DISABLE ??= '1';

// Migrations run as the owner; `prisma generate` needs no database, so an absent URL or a wrong one does not stop it.
const url = process.argv.includes('generate') ? '' : datasourceUrl(process.env);

export default defineConfig({
  schema: 'prisma/schema.prisma',
  // The ledger of prisma/postgres is made by db:pg:migrate, not by Prisma: a diff must not call it drift.
  experimental: { externalTables: true },
  tables: { external: ['public._postgres_migrations'] },
  migrations: { path: 'prisma/migrations', seed: 'node prisma/seed.ts' },
  datasource: {
    url,
    ...(process.env.SHADOW_DATABASE_URL ? { shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL } : {}),
  },
});
