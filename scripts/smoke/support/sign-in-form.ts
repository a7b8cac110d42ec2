import { CheckFailure, type Answer, type SetCookie, type HttpVisitor } from './http-visitor.ts';

/** Submits the sign-in form as a browser without JavaScript does, with its hidden fields. */
export async function sendSignInForm(
  visitor: HttpVisitor,
  { email, password }: { email: string; password: string },
  origin: string,
): Promise<Answer> {
  const { text } = await visitor.ask('/login');
  const form = text.split('<form').find((part) => part.includes('name="password"')) ?? '';
  const body = new FormData();
  for (const [, name = '', value = ''] of form.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g))
    body.append(name, value.replaceAll('&quot;', '"'));
  body.append('email', email);
  body.append('password', password);
  return visitor.ask('/login', { method: 'POST', headers: { origin }, body });
}

/** Signs in as people do. @returns the cookie of the session. @throws Broken when the form is refused or gives none. */
export async function signInByForm(
  visitor: HttpVisitor,
  account: { email: string; password: string },
  origin: string,
): Promise<SetCookie> {
  const answer = await sendSignInForm(visitor, account, new URL(origin).origin);
  const session = answer.cookies.find(({ name, value }) => name.endsWith('session') && value !== '');
  if (session !== undefined) return session;
  const hint = answer.status >= 400 ? `: is NEXTAUTH_URL this origin? ${answer.text.slice(0, 120).split('\n')[0]}` : '';
  throw new CheckFailure(`signing in as ${account.email} by the form gives no session (HTTP ${answer.status})${hint}`);
}
