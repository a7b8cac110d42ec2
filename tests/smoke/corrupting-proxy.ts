import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Defects that only a browser meets, put between it and a sound site. */
export type BrowserDefect =
  'foreign-picture' | 'filter-keeps-cursor' | 'more-repeats' | 'login-loop' | 'cookie-without-flags' | 'broken-script';

/** Passes everything on to the site, under an origin of its own, and spoils what the defects say. */
export async function corruptingProxy(site: string, defects: readonly BrowserDefect[]) {
  const has = (defect: BrowserDefect) => defects.includes(defect);
  const server = createServer((request, response) => {
    void (async () => {
      const own = `http://${request.headers.host}`;
      const url = new URL(request.url ?? '/', own);
      if (has('login-loop') && url.pathname === '/login') {
        response.writeHead(307, { location: '/' }).end();
        return;
      }
      const came = URL.parse(request.headers.referer ?? '')?.searchParams.get('cursor');
      if (has('filter-keeps-cursor') && url.pathname === '/audit' && came && !url.searchParams.has('cursor')) {
        url.searchParams.set('cursor', came);
        response.writeHead(307, { location: url.pathname + url.search }).end();
        return;
      }
      if (has('more-repeats') && url.pathname === '/api/audit') url.searchParams.delete('cursor');
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const answer = await fetch(site + url.pathname + url.search, {
        method: request.method ?? 'GET',
        headers: passedOn(request.headers, request.headers.host ?? ''),
        redirect: 'manual',
        ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
      });
      const cookies = answer.headers.getSetCookie();
      for (const [name, value] of answer.headers)
        if (!['set-cookie', 'content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name))
          response.setHeader(name, value.replaceAll(site, own));
      response.setHeader(
        'set-cookie',
        has('cookie-without-flags') ? cookies.map((cookie) => cookie.replace(/; HttpOnly/i, '')) : cookies,
      );
      const body = Buffer.from(await answer.arrayBuffer());
      const html = answer.headers.get('content-type')?.includes('text/html') === true;
      response.writeHead(answer.status).end(html ? spoil(body.toString(), has) : body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The host stays the proxy's, so that the site takes the browser's forms for its own. */
function passedOn(given: IncomingHttpHeaders, host: string): Record<string, string> {
  const headers: Record<string, string> = { 'x-forwarded-host': host };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !['host', 'connection', 'content-length', 'accept-encoding'].includes(name))
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

function spoil(html: string, has: (defect: BrowserDefect) => boolean): string {
  const picture = '<img alt="" src="http://pictures.example.invalid/mark.png"></body>';
  const shown = has('foreign-picture') ? html.replace('</body>', picture) : html;
  return has('broken-script') ? shown.replace(/(<script[^>]*nonce=")[^"]+/g, '$1stale') : shown;
}
