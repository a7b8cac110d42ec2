import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { green, red, type Check } from './check.ts';

/** The working tree matches what will be deployed. */
export const tree: Check = {
  name: 'tree',
  description: 'the working tree is clean and its commit is pushed',
  async run({ run }) {
    const status = await run('git', ['status', '--porcelain']);
    if (status.code !== 0) return [red('this is not a git checkout', 'run the preflight in a clone')];
    const changed = status.output.split('\n').filter(Boolean);
    if (changed.length > 0)
      return [
        red(`${changed.length} changes are not committed, the first: ${changed[0]?.slice(3)}`, 'commit or stash them'),
      ];
    const ahead = await run('git', ['rev-list', '--count', '@{upstream}..HEAD']);
    if (ahead.code !== 0) return [red('the branch follows no remote branch', 'push it with: git push -u origin HEAD')];
    const commits = Number(ahead.output.trim());
    if (commits > 0) return [red(`${commits} commits are not pushed`, 'git push')];
    const head = await run('git', ['rev-parse', '--short', 'HEAD']);
    return [green(`clean at ${head.output.trim()}, pushed`)];
  },
};

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The lock file matches package.json with exact versions. */
export const lockFile: Check = {
  name: 'lock-file',
  description: 'package-lock.json says what package.json says, each version exact',
  async run({ root }) {
    const read = async (name: string) => JSON.parse(await readFile(join(root, name), 'utf8')) as unknown;
    const wanted = (await read('package.json')) as Manifest;
    const locked = ((await read('package-lock.json')) as { packages: Record<string, Manifest> }).packages[''] ?? {};
    const all = { ...wanted.dependencies, ...wanted.devDependencies };
    const known = { ...locked.dependencies, ...locked.devDependencies };
    const differing = Object.keys({ ...all, ...known }).filter((name) => all[name] !== known[name]);
    if (differing.length > 0)
      return [red(`package-lock.json differs for ${differing.join(', ')}`, 'run npm install and commit the lock file')];
    const loose = Object.entries(all).filter(([, version]) => /^[\^~><*]/.test(version));
    if (loose.length > 0)
      return [red(`not pinned: ${loose.map(([name]) => name).join(', ')}`, 'npm install --save-exact')];
    return [green(`${Object.keys(all).length} packages, pinned`)];
  },
};
