import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { green, red, yellow, type Check, type Context, type CheckFinding } from './check.ts';
import { expandOf, findProblems } from './compatibility.ts';

/** squawk rules that are about style or covered by our own rules. */
const EXCLUDED_SQUAWK_RULES = [
  'prefer-robust-stmts',
  'require-lock-timeout',
  'require-statement-timeout',
  'prefer-text-field',
  'prefer-bigint-over-int',
  'prefer-identity',
  'ban-drop-column',
  'ban-drop-table',
  'adding-required-field',
  'renaming-column',
  'renaming-table',
  'require-concurrent-index-creation',
];

/** New migrations are compatible with the release that is still running. */
export const migrations: Check = {
  name: 'migrations',
  description: 'new migrations are backward-compatible with the release that still runs',
  async run(context) {
    const released = await releasedMigrations(context);
    if (released === undefined) return [green('nothing is released yet: no older code reads this schema')];
    const dir = join(context.root, 'prisma/migrations');
    const all = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const fresh = all.map(({ name }) => name).filter((name) => !released.has(name));
    if (fresh.length === 0) return [green('no new migrations')];
    const findings = await Promise.all(fresh.map((name) => checkMigration(context, dir, name, released)));
    const bad = findings.flat();
    return bad.length > 0 ? bad : [green(`${fresh.join(', ')}: backward-compatible`)];
  },
};

/** Migrations of the newest tag `release-…`, which `npm run release:record` and the deployment set; undefined before the first. */
async function releasedMigrations({ run }: Context): Promise<Set<string> | undefined> {
  const tag = await run('git', ['describe', '--tags', '--abbrev=0', '--match', 'release-*']);
  if (tag.code !== 0) return undefined;
  const listed = await run('git', ['ls-tree', '-d', '--name-only', `${tag.output.trim()}:prisma/migrations`]);
  if (listed.code !== 0) throw new Error(`the migrations of ${tag.output.trim()} cannot be listed`);
  return new Set(listed.output.split('\n').filter(Boolean));
}

async function checkMigration(
  { run }: Context,
  dir: string,
  name: string,
  released: Set<string>,
): Promise<CheckFinding[]> {
  const path = join(dir, name, 'migration.sql');
  const sql = await readFile(path, 'utf8');
  const expand = expandOf(sql);
  const marked = expand !== undefined && released.has(expand);
  const findings = findProblems(sql)
    .filter(({ contract }) => !(contract && marked))
    .map(({ rule, statement, fix }) =>
      red(
        `${name}: ${rule}: ${statement}`,
        expand !== undefined && !marked
          ? `its expand migration ${expand} is not released yet: release that first`
          : fix,
      ),
    );
  const lint = await run('squawk', ['--reporter', 'json', '--exclude', EXCLUDED_SQUAWK_RULES.join(','), path]);
  const violations = JSON.parse(/\[.*\]/s.exec(lint.output)?.[0] ?? '[]') as Violation[];
  return [
    ...findings,
    ...violations.map(({ rule_name, message, line }) =>
      yellow(`${name}:${line + 1}: ${message}`, `squawk rule ${rule_name}`),
    ),
  ];
}

interface Violation {
  rule_name: string;
  message: string;
  line: number;
}
