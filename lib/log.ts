import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import { logLevel } from './env.ts';

/** Field names that may contain a secret. */
const SECRET_NAME = /password|passphrase|secret|token|authorization|cookie|databaseurl|connectionstring/i;
/** Password in a URL, up to the last `@` before the path. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"\\]*:)[^\s/"\\]+@/gi;
const REDACTED = '[redacted]';
/** Maximum depth of logged objects; also stops cycles. */
const MAX_DEPTH = 8;

/**
 * Creates a JSON-lines logger. Fields with secret-like names are redacted at any depth, also in errors, and so are passwords in URLs. Other
 * secrets are not recognised: do not log texts that may contain one.
 * @param destination stdout by default.
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
      // Errors were converted to plain objects before.
      serializers: { err: (error: unknown) => error },
      hooks: { streamWrite: (line) => line.replaceAll(URL_PASSWORD, `$1${REDACTED}@`) },
    },
    destination ?? pino.destination(1),
  );
}

/** The process's logger. Pass `requestId` when handling a request. */
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
