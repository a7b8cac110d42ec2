'use client';

import { useActionState, useEffect } from 'react';
import type { FormAction, FormState } from '../../_server/action.ts';
import { SubmitButton } from '../../_ui/form/action-form.tsx';
import { Button } from '../../_ui/form/button.tsx';
import { TextField } from '../../_ui/form/field.tsx';
import { Notice } from '../../_ui/layout/notice.tsx';

interface Texts {
  email: string;
  password: string;
  submit: string;
  or: string;
  /** Null when there is no provider. */
  oidc: string | null;
  oidcGo: string;
  devAdmin: string;
  devAdminHint: string;
  errors: { unauthenticated: string; provider: string; unavailable: string; other: string };
}

interface Props {
  texts: Texts;
  actions: { password: FormAction<unknown>; oidc: FormAction<string>; devAdmin: FormAction<unknown> };
  /** A path of this app, already checked by the server. */
  target: string;
  devAdmin: boolean;
  /** A code from the URL. */
  error: string | undefined;
}

/** Error codes of NextAuth that are caused by the provider. */
const PROVIDER_CODES = /^(OAuth|Callback|AccessDenied|Configuration)/;

function textOf(code: string, errors: Texts['errors']): string {
  if (code === 'unauthenticated' || code === 'invalid_input') return errors.unauthenticated;
  if (code === 'unavailable') return errors.unavailable;
  return PROVIDER_CODES.test(code) ? errors.provider : errors.other;
}

const IDLE = { status: 'idle' } as const;

/** The sign-in methods, each a form with a server action that works without JavaScript. */
export function LoginForm({ texts, actions, target, devAdmin, error }: Props) {
  const [state, submit] = useActionState(actions.password, IDLE as Awaited<FormState>);
  const failed = state.status === 'failed' ? state : undefined;
  const code = failed?.code ?? error;
  return (
    <>
      <form action={submit} className="flex flex-col gap-4">
        {code === undefined ? null : <Notice kind="bad">{textOf(code, texts.errors)}</Notice>}
        <input type="hidden" name="callbackUrl" value={target} />
        <TextField
          label={texts.email}
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={failed?.values.email ?? ''}
          required
        />
        <TextField label={texts.password} name="password" type="password" autoComplete="current-password" required />
        <SubmitButton look="primary">{texts.submit}</SubmitButton>
      </form>
      {texts.oidc === null ? null : (
        <OidcForm action={actions.oidc} target={target} texts={{ ...texts, oidc: texts.oidc }} />
      )}
      {devAdmin ? <DevAdminForm action={actions.devAdmin} target={target} texts={texts} /> : null}
    </>
  );
}

interface SignInMethodProps<T> {
  action: FormAction<T>;
  target: string;
}

/** The action returns the provider's URL: with JavaScript the browser goes there at once, otherwise it is a link. */
function OidcForm({ action, target, texts }: SignInMethodProps<string> & { texts: Texts & { oidc: string } }) {
  const [state, submit] = useActionState(action, IDLE as Awaited<FormState<string>>);
  const address = state.status === 'done' ? state.value : undefined;
  useEffect(() => {
    if (address !== undefined) window.location.assign(address);
  }, [address]);
  return (
    <form action={submit} className="mt-4">
      <p className="text-muted mb-4 text-center text-sm">{texts.or}</p>
      <input type="hidden" name="callbackUrl" value={target} />
      {address === undefined ? (
        <SubmitButton className="w-full">{texts.oidc}</SubmitButton>
      ) : (
        <Button asChild className="w-full">
          <a href={address}>{texts.oidcGo}</a>
        </Button>
      )}
    </form>
  );
}

function DevAdminForm({ action, target, texts }: SignInMethodProps<unknown> & { texts: Texts }) {
  const [state, submit] = useActionState(action, IDLE as Awaited<FormState>);
  return (
    <form action={submit} className="mt-6">
      <input type="hidden" name="callbackUrl" value={target} />
      <SubmitButton className="w-full">{texts.devAdmin}</SubmitButton>
      <p className="text-muted mt-1 text-sm">{texts.devAdminHint}</p>
      {state.status === 'failed' ? <Notice kind="bad">{textOf(state.code, texts.errors)}</Notice> : null}
    </form>
  );
}
