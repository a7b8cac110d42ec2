import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Session } from './session.ts';

export interface LogLine {
  at: Date;
  /** `container/container/task-id` */
  stream: string;
  message: string;
}

interface LogOptions {
  group: string;
  /** Moment on the session's clock. */
  since: number;
  /** CloudWatch filter pattern. */
  filter?: string | undefined;
}

/** Lines of a log group, oldest first. */
export async function readLogs({ aws }: Session, { group, since, filter }: LogOptions): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  let from: string | undefined;
  do {
    const page = await aws.logs.send(
      new FilterLogEventsCommand({
        logGroupName: group,
        startTime: since,
        ...(filter !== undefined && { filterPattern: filter }),
        ...(from !== undefined && { nextToken: from }),
      }),
    );
    for (const { timestamp = 0, logStreamName = '', message = '' } of page.events ?? [])
      lines.push({ at: new Date(timestamp), stream: logStreamName, message: message.trimEnd() });
    from = page.nextToken;
  } while (from !== undefined);
  return lines;
}
