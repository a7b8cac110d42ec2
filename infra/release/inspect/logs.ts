import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { poll } from '../ecs/poll.ts';
import type { Session } from '../ecs/session.ts';

export interface LogLine {
  /** CloudWatch's own, the same each time a line is read. */
  id: string;
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
    for (const { eventId = '', timestamp = 0, logStreamName = '', message = '' } of page.events ?? [])
      lines.push({ id: eventId, at: new Date(timestamp), stream: logStreamName, message: message.trimEnd() });
    from = page.nextToken;
  } while (from !== undefined);
  return lines;
}

/** Maximum delay of CloudWatch Logs between the timestamp of a line and its visibility, in milliseconds. */
const LATE_MS = 60_000;

interface FollowOptions extends LogOptions {
  /** End of following, on the session's clock. */
  until: number;
  /** Ends it earlier. */
  signal: AbortSignal;
  each: (line: LogLine) => void;
}

/** Yields each existing and new line once. A lost connection is reported and retried. */
export async function followLogs(session: Session, { until, signal, each, ...options }: FollowOptions): Promise<void> {
  let { since } = options;
  let shown = new Set<string>();
  await poll<never>(session, {
    deadline: until,
    signal,
    check: async () => {
      const lines = await readLogs(session, { ...options, since });
      for (const line of lines) if (!shown.has(line.id)) each(line);
      // The next request repeats the last minute, so duplicates can only be among these lines.
      shown = new Set(lines.map(({ id }) => id));
      since = Math.max(since, ...lines.map(({ at }) => at.getTime() - LATE_MS));
      return undefined;
    },
  });
}
