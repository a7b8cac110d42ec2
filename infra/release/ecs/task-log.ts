import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Session } from './session.ts';

const TAIL_LINES = 20;

/** The last path segment of an ARN: a task's id. */
export const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

/**
 * The last lines a container wrote. Errors are returned as a line, so that they do not hide the original failure.
 * @param stream `prefix/container/task-id`, as the awslogs driver names it.
 */
export async function logTail({ aws }: Session, group: string, stream: string): Promise<string[]> {
  try {
    const { events = [] } = await aws.logs.send(
      new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit: TAIL_LINES, startFromHead: false }),
    );
    return events.map(({ message = '' }) => message.trimEnd());
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    if (name === 'ResourceNotFoundException')
      return [`(nothing in ${group} under ${stream}: the container never wrote)`];
    return [`(the log ${group} could not be read: ${name})`];
  }
}
