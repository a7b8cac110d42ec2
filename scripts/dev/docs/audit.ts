/** `npm run docs:audit`: writes the tables of docs/AUDIT_AUDIT.md from the catalogue. `-- --check` only compares: exit 1 when they differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ACTIONS, OUTCOMES, SOURCES } from '#lib/audit/events/catalogue.ts';
import { FILTER_NAMES } from '#lib/audit/events/filters.ts';
import { toOcsf } from '#lib/audit/export/ocsf.ts';
import type { SealedEvent } from '#lib/audit/export/export.ts';
import { runCommand, type Given } from '../../support/run-command.ts';

const FILE = fileURLToPath(new URL('../../../docs/AUDIT_AUDIT.md', import.meta.url));

const USAGE = `npm run docs:audit [-- --check]    --check only compares
Exit: 0 as the catalogue says, 1 it differs, 2 wrong use.`;

const OPTIONS = { check: { type: 'boolean' } } as const;

function main({ values }: Given<typeof OPTIONS>): number {
  const text = readFileSync(FILE, 'utf8');
  const made = Object.entries({ events: events(), taxonomy: taxonomy(), words: words() }).reduce(
    (document, [name, table]) => replace(document, name, table),
    text,
  );
  if (made === text) {
    console.log('docs/AUDIT_AUDIT.md is what the catalogue says');
    return 0;
  }
  if (values.check) {
    console.error('docs/AUDIT_AUDIT.md differs from the catalogue: npm run docs:audit');
    return 1;
  }
  writeFileSync(FILE, made);
  console.log('docs/AUDIT_AUDIT.md is written');
  return 0;
}

/** The text between two markers. */
function replace(text: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name}: generated -->\n`, `<!-- ${name}: end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/AUDIT_AUDIT.md has no place for "${name}"`);
  return `${text.slice(0, from)}${start}\n${table}\n${text.slice(to)}`;
}

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n') + '\n';

function events(): string {
  const rows = Object.entries(ACTIONS).map(([name, { description, version, metadata }]) => {
    const schema = z.toJSONSchema(metadata, { io: 'input' }) as {
      properties?: Record<string, unknown>;
      required?: string[];
    };
    const fields = Object.keys(schema.properties ?? {}).map(
      (field) => `\`${field}\`${schema.required?.includes(field) ? '' : '?'}`,
    );
    return [`\`${name}\``, description, fields.join(', ') || '–', String(version)];
  });
  return table(['Action', 'What happened', 'Metadata', 'Version'], rows);
}

/** The OCSF mapping of each action, taken from the code. */
function taxonomy(): string {
  const rows = Object.entries(ACTIONS).map(([name, { category }]) => {
    const event = { action: name, outcome: 'success', createdAt: new Date(0) } as SealedEvent;
    const { class_uid, activity_id } = toOcsf(event);
    return [`\`${name}\``, category, String(class_uid), String(activity_id)];
  });
  return table(['Action', 'Category', 'OCSF class', 'OCSF activity'], rows);
}

const words = (): string =>
  table(
    ['Field', 'Values'],
    [
      ['outcome', OUTCOMES.join(', ')],
      ['source', SOURCES.join(', ')],
      ['filters', FILTER_NAMES.join(', ')],
    ],
  );

await runCommand({ name: 'docs:audit', usage: USAGE, options: OPTIONS }, main);
