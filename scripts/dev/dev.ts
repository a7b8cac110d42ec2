/** `npm run dev`: the app with hot reload on this machine, with an embedded database. */
import { OPTIONS_HELP, startInstallation } from './support/installation/start-installation.ts';

const USAGE = `npm run dev -- [options]
Like npm run up, but serves the sources as they are being edited.

${OPTIONS_HELP}`;

process.exitCode = await startInstallation('development', USAGE);
