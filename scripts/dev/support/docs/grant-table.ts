import type { AppRoles } from '#lib/db/roles/grants.ts';
import type { HeldRight } from '#lib/db/roles/held-rights.ts';
import { GRANT_USES } from './grant-uses.ts';

const HEADING = `# Database privileges of web and worker

Made from a migrated database by \`npm run docs:grants\`, and compared with one by \`tests/integration/db/roles.test.ts\`. Every migration settles
these rights and \`db:status\` compares them; they are declared, with reasons, in \`lib/db/roles/grants.ts\`. Where one user serves both processes
it has both columns. Nobody but the owner of the tables has any right that does not stand here.
`;

/**
 * The text of docs/GRANTS.md: the privileges of web and worker on each database object, including those of the common role. @param rights
 * of a database with separate users for web and worker.
 */
export function grantDocument(rights: readonly HeldRight[], roles: AppRoles): string {
  return `${HEADING}\n${grantTable(rights, roles)}\n${USES_HEADING}\n${usesTable()}\n`;
}

const USES_HEADING = `
## What needs them

For each privilege one thing that the process does and that fails without it, as \`tests/integration/db/grant-uses.test.ts\` finds by taking the
privileges away one by one. A privilege that nothing needs fails that test. The queue's tables are pg-boss's, which decides on its statements.
`;

function usesTable(): string {
  const rows = Object.entries(GRANT_USES).flatMap(([process, flows]) =>
    Object.entries(flows).map(([flow, uses]) => [process, flow, uses.join(', ')]),
  );
  return aligned([['user', 'flow', 'needs'], ...rows]);
}

/** Partitions of the queue's statistics; covered by their parent. */
const OF_A_DAY = /_\d{8}$/;

function grantTable(rights: readonly HeldRight[], { app, web, worker }: AppRoles): string {
  const ours = rights.filter(
    ({ kind, name, grantee }) =>
      kind !== 'future' && !OF_A_DAY.test(name) && [app, web, worker].includes(grantee ?? ''),
  );
  const things = [...new Set(ours.map(({ kind, name }) => `${kind} ${name}`))].sort();
  const of = (thing: string, user: string) => {
    const held = ours.filter(({ kind, name, grantee }) => `${kind} ${name}` === thing && (grantee === app || grantee === user)); // prettier-ignore
    const words = [
      ...new Set(held.map(({ privilege, column }) => privilege + (column === null ? '' : ` (${column})`))),
    ];
    return words.sort().join(', ') || '—';
  };
  const rows = things.map((thing) => {
    const [kind = '', ...name] = thing.split(' ');
    return [kind.toLowerCase(), `\`${name.join(' ')}\``, of(thing, web), of(thing, worker)];
  });
  return aligned([['kind', 'name', 'web', 'worker and prune'], ...rows]);
}

/** A Markdown table formatted as Prettier does. */
function aligned(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
