import { can, PERMISSIONS, ROLES, type Permission } from '#lib/access/permissions.ts';

const START = '<!-- permissions: made by npm run docs:generate -->';
const END = '<!-- end of permissions -->';

/** Who may do what, as a table in Markdown. */
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

/**
 * Puts the table between its marks in a document.
 * @throws when the document has no marks.
 */
export function withPermissionTable(document: string): string {
  const [before, rest] = document.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`The document has no "${START}" and "${END}".`);
  return `${before}${START}\n\n${permissionTable()}\n\n${END}${after}`;
}
