/** An HTTP client that behaves like a browser: a cookie jar, single-step redirects, time and size limits. */

const TIMEOUT_MS = 15_000;
const MAX_HOPS = 6;

/** A failed smoke check; the message states what was expected and what was found. */
export class CheckFailure extends Error {
  override name = 'Broken';
}

export interface SetCookie {
  name: string;
  value: string;
  attributes: Set<string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  ms: number;
  cookies: SetCookie[];
  /** Paths of a redirect chain, the requested path first. */
  trail: string[];
}

function parseCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';');
  const at = pair.indexOf('=');
  const attributes = new Set(rest.map((part) => part.trim().toLowerCase()));
  return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes };
}

/** A minimal browser: keeps and sends cookies; Secure cookies only over https. */
export class HttpVisitor {
  readonly #origin: string;
  /** True if a browser would treat the connection as https. */
  readonly https: boolean;
  readonly jar = new Map<string, string>();

  /** @param options `behindTls` when the origin is what a TLS proxy forwards to. */
  constructor(origin: string, { behindTls = false } = {}) {
    this.#origin = origin;
    this.https = behindTls || origin.startsWith('https:');
  }

  /** Sends one request without following redirects. @throws Broken when there is no response. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (this.jar.size > 0) headers.set('cookie', [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const started = performance.now();
    let response: Response;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      response = await fetch(new URL(path, this.#origin), { ...init, headers, redirect: 'manual', signal });
    } catch (error) {
      const { message, cause } = error as Error;
      throw new CheckFailure(`${path} does not answer: ${cause instanceof Error ? cause.message : message}`);
    }
    const text = await response.text();
    const cookies = response.headers.getSetCookie().map(parseCookie);
    for (const cookie of cookies) this.#keep(cookie);
    return {
      status: response.status,
      headers: response.headers,
      text,
      cookies,
      ms: performance.now() - started,
      trail: [path],
    };
  }

  /** Follows redirects of this origin. @throws Broken on a loop, or on a redirect that leaves the origin. */
  async open(path: string): Promise<Answer> {
    const trail: string[] = [];
    for (let next = path; ;) {
      trail.push(next);
      const answer = await this.ask(next);
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status > 399 || location === null) return { ...answer, trail };
      const target = new URL(location, new URL(next, this.#origin));
      if (target.origin !== new URL(this.#origin).origin)
        throw new CheckFailure(`${path} redirects to another origin, ${target.origin}: is NEXTAUTH_URL this origin?`);
      next = target.pathname + target.search;
      if (trail.length > MAX_HOPS) throw new CheckFailure(`redirect loop: ${[...trail, next].join(' → ')}`);
    }
  }

  /** Signs in as the login page does. @returns the cookie of the session. */
  async signIn(email: string, password: string): Promise<SetCookie> {
    const answer = await this.#post('/api/auth/callback/credentials', { email, password, json: 'true' });
    const session = answer.cookies.find(({ name, value }) => name.endsWith('session') && value !== '');
    if (session === undefined)
      throw new CheckFailure(`signing in as ${email} gives no session (HTTP ${answer.status})`);
    return session;
  }

  async signOut(): Promise<void> {
    await this.#post('/api/auth/signout', { json: 'true' });
  }

  async #post(path: string, fields: Record<string, string>): Promise<Answer> {
    const csrf = await this.ask('/api/auth/csrf');
    const { csrfToken } = JSON.parse(csrf.text || '{}') as { csrfToken?: string };
    if (csrfToken === undefined) throw new CheckFailure(`/api/auth/csrf gives no token (HTTP ${csrf.status})`);
    const body = new URLSearchParams({ ...fields, csrfToken });
    return this.ask(path, { method: 'POST', body });
  }

  #keep({ name, value, attributes }: SetCookie): void {
    const gone = value === '' || attributes.has('max-age=0') || attributes.has('expires=thu, 01 jan 1970 00:00:00 gmt');
    // A browser drops a Secure cookie that comes over plain http.
    if (gone || (attributes.has('secure') && !this.https)) this.jar.delete(name);
    else this.jar.set(name, value);
  }
}
