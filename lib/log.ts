import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import { logLevel } from './env.ts';

/** Names of fields that may carry a secret, whatever stands around the word. */
const SECRET_NAME = /password|passphrase|secret|token|authorization|cookie|databaseurl|connectionstring/i;
/** User and password of a URL, up to the last `@` before its path: what follows the colon is cut. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"\\]*:)[^\s/"\\]+@/gi;
const REDACTED = '[redacted]';
/** Deeper than anything we write; whatever is its own ancestor ends here too. */
const MAX_DEPTH = 8;

/**
 * Makes a logger of one JSON object a line. Fields whose name tells of a secret are cut at any depth, errors and what hangs on them
 * included, and so are passwords in URLs, in messages as well. A secret in plain words without such a name is not recognised: what may
 * hold one must not be logged.
 * @param destination stdout unless told.
 */
export function createLog(destination?: DestinationStream): Logger {
  return pino(
    {
      level: logLevel(),
      base: { service: 'golive' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields) as Record<string, unknown>,
      },
      // Errors are plain by then.
      serializers: { err: (error: unknown) => error },
      hooks: { streamWrite: (line) => line.replaceAll(URL_PASSWORD, `$1${REDACTED}@`) },
    },
    destination ?? pino.destination(1),
  );
}

/** The log of the process. Whoever serves a request gives its `requestId`. */
export const log: Logger = createLog();

function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  if (depth === MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const fields = value instanceof Error ? stdSerializers.err(value) : value;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      SECRET_NAME.test(name) ? REDACTED : withoutSecrets(field, depth + 1),
    ]),
  );
}
