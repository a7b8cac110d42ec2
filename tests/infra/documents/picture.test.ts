import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PRUNE_SCHEDULE } from '#lib/release/contract.ts';
import { all, recorded } from '../graph/recorded.ts';

const picture = readFileSync(new URL('../../../docs/images/stage2.svg', import.meta.url), 'utf8');
const named = (attribute: string) =>
  [...picture.matchAll(new RegExp(`${attribute}="([^"]+)"`, 'g'))].flatMap(([, names = '']) => names.split(' '));

test('the picture shows every component of production, and none that is not there', async () => {
  const { resources } = await recorded('production');
  const urns = new Map(resources.map(({ urn, name }) => [urn, name]));
  const parts = resources.filter(({ parent }) => ['platform', 'services'].includes(urns.get(parent) ?? ''));
  // Who may talk to whom is drawn as lines.
  const boxes = parts.filter(({ custom, name }) => !custom && name !== 'firewall').map(({ name }) => name);
  expect(named('data-shows').sort()).toEqual(boxes.sort());
});

test('its lines are the ways that the firewall opens, each of them and no other', async () => {
  const graph = await recorded('production');
  const rules = ['Ingress', 'Egress'].flatMap((way) =>
    all(graph, `vpc/securityGroup${way}Rule:SecurityGroup${way}Rule`),
  );
  // A way between two groups is a rule on either side of it.
  const ways = rules.map(({ name, inputs }) =>
    inputs.referencedSecurityGroupId === undefined ? name : name.replace(/-(in|out)$/, ''),
  );
  const drawn = named('data-allows').map((way) => `firewall-${way}`);
  expect(drawn.sort()).toEqual([...new Set(ways)].sort());
});

test('its order of a release is that of the hooks, and its hour that of the schedule', async () => {
  const { resources } = await recorded('production');
  const hooked = resources.filter(({ hooks }) => Object.keys(hooks).length > 0);
  const steps = hooked.flatMap(({ name, hooks: { beforeUpdate = [], afterUpdate = [] } }) => [
    ...beforeUpdate,
    ...(name === 'releases-running' ? [] : [name]),
    ...afterUpdate,
  ]);
  // The check after a service stands again before the next one.
  const once = steps.filter((step, index) => step !== steps[index - 1]).map((step) => step.replace(/-\w+$/, ''));
  expect(picture).toContain(`task definitions → ${once.join(' → ')}.`);
  const [minute = '', hour = ''] = PRUNE_SCHEDULE.split(' ');
  expect(picture).toContain(`daily, ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`);
});
