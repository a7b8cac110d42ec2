/** Prints progress steps with their duration. */
export interface Progress {
  /** Runs one step; the resolved value may add a remark to its line. */
  step<T>(name: string, run: () => Promise<T>, remark?: (value: T) => string): Promise<T>;
}

/** One line on stdout for each step, with its seconds; of a step that fails the line ends, and the error goes on to the caller. */
export function progress(): Progress {
  return {
    async step(name, run, remark) {
      const started = performance.now();
      process.stdout.write(`${name.padEnd(10)} ... `);
      try {
        const value = await run();
        const note = remark?.(value);
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        process.stdout.write(`${note ? `${note}, ` : ''}${seconds} s\n`);
        return value;
      } catch (error) {
        process.stdout.write('\n');
        throw error;
      }
    },
  };
}
