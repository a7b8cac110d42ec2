import { createRequire } from 'node:module';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';
import { program } from '../program.ts';
import type { OpenSession } from '../delivery/release-order.ts';
import { mocks } from './mocks.ts';
import { readRequest, type RecordedResource, type RegisterRequest } from './request.ts';

export type { RecordedResource } from './request.ts';

export type Mode = 'preview' | 'update';

/** Callbacks of the hooks by name. */
export interface HookAddress {
  target: string;
  token: string;
}

export interface RecordedGraph {
  stack: string;
  mode: Mode;
  /** In registration order: a resource follows its dependencies. */
  resources: RecordedResource[];
  hooks: Map<string, HookAddress>;
  /** Functions of the provider that the program called, e.g. `aws:ec2/getRouteTables:getRouteTables`. */
  lookups: Set<string>;
}

interface RecordOptions {
  mode?: Mode;
  /** Number that new task definitions get; a later release has a higher one. */
  revision?: number;
  /** Replaces AWS for the hooks. */
  open?: OpenSession;
}

type Callback = (error: Error | null, response: unknown) => void;

interface HookRequest {
  getName(): string;
  getCallback(): { getTarget(): string; getToken(): string };
}

interface Monitor {
  registerResource(request: RegisterRequest, callback: Callback): unknown;
  registerResourceHook(request: HookRequest, callback: Callback): void;
}

interface Settings {
  getMonitor: () => Monitor;
  waitForRPCs: () => Promise<void>;
}

// Neither is part of Pulumi's public types, and its documented mocks show inputs alone.
const require = createRequire(import.meta.url);
const { getMonitor, waitForRPCs } = require('@pulumi/pulumi/runtime/settings') as Settings;
const { Empty } = require('google-protobuf/google/protobuf/empty_pb') as { Empty: new () => unknown };

/**
 * Runs the program against Pulumi's mocks and records the resources with their options; the mocks themselves drop protection, dependencies,
 * timeouts and hooks. One recording at a time: Pulumi's runtime is a global of the process.
 * @param config a checked configuration, with a release if services are wanted.
 */
export async function recordGraph(
  stack: string,
  config: Config,
  { mode = 'update', revision = 1, open }: RecordOptions = {},
): Promise<RecordedGraph> {
  const preview = mode === 'preview';
  const graph: RecordedGraph = { stack, mode, resources: [], hooks: new Map(), lookups: new Set() };
  const cloud = mocks(config, preview, revision);
  const call: typeof cloud.call = (asked) => {
    graph.lookups.add(asked.token);
    return cloud.call(asked);
  };
  await pulumi.runtime.setMocks({ ...cloud, call }, 'golive', stack, preview);
  interceptMonitor(getMonitor(), graph);
  await withoutTraces(async () => {
    program(config, open);
    await waitForRPCs();
  });
  return graph;
}

/** Pulumi takes a stack trace for each promise and resource, for its diagnostics; writing them out is most of a recording's time. */
async function withoutTraces(work: () => Promise<void>): Promise<void> {
  const { stackTraceLimit } = Error;
  const before = { prepareStackTrace: Reflect.get(Error, 'prepareStackTrace') as unknown, stackTraceLimit };
  Object.assign(Error, { prepareStackTrace: ({ message }: Error) => message, stackTraceLimit: 0 });
  try {
    await work();
  } finally {
    Object.assign(Error, before);
  }
}

function interceptMonitor(monitor: Monitor, { resources, hooks }: RecordedGraph): void {
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response) resources.push(readRequest(request, (response as { getUrn(): string }).getUrn()));
      callback(error, response);
    });
  // The mocks have no such method, and making a hook would crash.
  monitor.registerResourceHook = (request, callback) => {
    const callbackAddress = request.getCallback();
    hooks.set(request.getName(), { target: callbackAddress.getTarget(), token: callbackAddress.getToken() });
    callback(null, new Empty());
  };
}
