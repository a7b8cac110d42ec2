import { useTranslations } from 'next-intl';
import type { SessionRow } from '#lib/auth/session.ts';
import { Badge } from '../../../_ui/data/badge.tsx';
import { Given } from '../../../_ui/data/given.tsx';
import { LocalTime } from '../../../_ui/data/local-time.tsx';

/** The user's sessions, newest first. */
export function SessionList({ sessions, current }: { sessions: SessionRow[]; current: string }) {
  const t = useTranslations('account.sessions');
  return (
    <ul className="divide-line my-4 divide-y">
      {sessions.map(({ id, createdAt, lastSeenAt, ip, userAgent }) => (
        <li key={id} className="py-3 text-sm">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="font-medium">
              <Given text={browserOf(userAgent) ?? t('unknown')} />
            </span>
            {id === current ? <Badge tone="accent">{t('this')}</Badge> : null}
          </p>
          <p className="text-muted">
            {ip ? <span className="font-mono text-xs">{ip} · </span> : null}
            {t('since')} <LocalTime time={createdAt.toISOString()} />
          </p>
          <p className="text-muted">
            {t('seen')} <LocalTime time={lastSeenAt.toISOString()} />
          </p>
        </li>
      ))}
    </ul>
  );
}

const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const;
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS X', 'Linux'] as const;
const NAMES: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' };

/**
 * Browser and system of a user agent, good enough to recognise one's own device; the first match wins, because each also claims to be the
 * later ones.
 */
function browserOf(userAgent: string | null): string | null {
  if (userAgent === null) return null;
  const found = [BROWSERS, SYSTEMS].map((list) => list.find((name) => userAgent.includes(name)));
  const words = found.flatMap((name) => (name === undefined ? [] : [NAMES[name] ?? name]));
  return words.length > 0 ? words.join(' · ') : userAgent.slice(0, 60);
}
