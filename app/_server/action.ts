import 'server-only';
import { forbidden } from 'next/navigation';
import { z } from 'zod';
import { can } from '#lib/access/permissions.ts';
import { ROUTE_GUARDS, type GuardedAction, type PublicAction } from '#lib/access/route-guards.ts';
import type { Origin } from '#lib/audit/events/catalogue.ts';
import { mapTransientErrors } from '#lib/db/transient.ts';
import { fail, type Failure, type Result } from '#lib/errors.ts';
import type { CurrentUser, UserAuditContext } from '#lib/auth/session.ts';
import { markHandlerStarted, throwBadRequest } from './gate/exchange.ts';
import { requestOrigin } from './http/origin.ts';
import { auditContextOf, currentUser, recordDenial, redirectToSignIn } from './auth/session.ts';

/** The state of a form after submission. `values` returns the field values, never passwords. */
export type FormState<T = unknown> =
  | { status: 'idle' }
  | { status: 'done'; value: T }
  | { status: 'failed'; code: Failure['code']; fields: string[]; values: Record<string, string> };

export type FormAction<T> = (state: unknown, form: FormData) => Promise<FormState<T>>;

/**
 * Makes a server action for signed-in people: parse, authorise by the row of `lib/access/route-guards.ts`, call one function of lib, answer.
 * @param name the exported name; one without a row does not compile.
 */
export function defineAction<S extends z.ZodType, T>(
  name: GuardedAction,
  schema: S,
  handler: (input: z.output<S>, caller: { user: CurrentUser; context: UserAuditContext }) => Promise<Result<T>>,
): FormAction<T> {
  return async (_state, form) => {
    assertFormData(form);
    const guard = ROUTE_GUARDS.actions[name];
    const user = await currentUser();
    if (user === null) return redirectToSignIn();
    if (!can(user.role, guard)) {
      await recordDenial(user, guard, 'web');
      forbidden();
    }
    const context = await auditContextOf(user, 'web');
    return runWithForm(schema, form, (input) => handler(input, { user, context }));
  };
}

/** Defines a server action that needs no session. @param _name the exported name, whose row says `public`; another does not compile. */
export function definePublicAction<S extends z.ZodType, T>(
  _name: PublicAction,
  schema: S,
  handler: (input: z.output<S>, origin: Origin) => Promise<Result<T>>,
): FormAction<T> {
  return async (_state, form) => {
    assertFormData(form);
    const origin = await requestOrigin('web');
    return runWithForm(schema, form, (input) => handler(input, origin));
  };
}

async function runWithForm<S extends z.ZodType, T>(
  schema: S,
  form: FormData,
  handler: (input: z.output<S>) => Promise<Result<T>>,
): Promise<FormState<T>> {
  const given = textFieldsOf(form);
  const input = schema.safeParse(given);
  const result = input.success
    ? await mapTransientErrors(() => handler(input.data))
    : fail('invalid_input', 'A field is not as expected.', { errors: pointersOf(input.error) });
  if (result.ok) return { status: 'done', value: result.value };
  return { status: 'failed', code: result.code, fields: fieldsOf(result), values: withoutSecrets(given) };
}

/** Next passes on any argument that a script sends. */
function assertFormData(form: unknown): void {
  markHandlerStarted();
  if (!(form instanceof FormData)) throwBadRequest('the argument of an action is not a form');
  for (const [name, value] of form)
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
      throwBadRequest(`the field ${JSON.stringify(name.slice(0, 40))} holds NUL or half a character`);
}

/** The text fields of a form, without React's own fields (`$...`). */
function textFieldsOf(form: FormData): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of form) if (typeof value === 'string' && !name.startsWith('$')) texts[name] = value;
  return texts;
}

const pointersOf = (error: z.ZodError) => error.issues.map(({ path }) => ({ pointer: `#/${path.join('/')}` }));

const failedFields = z.object({ errors: z.array(z.object({ pointer: z.string().startsWith('#/') })) });

/** The names of the fields that a failure points at (JSON pointers, as in its problem document). */
function fieldsOf({ extra }: Failure): string[] {
  const { data } = failedFields.safeParse(extra);
  return [...new Set(data?.errors.map(({ pointer }) => pointer.slice(2)))];
}

function withoutSecrets(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !/password|token/i.test(name)));
}
