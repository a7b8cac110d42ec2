import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPEATABLE_DIR, repeatableMigrationNames } from '../migrations/files.ts';

/** A function as this release defines it. */
export interface ExpectedFunction {
  name: string;
  language: string;
  /** True when it runs with the rights of its owner. */
  definer: boolean;
  /** Names of the settings that are fixed while it runs, in lower case and sorted. */
  settings: string;
  body: string;
}

const DEFINITION =
  /CREATE(?: OR REPLACE)? FUNCTION (?<name>\w+)\s*\([^;]*?LANGUAGE (?<language>\w+)(?<header>(?:(?!\bAS\b)[^;])*)\bAS (?:\$\$(?<body>.*?)\$\$|'(?<short>[^']*)')/gs;

/** The functions of prisma/postgres, by name; the last definition counts. `root` is the folder that holds prisma/. */
export async function expectedFunctions(root: string): Promise<Map<string, ExpectedFunction>> {
  const names = await repeatableMigrationNames(root);
  const files = await Promise.all(names.map((name) => readFile(join(root, REPEATABLE_DIR, name), 'utf8')));
  const found = [...files.join('\n').matchAll(DEFINITION)].map(({ groups = {} }): ExpectedFunction => {
    const { name = '', language = '', header = '' } = groups;
    const settings = [...header.matchAll(/\bSET (\w+)/g)].map(([, setting = '']) => setting.toLowerCase());
    return {
      name,
      language,
      definer: /\bSECURITY DEFINER\b/.test(header),
      settings: settings.sort().join(','),
      body: groups.body ?? groups.short ?? '',
    };
  });
  return new Map(found.map((definition) => [definition.name, definition]));
}
