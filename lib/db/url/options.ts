import { PINNED } from '../sessions/settings.ts';
import { DatabaseUrlFault } from './error.ts';

const OURS: ReadonlySet<string> = new Set(Object.keys(PINNED).map((name) => name.toLowerCase()));

/**
 * The settings that a URL hands to the server, if none of them is one that every session of ours sets itself: psql would have the URL's
 * and the app its own.
 * @throws DatabaseUrlFault naming the setting.
 */
export function optionsSettingOurs(options: string | undefined): string | undefined {
  for (const [, name = ''] of (options ?? '').matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)\s*=/g)) {
    const setting = name.toLowerCase().replaceAll('-', '_');
    if (OURS.has(setting))
      throw new DatabaseUrlFault(`sets ${setting} in its options, which the application sets itself: remove it`);
  }
  return options;
}
