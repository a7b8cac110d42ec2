/** Exit codes of the release commands. Failures are thrown: a resource hook fails the deployment, a command exits with the code. */
export const EXIT = {
  done: 0,
  /** The migration, the rollout or a check failed. */
  failed: 1,
  usage: 2,
  /** Refused as unsafe; nothing was changed. */
  refused: 3,
  /** Differences were found. */
  different: 4,
  timeout: 5,
  /** Done, but the audit event is missing. */
  unaudited: 6,
  /** AWS was unreachable or denied the request. */
  aws: 7,
} as const;

export type Ending = keyof typeof EXIT;

/** An expected failure with a message for the operator. */
export class EcsFailure extends Error {
  override name = 'EcsFailure';
  readonly ending: Exclude<Ending, 'done'>;

  constructor(ending: Exclude<Ending, 'done'>, message: string, options?: ErrorOptions) {
    super(message, options);
    this.ending = ending;
  }
}
