import { REQUIRED_SETTINGS } from '../sessions/settings.ts';
import { DatabaseUrlError } from './error.ts';

const MANAGED_SETTINGS: ReadonlySet<string> = new Set(Object.keys(REQUIRED_SETTINGS).map((name) => name.toLowerCase()));

/**
 * Returns the URL's session options unless they include a setting that the app sets itself.
 * @throws DatabaseUrlError naming the setting.
 */
export function checkOptions(options: string | undefined): string | undefined {
  for (const [, name = ''] of (options ?? '').matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)\s*=/g)) {
    const setting = name.toLowerCase().replaceAll('-', '_');
    if (MANAGED_SETTINGS.has(setting))
      throw new DatabaseUrlError(`sets ${setting} in its options, which the application sets itself: remove it`);
  }
  return options;
}
