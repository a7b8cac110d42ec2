/** How the log and its proof may disagree. */
export type FindingKind =
  | 'changed'
  | 'missing'
  | 'inserted'
  | 'reordered'
  | 'truncated at the head'
  | 'truncated at the tail'
  | 'forked'
  | 'forged anchor'
  | 'unproven removal';

/** The first thing that is wrong. */
export interface Finding {
  kind: FindingKind;
  /** Position in the chain, where there is one. */
  sequence?: bigint;
  eventId?: string;
  /** One sentence. */
  detail: string;
}

/** A finding as one line for a terminal, an alarm or a page: its kind, where, and what is wrong. */
export const describeFinding = ({ kind, sequence, eventId, detail }: Finding): string =>
  [kind, sequence === undefined ? '' : `at ${sequence}`, eventId === undefined ? '' : `event ${eventId}`]
    .filter((part) => part !== '')
    .join(', ') + `: ${detail}`;
