import 'server-only';
import { can, type Permission } from '#lib/access/permissions.ts';
import { DATABASE_UNAVAILABLE, errorCode, isTransient } from '#lib/db/transient.ts';
import { fail } from '#lib/errors.ts';
import { log } from '#lib/log.ts';
import type { CurrentUser, UserAuditContext } from '#lib/auth/session.ts';
import { problem } from './problem.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';
import { auditContextOf, currentUser, recordDenial } from '../auth/session.ts';

type Handler = (request: Request) => Promise<Response>;

/**
 * Guards a route handler by session and permission: 401 and 403 as problem+json, the latter recorded. Errors thrown by the handler are
 * logged and answered without their message.
 */
export function withPermission(
  permission: Permission,
  handle: (request: Request, context: { user: CurrentUser; context: UserAuditContext }) => Promise<Response>,
): Handler {
  return withErrorResponses(async (request) => {
    const user = await currentUser();
    if (user === null) return problem(fail('unauthenticated', 'Sign in first.'), { 'WWW-Authenticate': 'Cookie' });
    if (can(user.role, permission)) return handle(request, { user, context: await auditContextOf(user, 'api') });
    await recordDenial(user, permission, 'api');
    return problem(fail('forbidden', 'Your role does not allow this.'));
  });
}

/** Logs errors thrown by a handler and answers with a problem document. */
export function withErrorResponses(handle: Handler): Handler {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      const requestId = request.headers.get(REQUEST_ID_HEADER) ?? undefined;
      if (isTransient(error)) {
        log.warn({ requestId, method: request.method, cause: errorCode(error) }, 'database unavailable');
        return problem(DATABASE_UNAVAILABLE);
      }
      log.error({ requestId, method: request.method, err: error }, 'request failed');
      return problem(fail('internal', 'Something went wrong here. Try again later.', { requestId }));
    }
  };
}
