import { createRequire } from 'node:module';
import type { HookAddress, RecordedGraph, RecordedResource } from '../../../infra/graph/record.ts';

export interface Outcome {
  /** Names and kinds of what was created or changed, in order, as `web Service`. */
  touched: string[];
  failed?: { where: string; message: string };
}

/** What a real engine has after an update: resources by URN. */
export type State = Map<string, RecordedResource>;

/**
 * Carries out a recording as Pulumi's engine does: in the order of dependencies; hooks called back over gRPC in the program; an error in a
 * before-hook skips the operation, any error stops what has not begun.
 * @param state what is there already; brought up to date.
 * @param apply does to the world what the operation would.
 */
export async function carryOut(
  graph: RecordedGraph,
  state: State,
  apply: (resource: RecordedResource) => void,
): Promise<Outcome> {
  const touched: string[] = [];
  for (const resource of inOrder(graph.resources)) {
    const old = state.get(resource.urn);
    if (old && JSON.stringify(old.inputs) === JSON.stringify(resource.inputs)) continue;
    const where = `${resource.name} ${resource.type.split(':').at(-1)}`;
    const step = old ? 'Update' : 'Create';
    try {
      await call(graph, resource, old, `before${step}`);
      touched.push(where);
      apply(resource);
      state.set(resource.urn, resource);
      await call(graph, resource, old, `after${step}`);
    } catch (error) {
      return { touched, failed: { where, message: (error as Error).message } };
    }
  }
  return { touched };
}

/** What a resource waits for comes first, whatever the order of registration was; a circle would never come up. */
function inOrder(resources: RecordedResource[]): RecordedResource[] {
  const byUrn = new Map(resources.map((one) => [one.urn, one]));
  const ordered = new Set<RecordedResource>();
  const visit = (one: RecordedResource | undefined, path: string[]) => {
    if (!one || ordered.has(one)) return;
    if (path.includes(one.urn)) throw new Error(`circle: ${[...path, one.urn].join(' -> ')}`);
    for (const urn of [one.parent, ...one.dependencies]) visit(byUrn.get(urn), [...path, one.urn]);
    ordered.add(one);
  };
  // Backwards, so that nothing comes first only because the program happened to mention it first.
  for (const one of resources.toReversed()) visit(one, []);
  return [...ordered];
}

async function call(graph: RecordedGraph, resource: RecordedResource, old: RecordedResource | undefined, step: string) {
  for (const name of resource.hooks[step] ?? []) {
    const address = graph.hooks.get(name);
    if (!address) throw new Error(`nobody registered the hook ${name}`);
    await callBack(address, resource, old);
  }
}

interface Message {
  serializeBinary(): Uint8Array;
}

const require = createRequire(createRequire(import.meta.url).resolve('@pulumi/pulumi'));
const grpc = require('@grpc/grpc-js') as { credentials: { createInsecure(): unknown } };
const struct = require('google-protobuf/google/protobuf/struct_pb') as {
  Struct: { fromJavaScript(value: object): unknown };
};
const resourceProto = require('./proto/resource_pb') as {
  ResourceHookRequest: new () => Message &
    Record<'setUrn' | 'setName' | 'setType' | 'setNewInputs' | 'setOldInputs', (value: unknown) => void>;
  ResourceHookResponse: { deserializeBinary(bytes: Uint8Array): { getError(): string } };
};
const callbackProto = require('./proto/callback_pb') as {
  CallbackInvokeRequest: new () => { setToken(token: string): void; setRequest(bytes: Uint8Array): void };
};
const { CallbacksClient } = require('./proto/callback_grpc_pb') as {
  CallbacksClient: new (
    target: string,
    credentials: unknown,
  ) => {
    invoke(request: unknown, done: (error: Error | null, response?: { getResponse_asU8(): Uint8Array }) => void): void;
    close(): void;
  };
};

/** The engine's side of a hook: the same bytes, to the same server inside the program. */
async function callBack({ target, token }: HookAddress, resource: RecordedResource, old: RecordedResource | undefined) {
  const hook = new resourceProto.ResourceHookRequest();
  hook.setUrn(resource.urn);
  hook.setName(resource.name);
  hook.setType(resource.type);
  hook.setNewInputs(struct.Struct.fromJavaScript(resource.inputs));
  if (old) hook.setOldInputs(struct.Struct.fromJavaScript(old.inputs));
  const request = new callbackProto.CallbackInvokeRequest();
  request.setToken(token);
  request.setRequest(hook.serializeBinary());
  const client = new CallbacksClient(target, grpc.credentials.createInsecure());
  try {
    const bytes = await new Promise<Uint8Array>((resolve, reject) =>
      client.invoke(request, (error, response) => (error ? reject(error) : resolve(response!.getResponse_asU8()))),
    );
    const error = resourceProto.ResourceHookResponse.deserializeBinary(bytes).getError();
    if (error !== '') throw new Error(error);
  } finally {
    client.close();
  }
}
