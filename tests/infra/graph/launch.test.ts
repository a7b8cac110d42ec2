import { expect, test } from 'vitest';
import { exampleRelease, readStackFile } from '../../../infra/graph/stacks.ts';
import { launch } from './launcher.ts';
import { recorded } from './recorded.ts';

const settings = async () => ({ ...(await readStackFile('staging')), release: exampleRelease('staging') });

test('Pulumi’s own launcher starts the program, which then asks for what was recorded, hooks and all', async () => {
  const launched = await launch(await settings());
  expect(launched).toMatchObject({ code: 0, hooks: 4, range: '>=3.238.0' });
  const { resources } = await recorded('staging');
  const asked = launched.registered.filter((one) => !one.startsWith('pulumi:pulumi:Stack '));
  expect(asked.sort()).toEqual(resources.map(({ type, name }) => `${type} ${name}`).sort());
});

test('a wrong setting is named to the user before any resource is asked for', async () => {
  const { code, said, registered } = await launch({ ...(await settings()), network: { cidr: '10.0.0.0/8', zones: 9 } });
  expect(code).not.toBe(0);
  expect(said.join('\n')).toMatch(/golive:network\.zones: /);
  expect(registered.filter((one) => !one.startsWith('pulumi:pulumi:Stack '))).toEqual([]);
});

test('a CLI that would let an error in a hook pass is refused before any resource is asked for', async () => {
  const { code, said, registered } = await launch(await settings(), { oldCli: true });
  expect(code).not.toBe(0);
  expect(said.join('\n')).toContain('does not satisfy');
  expect(registered.filter((one) => !one.startsWith('pulumi:pulumi:Stack '))).toEqual([]);
});
