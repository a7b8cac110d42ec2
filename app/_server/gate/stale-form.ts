import type { IncomingMessage, ServerResponse } from 'node:http';

/** Set by Next beside 409 when it does not know an action; with JavaScript its client reads it, and app/_ui/layout/unexpected-error.tsx says the rest. */
const NOT_FOUND = 'x-nextjs-action-not-found';

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>409</title></head>
<body>
<main>
<h1>This page was opened before an update</h1>
<p>Nothing was changed. <a href="">Reload the page</a> and send the form again.</p>
<div lang="ru">
<h1>Эта страница открыта до обновления</h1>
<p>Ничего не изменилось. <a href="">Обновите страницу</a> и отправьте форму ещё раз.</p>
</div>
</main>
</body>
</html>
`;

/** Replaces Next's "Server Action unavailable." by a readable page for forms that were sent without JavaScript from a page of an earlier release. */
export function explainStaleForm(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'POST' || request.headers['next-action'] !== undefined) return;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  const write = response.write.bind(response) as (...args: unknown[]) => boolean;
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  let stale = false;
  // Node calls it before the first byte.
  response.writeHead = (status: number, ...rest: unknown[]) => {
    stale = status === 409 && response.hasHeader(NOT_FOUND);
    if (!stale) return writeHead(status, ...rest);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(PAGE));
    return writeHead(status);
  };
  const isStale = () => {
    if (!response.headersSent && response.statusCode === 409) response.writeHead(response.statusCode);
    return stale;
  };
  response.write = ((...args: unknown[]) => isStale() || write(...args)) as typeof response.write;
  response.end = ((...args: unknown[]) => (isStale() ? end(PAGE) : end(...args))) as typeof response.end;
}
