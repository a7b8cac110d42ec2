/** `npm run up`: the app in production mode on this machine, with an embedded database. */
import { OPTIONS_HELP, startInstallation } from './support/installation/start-installation.ts';

const USAGE = `npm run up -- [options]
Installs what is missing, starts PostgreSQL, migrates, seeds, builds and serves. Ctrl-C stops everything.

${OPTIONS_HELP}`;

process.exitCode = await startInstallation('production', USAGE);
