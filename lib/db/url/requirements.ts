import type { Client, ClientBase, ClientConfig } from 'pg';
import type { DatabaseTarget } from './read.ts';

type Constructor = new (config?: ClientConfig) => Client;

/** What is heard on the wire of a client before it is connected; `pg` keeps it to itself. */
interface Wire {
  connection: { on(event: 'authenticationSASL', heard: (message: { mechanisms: string[] }) => void): void };
}

const BOUND = new WeakSet<object>();

/** The class of client for a URL: with `channel_binding=require` one that remembers whether the server offered it. */
export function clientClass(Base: Constructor, target: DatabaseTarget | undefined): Constructor {
  if (target?.channelBinding !== 'require') return Base;
  return class extends Base {
    constructor(config?: ClientConfig) {
      super(config);
      // What is offered is taken: enableChannelBinding is set for every URL that demands it.
      (this as unknown as Wire).connection.on('authenticationSASL', ({ mechanisms }) => {
        if (mechanisms.includes('SCRAM-SHA-256-PLUS')) BOUND.add(this);
      });
    }
  };
}

/**
 * Looks whether a new connection is what the URL demands beside an address: what libpq finds out itself and `pg` does not.
 * @throws when the sign-in was not bound to the channel, or the server takes no writes.
 */
export async function checkDemands({ channelBinding, primaryOnly }: DatabaseTarget, client: ClientBase): Promise<void> {
  if (channelBinding === 'require' && !BOUND.has(client))
    throw new Error('the server offers no channel binding, which channel_binding=require in its URL demands');
  if (!primaryOnly) return;
  const { rows } = await client.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
  if (rows[0]?.replica)
    throw new Error('the server is a replica, and target_session_attrs in its URL demands one that takes writes');
}
