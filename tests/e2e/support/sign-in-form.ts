import type { Visitor } from '../../../scripts/support/smoke/visitor.ts';

/** Sends the form of the sign-in page as a browser without JavaScript does, its hidden fields included. */
export async function sendSignInForm(
  visitor: Visitor,
  { email, password }: { email: string; password: string },
  origin: string,
) {
  const { text } = await visitor.ask('/login');
  const form = text.split('<form').find((part) => part.includes('name="password"')) ?? '';
  const body = new FormData();
  for (const [, name = '', value = ''] of form.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g))
    body.append(name, value.replaceAll('&quot;', '"'));
  body.append('email', email);
  body.append('password', password);
  return visitor.ask('/login', { method: 'POST', headers: { origin }, body });
}
