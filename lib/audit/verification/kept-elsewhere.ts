import { readFile } from 'node:fs/promises';
import { LossyJsonError, parseLosslessJson } from '../../json/strict.ts';
import { parseCheckpoint } from '../proof/checkpoint.ts';
import { readAnchor, type ShippedAnchor } from './linear-chain.ts';

/** Signed heads that were kept outside the database. */
export interface KeptElsewhere {
  /** Checkpoints, as notes. */
  checkpoints: readonly string[];
  /** Anchors of the linear chain that was there before the tree. */
  anchors: readonly ShippedAnchor[];
}

/**
 * Reads checkpoints and anchors from a file of log lines (`{"checkpoint": "…"}`, `{"anchor": {…}}`), of objects of the bucket, or of both; other
 * lines of a log are passed over.
 * @throws when there is none in it: a check against nothing would say more than it has done.
 */
export async function readKeptElsewhere(file: string): Promise<KeptElsewhere> {
  const text = await readFile(file, 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  const read = lines.map(parseLine);
  const checkpoints = [...read.flatMap(({ checkpoint }) => checkpoint ?? []), ...notes(text)];
  const anchors = read.flatMap(({ anchor }) => anchor ?? []);
  if (checkpoints.length + anchors.length === 0)
    throw new Error(
      `${file} holds no checkpoint and no anchor: give log lines of the worker, or objects of the bucket`,
    );
  return { checkpoints, anchors };
}

function parseLine(line: string): { checkpoint?: string; anchor?: ShippedAnchor } {
  if (!line.includes('"checkpoint"') && !line.includes('"signature"')) return {};
  let value: unknown;
  try {
    value = parseLosslessJson(line);
  } catch (error) {
    if (error instanceof LossyJsonError) return {};
    throw error;
  }
  const { checkpoint, anchor = value } = value as { checkpoint?: unknown; anchor?: unknown };
  if (typeof checkpoint === 'string') return parseCheckpoint(checkpoint) === null ? {} : { checkpoint };
  return isAnchor(anchor) ? { anchor } : {};
}

const PARTS = ['sequence', 'hash', 'at', 'keyId', 'signature'] as const;

function isAnchor(value: unknown): value is ShippedAnchor {
  const parts = value as Partial<Record<(typeof PARTS)[number], unknown>> | null;
  if (typeof parts !== 'object' || parts === null || PARTS.some((name) => typeof parts[name] !== 'string'))
    return false;
  const { sequence, at } = readAnchor(parts as ShippedAnchor);
  return Number.isSafeInteger(sequence) && !Number.isNaN(at.getTime());
}

/** Notes that stand in the file as they are. */
const notes = (text: string): string[] =>
  (text.match(/^[^\n]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n(?:— [^\n]+\n)+/gmu) ?? []).filter(
    (note) => parseCheckpoint(note) !== null,
  );
