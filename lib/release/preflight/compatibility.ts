/**
 * Checks whether a migration is compatible with the previous release, which is still running: expand first, contract a release later. A
 * contract migration names its expand migration in a comment:
 *
 *     -- contract: 20261122000000_init
 *
 * which must have been released before.
 */
export interface Problem {
  rule: string;
  statement: string;
  fix: string;
  /** Allowed in a marked contract migration. */
  contract: boolean;
}

const EXPAND = 'expand first: add the new, write both, and take the old away in a later release marked "-- contract:"';

const RULES: { rule: string; pattern: RegExp; fix: string; contract: boolean; unlessCreated?: boolean }[] = [
  { rule: 'rename', pattern: /\bRENAME\s+(COLUMN|TO|CONSTRAINT)?/i, fix: EXPAND, contract: true },
  { rule: 'drop', pattern: /\bDROP\s+(TABLE|COLUMN|TYPE|VIEW)\b/i, fix: EXPAND, contract: true },
  {
    rule: 'not-null',
    pattern: /\bSET\s+NOT\s+NULL\b/i,
    fix: 'the older release still writes nulls: make the column NOT NULL a release after every writer fills it',
    contract: true,
  },
  {
    rule: 'required-column',
    pattern: /\bADD\s+COLUMN\b(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b/i,
    fix: 'the older release does not write it: give it a default or allow null',
    contract: false,
  },
  {
    rule: 'type-change',
    pattern: /\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b/i,
    fix: 'it rewrites the table under an exclusive lock: add a column of the new type',
    contract: false,
  },
  {
    rule: 'blocking-index',
    pattern: /\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)/i,
    fix: 'it stops every write until it is built: put it into prisma/postgres as CREATE INDEX CONCURRENTLY',
    contract: false,
    unlessCreated: true,
  },
];

/** Statements without comments. Bodies between dollar signs are one piece. */
function statements(sql: string): string[] {
  const bare = sql.replace(/--.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
  const parts = bare.split(/(\$\w*\$[\s\S]*?\$\w*\$)/);
  return parts
    .flatMap((part, index) => (index % 2 === 1 ? [] : part.split(';')))
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .filter(Boolean);
}

/** Statements that are incompatible with the previous release. */
export function findProblems(sql: string): Problem[] {
  const all = statements(sql);
  const created = all.flatMap((text) => /CREATE TABLE (?:IF NOT EXISTS )?("?[\w."]+)/i.exec(text)?.[1] ?? []);
  return all.flatMap((statement) =>
    RULES.filter(({ pattern, unlessCreated }) => {
      if (!pattern.test(statement)) return false;
      const table = / ON (?:ONLY )?("?[\w."]+)/i.exec(statement)?.[1];
      return !(unlessCreated && table !== undefined && created.includes(table));
    }).map(({ rule, fix, contract }) => ({ rule, fix, contract, statement: statement.slice(0, 100) })),
  );
}

/** The migration that a contract migration names as its expand, if it is marked as one. */
export function expandOf(sql: string): string | undefined {
  return /^--\s*contract:\s*(\S+)/m.exec(sql)?.[1];
}
