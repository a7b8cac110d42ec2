/** `npm run ecs -- <verb>`: operates a stack on ECS with AWS credentials only. One verb per file in scripts/ecs. */
import { EXIT } from '../infra/release/ecs/failure.ts';
import { openSession } from '../infra/release/ecs/session.ts';
import { invoke } from './ecs/invoke.ts';

async function main(args: string[]): Promise<number> {
  const ending = await invoke(args, {
    writeLine: (line) => console.log(line),
    writeError: (line) => console.error(line),
    interruption: onInterrupt,
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION,
    open: openSession,
  });
  return EXIT[ending];
}

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

process.exitCode = await main(process.argv.slice(2));
