'use client';

import { signIn } from 'next-auth/react';
import { useActionState } from 'react';
import { SubmitButton } from './action-form.tsx';
import { TextField } from './field.tsx';
import { Notice } from './notice.tsx';

interface Texts {
  email: string;
  password: string;
  submit: string;
  or: string;
  /** Null when there is no provider. */
  oidc: string | null;
  devAdmin: string;
  devAdminHint: string;
  errors: { unauthenticated: string; provider: string; unavailable: string; other: string };
}

interface Props {
  texts: Texts;
  /** A path of this app, already checked by the server. */
  target: string;
  devAdmin: boolean;
  /** A code from the URL. */
  error: string | undefined;
}

/** Codes that NextAuth gives when the provider, not the person, is the reason. */
const PROVIDER_CODES = /^(OAuth|Callback|AccessDenied|Configuration)/;

function textOf(code: string, errors: Texts['errors']): string {
  if (code === 'unauthenticated' || code === 'invalid_input') return errors.unauthenticated;
  if (code === 'unavailable') return errors.unavailable;
  return PROVIDER_CODES.test(code) ? errors.provider : errors.other;
}

interface Failed {
  code: string | undefined;
  email: string;
}

/** Tries to sign in; on success the whole page is loaded anew, so nothing of the visitor's state remains. */
async function attempt(provider: string, fields: Record<string, string>, target: string): Promise<string | undefined> {
  const answer = await signIn(provider, { ...fields, redirect: false, callbackUrl: target }).catch(() => undefined);
  if (answer?.ok && !answer.error) {
    window.location.assign(target);
    return undefined;
  }
  return answer?.error ?? 'unavailable';
}

const text = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};

export function LoginForm({ texts, target, devAdmin, error }: Props) {
  const [state, submit] = useActionState(
    async (_: Failed, form: FormData): Promise<Failed> => {
      const email = text(form, 'email');
      return { email, code: await attempt('credentials', { email, password: text(form, 'password') }, target) };
    },
    { code: error, email: '' },
  );
  return (
    <>
      <form action={submit} className="flex flex-col gap-4">
        {state.code === undefined ? null : <Notice kind="bad">{textOf(state.code, texts.errors)}</Notice>}
        <TextField
          label={texts.email}
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={state.email}
          required
        />
        <TextField label={texts.password} name="password" type="password" autoComplete="current-password" required />
        <SubmitButton look="primary">{texts.submit}</SubmitButton>
      </form>
      {texts.oidc === null ? null : (
        <form action={() => signIn('oidc', { callbackUrl: target }).then(() => undefined)} className="mt-4">
          <p className="text-muted mb-4 text-center text-sm">{texts.or}</p>
          <SubmitButton className="w-full">{texts.oidc}</SubmitButton>
        </form>
      )}
      {devAdmin ? (
        <form action={() => attempt('dev-admin', {}, target).then(() => undefined)} className="mt-6">
          <SubmitButton className="w-full">{texts.devAdmin}</SubmitButton>
          <p className="text-muted mt-1 text-sm">{texts.devAdminHint}</p>
        </form>
      ) : null}
    </>
  );
}
