/** Reads a resource from the RPC request to Pulumi's engine. */
export interface RecordedResource {
  urn: string;
  type: string;
  name: string;
  parent: string;
  custom: boolean;
  inputs: Record<string, unknown>;
  /** Paths of secret inputs. */
  secretPaths: string[];
  dependencies: string[];
  protect: boolean;
  retainOnDelete: boolean;
  ignoreChanges: string[];
  /** Minutes, as written in the program. */
  timeouts: Partial<Record<'create' | 'update' | 'delete', string>>;
  hooks: Record<string, string[]>;
  provider: string;
}

interface HooksBinding {
  getBeforeCreateList(): string[];
  getBeforeUpdateList(): string[];
  getAfterCreateList(): string[];
  getAfterUpdateList(): string[];
}

/** The part of `RegisterResourceRequest` that is looked at. */
export interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getProvider(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getCustomtimeouts(): { getCreate(): string; getUpdate(): string; getDelete(): string } | undefined;
  getHooks(): HooksBinding | undefined;
}

/** Markers of Pulumi's wire format, from `@pulumi/pulumi/runtime/rpc`. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/**
 * The record of one resource that the program registers: its inputs with the secrets opened and their paths named, and its relevant
 * options. Times are as Pulumi writes them, e.g. `30m`.
 * @param urn the name under which the engine has registered it.
 */
export function readRequest(request: RegisterRequest, urn: string): RecordedResource {
  const secretPaths: string[] = [];
  const inputs = unwrap(request.getObject()?.toJavaScript() ?? {}, '', secretPaths) as Record<string, unknown>;
  const timeouts = request.getCustomtimeouts();
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    custom: request.getCustom(),
    inputs,
    secretPaths,
    dependencies: [...request.getDependenciesList()].sort(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    ignoreChanges: request.getIgnorechangesList(),
    timeouts: withoutEmpty({
      create: timeouts?.getCreate(),
      update: timeouts?.getUpdate(),
      delete: timeouts?.getDelete(),
    }),
    hooks: hookNames(request.getHooks()),
    provider: request.getProvider().split('::').at(-2) ?? '',
  };
}

function hookNames(hooks: HooksBinding | undefined): Record<string, string[]> {
  const all = {
    beforeCreate: hooks?.getBeforeCreateList(),
    beforeUpdate: hooks?.getBeforeUpdateList(),
    afterCreate: hooks?.getAfterCreateList(),
    afterUpdate: hooks?.getAfterUpdateList(),
  };
  return Object.fromEntries(Object.entries(all).filter(([, names]) => names?.length)) as Record<string, string[]>;
}

const withoutEmpty = (timeouts: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(timeouts).filter(([, value]) => value)) as RecordedResource['timeouts'];

function unwrap(value: unknown, path: string, secretPaths: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => unwrap(item, `${path}[${index}]`, secretPaths));
  if (value === UNKNOWN) return '<known later>';
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === SECRET) {
    secretPaths.push(path);
    return unwrap(object.value, path, secretPaths);
  }
  return Object.fromEntries(
    Object.entries(object).map(([key, item]) => [key, unwrap(item, path === '' ? key : `${path}.${key}`, secretPaths)]),
  );
}
