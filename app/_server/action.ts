import 'server-only';
import { forbidden } from 'next/navigation';
import { z } from 'zod';
import { can } from '#lib/access/permissions.ts';
import { SURFACE, type Guard } from '#lib/access/route-guards.ts';
import type { Origin } from '#lib/audit/events/catalogue.ts';
import { mapTransientErrors } from '#lib/db/transient.ts';
import { fail, type Failure, type Result } from '#lib/errors.ts';
import type { CurrentUser, OwnAct } from '#lib/auth/session.ts';
import { reach, refuseRequest } from './gate/exchange.ts';
import { requestOrigin } from './http/origin.ts';
import { actOf, currentUser, recordDenial, toSignIn } from './auth/session.ts';

/** What a form shows after it was sent. `values` gives the fields back, passwords never. */
export type FormState<T = unknown> =
  | { status: 'idle' }
  | { status: 'done'; value: T }
  | { status: 'failed'; code: Failure['code']; fields: string[]; values: Record<string, string> };

export type FormAction<T> = (state: unknown, form: FormData) => Promise<FormState<T>>;

/**
 * Makes a server action for signed-in people: parse, authorise by the row of `lib/access/route-guards.ts`, call one function of lib, answer.
 * @param name the exported name; an action without a row is a broken invariant and throws.
 */
export function defineAction<S extends z.ZodType, T>(
  name: string,
  schema: S,
  run: (input: z.output<S>, caller: { user: CurrentUser; act: OwnAct }) => Promise<Result<T>>,
): FormAction<T> {
  return async (_state, form) => {
    mustBeForm(form);
    const guard = guardOf(name);
    if (guard === 'public' || guard === 'agent-key') throw new Error(`the action ${name} is not for signed-in people`);
    const user = await currentUser();
    if (user === null) return toSignIn();
    if (!can(user.role, guard)) {
      await recordDenial(user, guard, 'web');
      forbidden();
    }
    const act = await actOf(user, 'web');
    return answer(schema, form, (input) => run(input, { user, act }));
  };
}

/** The same for an action that anybody may call; its row says `public`. */
export function definePublicAction<S extends z.ZodType, T>(
  name: string,
  schema: S,
  run: (input: z.output<S>, origin: Origin) => Promise<Result<T>>,
): FormAction<T> {
  return async (_state, form) => {
    mustBeForm(form);
    if (guardOf(name) !== 'public') throw new Error(`the action ${name} is not public`);
    const origin = await requestOrigin('web');
    return answer(schema, form, (input) => run(input, origin));
  };
}

function guardOf(name: string): Guard {
  const guard = SURFACE.actions[name];
  if (guard === undefined) throw new Error(`the action ${name} has no row in lib/access/route-guards.ts`);
  return guard;
}

async function answer<S extends z.ZodType, T>(
  schema: S,
  form: FormData,
  run: (input: z.output<S>) => Promise<Result<T>>,
): Promise<FormState<T>> {
  const given = textsOf(form);
  const input = schema.safeParse(given);
  const result = input.success
    ? await mapTransientErrors(() => run(input.data))
    : fail('invalid_input', 'A field is not as expected.', { errors: pointersOf(input.error) });
  if (result.ok) return { status: 'done', value: result.value };
  return { status: 'failed', code: result.code, fields: fieldsOf(result), values: withoutSecrets(given) };
}

/** Next hands over whatever a script has sent. */
function mustBeForm(form: unknown): void {
  reach();
  if (!(form instanceof FormData)) refuseRequest('the argument of an action is not a form');
  for (const [name, value] of form)
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
      refuseRequest(`the field ${JSON.stringify(name.slice(0, 40))} holds NUL or half a character`);
}

/** The text fields of a form; names that begin with `$` are React's own. */
function textsOf(form: FormData): Record<string, string> {
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
