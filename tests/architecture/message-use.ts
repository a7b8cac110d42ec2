import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A translator, under its name or called where it is made: of one area of the messages, or of all. */
const TRANSLATOR = /(?:const (\w+) = )?(?:await )?\b(?:get|use)Translations\((?:'([\w.]+)')?\)/g;

/** A key, written out or put together. */
const KEY = /'([\w.]+)'|`((?:[\w.]+|\$\{[^}]+\})\.\$\{[^`]+\})`/g;

/**
 * Matches every key that the code under app/ asks for, as far as its text tells. A key put together, as in `roles.${role}`, may end in
 * anything; a key from a variable, or its first part, may be any word that stands in quotes in the same file.
 */
export async function usedKeys(root: string): Promise<RegExp> {
  const used = new Set<string>();
  for await (const path of glob('app/**/*.{ts,tsx}', { cwd: root }))
    for (const key of keysIn(await readFile(join(root, path), 'utf8'))) used.add(key);
  return new RegExp(`^(${[...used].join('|')})$`);
}

/** Patterns of the keys that a file asks for. */
function keysIn(code: string): string[] {
  const translators = [...code.matchAll(TRANSLATOR)];
  return translators.flatMap(({ 0: made, 1: name, 2: area, index }, at) => {
    const next = translators.slice(at + 1).find(([, other]) => other === name);
    const calls = callsOf(name, code.slice(index + made.length, next?.index));
    const keys = calls.flatMap((call) => (patternsIn(call).length > 0 ? patternsIn(call) : patternsIn(code)));
    return area === undefined ? keys : keys.map((key) => `${escape(area)}\\.${key}`);
  });
}

/** What stands in the brackets of each call of a translator, where that name means it. */
function callsOf(name: string | undefined, scope: string): string[] {
  const call = name === undefined ? /^\)\(/g : new RegExp(`\\b${name}(?:\\.\\w+)?\\(`, 'g');
  return [...scope.matchAll(call)].map(({ 0: opening, index }) => {
    const start = index + opening.length;
    let end = start;
    for (let depth = 1; depth > 0 && end < scope.length; end++) {
      if (scope[end] === '(') depth++;
      if (scope[end] === ')') depth--;
    }
    return scope.slice(start, end - 1);
  });
}

function patternsIn(code: string): string[] {
  const found = [...code.matchAll(KEY)];
  const words = found.flatMap(([, plain]) => (plain === undefined ? [] : [escape(plain)]));
  const composed = found.flatMap(([, , made]) => {
    if (made === undefined) return [];
    const either = made.replace(/\$\{[^}]+ \? '(\w+)' : '(\w+)'\}/g, '<$1|$2>').replace(/\$\{[^}]+\}/g, '<>');
    const pattern = (text: string) =>
      escape(text)
        .replaceAll('<>', '.+')
        .replace(/<(\w+)\\\|(\w+)>/g, '($1|$2)');
    return either.startsWith('<>') ? words.map((word) => word + pattern(either.slice(2))) : [pattern(either)];
  });
  return [...words, ...composed];
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
