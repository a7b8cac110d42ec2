import en from '../../_messages/en/errors.json' with { type: 'json' };
import ru from '../../_messages/ru/errors.json' with { type: 'json' };
import { toProblem, type Failure } from '#lib/errors.ts';
import { createStandardHeaders } from '../http/security-headers.ts';

import { REQUEST_ID_HEADER } from '../http/request-id.ts';

/** A response sent without Next. */
export interface PlainResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * An error response outside Next: a problem document for API routes, otherwise a plain page in both languages.
 * @param id of the request, when it has one already.
 */
export function plainResponse(failure: Failure, isApi: boolean, id?: string): PlainResponse {
  const problem = toProblem(failure);
  const retryAfter = failure.extra?.retryAfter;
  const body = isApi ? JSON.stringify(problem) : page(problem.status, failure.code);
  return {
    status: problem.status,
    headers: {
      ...createStandardHeaders('/').response,
      ...(id === undefined ? {} : { [REQUEST_ID_HEADER]: id }),
      'Content-Type': isApi ? 'application/problem+json' : 'text/html; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
      ...(typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {}),
    },
    body,
  };
}

const page = (status: number, code: Failure['code']): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${status}</title></head>
<body><main><h1>${status}</h1><p>${en.codes[code]}</p><p lang="ru">${ru.codes[code]}</p></main></body>
</html>
`;
