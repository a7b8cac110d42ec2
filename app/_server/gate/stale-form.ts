import type { IncomingMessage, ServerResponse } from 'node:http';

/** Set by Next beside 409 when it does not know an action; with JavaScript its client reads it, and app/_ui/layout/unexpected-error.tsx says the rest. */
const NOT_FOUND = 'x-nextjs-action-not-found';

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>409</title></head>
<body>
<main>
<h1>This page is from before an update</h1>
<p>Nothing was changed. <a href="">Reload the page</a> and send the form again.</p>
<div lang="ru">
<h1>Эта страница открыта до обновления</h1>
<p>Ничего не изменилось. <a href="">Обновите страницу</a> и отправьте форму ещё раз.</p>
</div>
</main>
</body>
</html>
`;

/** Puts words that a person understands in place of Next's "Server Action unavailable." for a form that was sent without JavaScript. */
export function explainOutdatedForm(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'POST' || request.headers['next-action'] !== undefined) return;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  const write = response.write.bind(response) as (...args: unknown[]) => boolean;
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  let outdated = false;
  // Node calls it before the first byte, whoever sends that.
  response.writeHead = (status: number, ...rest: unknown[]) => {
    outdated = status === 409 && response.hasHeader(NOT_FOUND);
    if (!outdated) return writeHead(status, ...rest);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(PAGE));
    return writeHead(status);
  };
  const isOutdated = () => {
    if (!response.headersSent && response.statusCode === 409) response.writeHead(response.statusCode);
    return outdated;
  };
  response.write = ((...args: unknown[]) => isOutdated() || write(...args)) as typeof response.write;
  response.end = ((...args: unknown[]) => (isOutdated() ? end(PAGE) : end(...args))) as typeof response.end;
}
