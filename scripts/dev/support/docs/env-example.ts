import { ENV_FIELDS } from '#lib/env.ts';

const HEAD = `# Every variable that the app reads. Made by \`npm run docs:generate\` from lib/env.ts: edit it there.
# A line that is commented out shows the default, or is optional.
# A file .env is read by the web server alone, since Next does it. Give it to everything else by name:
#   node --env-file=.env worker/main.ts
#   node --env-file=.env scripts/bootstrap.mjs up
`;

interface Field {
  description?: string;
  safeParse(value: unknown): { success: boolean; data?: unknown };
}

/** The text of .env.example. Required variables without a default are empty. */
export function envExample(): string {
  const blocks = Object.entries(ENV_FIELDS as unknown as Record<string, Field>).flatMap(([name, field]) => {
    if (!field.description) return [];
    const fallback = field.safeParse(undefined);
    const line = fallback.success ? `#${name}=${valueText(fallback.data)}` : `${name}=`;
    return [`# ${field.description}\n${line}\n`];
  });
  return [HEAD, ...blocks].join('\n');
}

const valueText = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
