import type { Client, ClientBase, ClientConfig } from 'pg';
import type { DatabaseTarget } from './read.ts';

type Constructor = new (config?: ClientConfig) => Client;

/** `pg`'s internal connection, which emits SASL events. */
interface SaslEvents {
  connection: { on(event: 'authenticationSASL', heard: (message: { mechanisms: string[] }) => void): void };
}

const CHANNEL_BOUND = new WeakSet<object>();

/** The client class for a URL: with `channel_binding=require` one that records whether the server offered it. */
export function clientClass(Base: Constructor, target: DatabaseTarget | undefined): Constructor {
  if (target?.channelBinding !== 'require') return Base;
  return class extends Base {
    constructor(config?: ClientConfig) {
      super(config);
      // If offered it is used: enableChannelBinding is set for these URLs.
      (this as unknown as SaslEvents).connection.on('authenticationSASL', ({ mechanisms }) => {
        if (mechanisms.includes('SCRAM-SHA-256-PLUS')) CHANNEL_BOUND.add(this);
      });
    }
  };
}

/**
 * Checks requirements of the URL that libpq enforces and `pg` does not.
 * @throws without channel binding, or when the server is read-only.
 */
export async function checkConnectionRequirements(
  { channelBinding, primaryOnly }: DatabaseTarget,
  client: ClientBase,
): Promise<void> {
  if (channelBinding === 'require' && !CHANNEL_BOUND.has(client))
    throw new Error('the server offers no channel binding, which channel_binding=require in its URL demands');
  if (!primaryOnly) return;
  const { rows } = await client.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
  if (rows[0]?.replica)
    throw new Error('the server is a replica, and target_session_attrs in its URL demands one that takes writes');
}
