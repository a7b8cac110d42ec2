import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import { mocks } from '../../../infra/graph/mocks.ts';
import { stackConfig } from '../../../infra/graph/stacks.ts';
import { bareEnvironment } from '../../support/host.ts';

type Done = (error: object | null, response?: unknown) => void;
type Handler = (call: { request: Request }, done: Done) => void;
interface Request {
  getType(): string;
  getName(): string;
  getMessage(): string;
  getPulumiVersionRange(): string;
  getCustom(): boolean;
}
interface Server {
  addService(service: unknown, handlers: Record<string, Handler>): void;
  bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}

const require = createRequire(import.meta.url);
const inside = createRequire(require.resolve('@pulumi/pulumi'));
const grpc = inside('@grpc/grpc-js') as {
  Server: new (options: object) => Server;
  ServerCredentials: { createInsecure(): unknown };
  status: { FAILED_PRECONDITION: number };
};
const { Empty } = require('google-protobuf/google/protobuf/empty_pb') as { Empty: new () => unknown };
const { ResourceMonitorService } = inside('./proto/resource_grpc_pb') as { ResourceMonitorService: unknown };
const { SupportsFeatureResponse } = inside('./proto/resource_pb') as {
  SupportsFeatureResponse: new () => { setHassupport(value: boolean): void };
};
const { EngineService } = inside('./proto/engine_grpc_pb') as { EngineService: unknown };
const engineProto = inside('./proto/engine_pb') as Record<
  'GetRootResourceResponse' | 'SetRootResourceResponse' | 'RequirePulumiVersionResponse',
  new () => unknown
>;
const { getMonitor } = require('@pulumi/pulumi/runtime/settings') as {
  getMonitor: () => Record<string, (request: Request, done: Done) => void>;
};

export interface Launched {
  code: number;
  /** What the program told its user. */
  said: string[];
  /** Type and name of each resource that it asked for, in order. */
  registered: string[];
  hooks: number;
  /** The CLI versions that it accepts. */
  range: string | undefined;
}

/**
 * Starts infra/ as the CLI does: Pulumi's own launcher for Node in a process of its own, which talks gRPC to an engine. The engine is ours;
 * what it answers about resources is Pulumi's mock monitor.
 * @param config what `pulumi config` holds, by key.
 * @param oldCli the CLI says that it is not in the range which the program asks for.
 */
export async function launch(config: Record<string, unknown>, { oldCli = false } = {}): Promise<Launched> {
  const seen: Omit<Launched, 'code'> = { said: [], registered: [], hooks: 0, range: undefined };
  await pulumi.runtime.setMocks(mocks(await stackConfig('staging'), false, 1), 'golive', 'staging', false);
  const monitor = getMonitor();
  const empty: Handler = (_call, done) => done(null, new Empty());
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
  server.addService(ResourceMonitorService, {
    getDeploymentInfo: ({ request }, done) => monitor.getDeploymentInfo!(request, done),
    supportsFeature: (_call, done) => {
      const response = new SupportsFeatureResponse();
      response.setHassupport(true);
      done(null, response);
    },
    invoke: ({ request }, done) => monitor.invoke!(request, done),
    registerResource: ({ request }, done) => {
      seen.registered.push(`${request.getType()} ${request.getName()}`);
      monitor.registerResource!(request, done);
    },
    registerResourceOutputs: empty,
    registerPackage: ({ request }, done) => monitor.registerPackage!(request, done),
    registerResourceHook: (call, done) => {
      seen.hooks++;
      empty(call, done);
    },
    signalAndWaitForShutdown: empty,
  });
  server.addService(EngineService, {
    log: (call, done) => {
      seen.said.push(call.request.getMessage());
      empty(call, done);
    },
    getRootResource: (_call, done) => done(null, new engineProto.GetRootResourceResponse()),
    setRootResource: (_call, done) => done(null, new engineProto.SetRootResourceResponse()),
    requirePulumiVersion: ({ request }, done) => {
      seen.range = request.getPulumiVersionRange();
      if (oldCli)
        done({ code: grpc.status.FAILED_PRECONDITION, message: 'Pulumi CLI version 3.200.0 does not satisfy it' });
      else done(null, new engineProto.RequirePulumiVersionResponse());
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  try {
    return { code: await run(`127.0.0.1:${port}`, config), ...seen };
  } finally {
    server.forceShutdown();
  }
}

/** As the language host starts it: with `main: infra/` the working directory is that folder and the program is `.`. */
async function run(address: string, config: Record<string, unknown>): Promise<number> {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const values = Object.fromEntries(Object.entries(config).map(([key, value]) => [`golive:${key}`, text(value)]));
  const env = bareEnvironment({ PULUMI_CONFIG: JSON.stringify(values), PULUMI_NODEJS_TYPESCRIPT: 'false' });
  const where = fileURLToPath(new URL('../../../infra', import.meta.url));
  const stack = [
    '--project=golive',
    '--stack=staging',
    '--organization=organization',
    '--parallel=16',
    `--pwd=${where}`,
  ];
  // Pulumi writes out a stack trace with each promise, for its own diagnostics.
  const args = [
    '--stack-trace-limit=0',
    inside.resolve('./cmd/run'),
    `--monitor=${address}`,
    `--engine=${address}`,
    ...stack,
    '.',
  ];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number];
  return code;
}
