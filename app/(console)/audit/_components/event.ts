import type { Tone } from '../../../_ui/data/badge.tsx';

/** A row of the log as sent to the browser, as in `GET /api/audit`. */
export interface ShownEvent {
  id: string;
  createdAt: string;
  action: string;
  outcome: 'success' | 'failure' | 'denied';
  actorType: string;
  actorId: string | null;
  actorLabel: string | null;
  actorRole: string | null;
  targetType: string | null;
  targetId: string | null;
  targetLabel: string | null;
  source: string;
  ip: string | null;
  reason: string | null;
  /** Person fields that were erased. */
  erased: string[];
}

export const OUTCOME_TONES: Record<ShownEvent['outcome'], Tone> = { success: 'good', failure: 'bad', denied: 'warn' };

/** Translated labels of the table. */
export interface AuditTexts {
  columns: { time: string; action: string; actor: string; target: string; outcome: string; source: string };
  outcomes: Record<ShownEvent['outcome'], string>;
  /** By action; others are shown by their identifier. */
  actions: Record<string, string>;
  /** By source, in the same way. */
  sources: Record<string, string>;
  anonymous: string;
  erased: string;
  caption: string;
  more: string;
  loading: string;
  failed: string;
  /** With `{count}` in place of the number. */
  appended: string;
}
