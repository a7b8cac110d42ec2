/**
 * How a release command ends, as exit codes that a pipeline can branch on. Everything here throws: a resource hook fails a
 * deployment by throwing, and a command turns the same error into its exit code.
 */
export const EXIT = {
  done: 0,
  /** It was tried and it failed: the migration, the rollout, a check. */
  failed: 1,
  usage: 2,
  /** Nothing was changed, because it would not be safe. */
  refused: 3,
  /** The comparison found differences. */
  different: 4,
  timeout: 5,
  /** The work is done; only its audit event is missing. */
  unaudited: 6,
  /** AWS could not be reached or said no. */
  aws: 7,
} as const;

export type Ending = keyof typeof EXIT;

/** An expected failure; its message says what happened and what to do, on one or several lines. */
export class EcsFailure extends Error {
  override name = 'EcsFailure';
  readonly ending: Exclude<Ending, 'done'>;

  constructor(ending: Exclude<Ending, 'done'>, message: string, options?: ErrorOptions) {
    super(message, options);
    this.ending = ending;
  }
}
