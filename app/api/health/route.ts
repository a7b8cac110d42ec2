import { db } from '#lib/db.ts';
import { checkHealth } from '#lib/health.ts';

/** Health check for load balancers and the runbook: public, never cached. */
export async function GET(): Promise<Response> {
  const health = await checkHealth(db());
  return Response.json(health, {
    status: health.status === 'ok' ? 200 : 503,
    headers: { 'Cache-Control': 'no-store' },
  });
}
