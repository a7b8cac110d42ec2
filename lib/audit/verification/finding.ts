/** Kinds of verification findings. */
export type VerificationFindingKind =
  | 'altered object'
  | 'changed'
  | 'missing'
  | 'inserted'
  | 'reordered'
  | 'truncated at the head'
  | 'truncated at the tail'
  | 'forked'
  | 'forged anchor'
  | 'unproven removal';

/** The first problem found. */
export interface VerificationFinding {
  kind: VerificationFindingKind;
  /** Position in the chain, where there is one. */
  sequence?: bigint;
  eventId?: string;
  /** One sentence. */
  detail: string;
}

/** Formats a finding as one line. */
export const describeFinding = ({ kind, sequence, eventId, detail }: VerificationFinding): string =>
  [kind, sequence === undefined ? '' : `at ${sequence}`, eventId === undefined ? '' : `event ${eventId}`]
    .filter((part) => part !== '')
    .join(', ') + `: ${detail}`;
