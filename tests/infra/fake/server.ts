import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RELEASE_PERMISSIONS } from '../../../infra/release/permissions.ts';
import { AwsError, answer, answerError, readCall, type Actions, type Call } from './protocol.ts';
import { serviceActions } from './services.ts';
import { surroundings } from './other-services.ts';
import { taskActions } from './tasks.ts';
import type { FakeState } from './state.ts';

const SERVICES: Record<string, Actions> = { ...surroundings, ecs: { ...taskActions, ...serviceActions } };

/** What goes wrong with the next calls of an action. `lost` carries the call out and then breaks the connection. */
type Fault = 'throttled' | 'unreachable' | 'lost' | 'denied';

export interface FakeAws extends AsyncDisposable {
  url: string;
  world: FakeState;
  calls: Call[];
  /** `service:Action` as IAM writes it, with the roles that a call hands on as `iam:PassRole`. */
  actions: Set<string>;
  fail(action: string, fault: Fault, times: number): void;
  /** Time that passes with each call, for processes that wait on a clock of their own. In milliseconds. */
  tick: number;
}

/**
 * Starts the fake account on a free port of the loopback; `/api/health` of the same server is the app behind the load balancer.
 * @param may the table of actions that the caller's role allows: the deploy role's, unless said otherwise.
 */
export async function startFakeAws(
  world: FakeState,
  may: Record<string, unknown> = RELEASE_PERMISSIONS,
): Promise<FakeAws> {
  const calls: Call[] = [];
  const actions = new Set<string>();
  const faults: { action: string; fault: Fault; left: number }[] = [];

  async function handle(request: Parameters<typeof readCall>[0], response: ServerResponse) {
    if (request.url === '/api/health') return void health(world, response);
    const call = await readCall(request);
    await world.clock.sleep(fake.tick);
    const fault = faults.find((one) => one.action === call.action && one.left > 0);
    if (fault) fault.left--;
    if (fault?.fault === 'unreachable') return void request.socket.destroy();
    calls.push(call);
    try {
      if (fault?.fault === 'throttled') throw new AwsError('ThrottlingException', 'Rate exceeded');
      if (fault?.fault === 'denied')
        throw new AwsError('AccessDeniedException', `not authorized to perform ${call.action}`);
      authorise(call, actions, may);
      const action = SERVICES[call.service]?.[call.action];
      if (!action) throw new AwsError('UnknownOperationException', `${call.service} has no ${call.action} here`);
      const output = action(world, call.input);
      if (fault?.fault === 'lost') return void request.socket.destroy();
      answer(response, call, output);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      answerError(response, call, error);
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeAws = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    world,
    calls,
    actions,
    fail: (action, fault, times) => void faults.push({ action, fault, left: times }),
    tick: 0,
    [Symbol.asyncDispose]: () => close(server),
  };
  return fake;
}

/** What the role's table does not hold is refused, in every story. Anybody may ask who they are. */
function authorise({ service, action }: Call, seen: Set<string>, may: Record<string, unknown>): void {
  if (service === 'sts') return;
  const needed = [`${service}:${action}`, ...(['RunTask', 'UpdateSchedule'].includes(action) ? ['iam:PassRole'] : [])];
  for (const one of needed) {
    seen.add(one);
    if (!(one in may)) throw new AwsError('AccessDeniedException', `the role may not ${one}`);
  }
}

function health(world: FakeState, response: ServerResponse): void {
  const running = world.services.get('web')?.deployments.findLast(({ outcome }) => outcome === 'completed');
  const image = world.taskDefinitions.get(running?.taskDefinition ?? '')?.containerDefinitions[0]?.image ?? '';
  const { status, commit } = world.health ?? { status: 200, commit: world.commits.get(image) };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'ok', commit }));
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
