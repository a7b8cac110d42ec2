import { pino, type Logger } from 'pino';
import { logLevel } from './env.ts';

/** Fields that may carry a secret are cut wherever they appear, one level deep as well. */
const SECRET_FIELDS = [
  'password',
  'passwordHash',
  'token',
  'secret',
  'authorization',
  'cookie',
  'set-cookie',
  'databaseUrl',
  'connectionString',
];

/** Structured logs: one JSON object a line on stdout. Child loggers carry `requestId`. */
export const log: Logger = pino({
  level: logLevel(),
  base: { service: 'golive' },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`]), censor: '[redacted]' },
});
