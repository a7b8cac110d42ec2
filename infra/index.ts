import { readConfig } from './config.ts';
import { program } from './program.ts';

// A function, so that Pulumi reports what it throws (a wrong configuration, above all) without a stack trace of module loading.
export default () => program(readConfig());
