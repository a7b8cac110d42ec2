import { can, PERMISSIONS, ROLES, type Permission } from '#lib/access/permissions.ts';

const TABLE_START = '<!-- permissions: made by npm run docs:generate -->';
const TABLE_END = '<!-- end of permissions -->';

/** The permission table in Markdown. */
export function permissionTable(): string {
  const rows = Object.entries(PERMISSIONS).map(([permission, meaning]) => [
    meaning,
    `\`${permission}\``,
    ...ROLES.map((role) => (can(role, permission as Permission) ? 'yes' : '')),
  ]);
  const table = [['What', 'Permission', ...ROLES], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}

/** Replaces the table between the markers of a document. @throws when the markers are missing. */
export function withPermissionTable(document: string): string {
  const [before, rest] = document.split(TABLE_START);
  const after = rest?.split(TABLE_END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The document has no "${TABLE_START}" and "${TABLE_END}".`);
  return `${before}${TABLE_START}\n\n${permissionTable()}\n\n${TABLE_END}${after}`;
}
