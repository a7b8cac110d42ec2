import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { MIGRATOR_PROGRAMS } from '../../../infra/image/programs.ts';
import { namesOf } from '../../../infra/names.ts';
import { CHECKS } from '#lib/release/preflight/checks.ts';
import { DEPLOY, JOBS, STACK, type Job, type Step } from './workflows.ts';

const deploy = STACK.jobs.deploy!;
const step = (job: Job, wanted: RegExp): Step & { at: number } => {
  const steps = job.steps ?? [];
  const at = steps.findIndex(({ name = '', uses = '', run = '' }) => wanted.test(`${name}\n${uses}\n${run}`));
  if (at < 0) throw new Error(`no step ${String(wanted)}`);
  return { ...steps[at], at };
};

test('AWS is entered by OpenID Connect with the role of the environment; there is no stored key', () => {
  for (const [name, job] of JOBS) {
    const login = job.steps?.find(({ uses }) => uses?.startsWith('aws-actions/configure-aws-credentials'));
    if (!login) continue;
    expect(login.with, name).toMatchObject({ 'role-to-assume': '${{ vars.AWS_DEPLOY_ROLE }}' });
    expect(job.permissions?.['id-token'], name).toBe('write');
    expect(job.environment, name).toBeDefined();
  }
  expect(JSON.stringify([DEPLOY, STACK])).not.toMatch(/AWS_SECRET_ACCESS_KEY|AWS_ACCESS_KEY_ID|aws-secret-access-key/);
});

test('only jobs that enter AWS may ask for a token, and the rest may read the sources and no more', () => {
  expect([DEPLOY.permissions, STACK.permissions]).toEqual([{ contents: 'read' }, { contents: 'read' }]);
  const asking = JOBS.filter(([, job]) => job.permissions?.['id-token']).map(([name]) => name);
  expect(asking).toEqual(['preview', 'staging', 'production', 'deploy']);
  expect(JOBS.filter(([, job]) => job.permissions?.contents === 'write').map(([name]) => name)).toEqual(['tag']);
});

test('one deployment at a time per environment, and none is cancelled half way', () => {
  expect(deploy.concurrency).toEqual({ group: 'deploy-${{ inputs.stack }}', 'cancel-in-progress': false });
  expect(deploy.environment).toBe('${{ inputs.stack }}');
  // In one group, GitHub would cancel a deployment that waits when a preview comes.
  expect(DEPLOY.jobs.preview?.concurrency?.group).toBe('preview-${{ github.event.pull_request.number }}');
});

test('production requires staging and a reviewer', () => {
  expect(DEPLOY.jobs.production).toMatchObject({ needs: 'staging', with: { stack: 'production' } });
  expect(DEPLOY.jobs.staging).toMatchObject({ needs: 'build', with: { stack: 'staging' } });
});

test('pull requests are previewed and never deployed, and a fork gets no role', () => {
  expect(Object.keys(DEPLOY.on)).toEqual(['pull_request', 'push']);
  expect(DEPLOY.on.push).toEqual({ branches: ['main'] });
  expect(DEPLOY.jobs.build?.if).toBe("github.event_name == 'push'");
  const { preview } = DEPLOY.jobs;
  expect(preview?.if).toContain('head.repo.full_name == github.repository');
  expect(JSON.stringify(preview)).toContain('pulumi preview');
  expect(JSON.stringify(preview)).not.toContain('pulumi up');
});

test('both images are built once, from one commit, without credentials, and deployed by digest', () => {
  const { build } = DEPLOY.jobs;
  const { run = '' } = step(build!, /docker buildx build/);
  expect(run).toContain('for target in runner migrator');
  expect(run).toContain('--file infra/image/Dockerfile');
  expect(JSON.stringify(build)).not.toContain('configure-aws-credentials');
  const push = step(deploy, /skopeo copy/);
  expect(push.run).toContain('--preserve-digests');
  expect(push.run).toContain('$repository@$(cat digest)');
  // Tags are immutable: one that a failed attempt has used would stop the next.
  expect(push.run).toContain('$repository:$GITHUB_SHA-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT');
  const repository = namesOf('staging').repository('runner').replace('staging', '$STACK').replace('runner', '$target');
  expect(push.run).toContain(`$REGISTRY/${repository}`);
  const up = step(deploy, /pulumi up/);
  for (const target of ['runner', 'migrator'])
    expect(up.env?.[`${target.toUpperCase()}_IMAGE`]).toBe(`\${{ steps.images.outputs.${target} }}`);
});

test('the order: preflight, push, verify, pulumi up, smoke, and back again when the smoke fails', () => {
  const order = [
    /preflight:prod/,
    /skopeo copy/,
    /ecs -- verify/,
    /pulumi up --stack/,
    /npm run smoke/,
    /ecs -- rollback/,
  ];
  const places = order.map((one) => step(deploy, one).at);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  const rollback = step(deploy, /ecs -- rollback/);
  expect(rollback.if).toContain('always()');
  expect(rollback.if).toContain("steps.up.outcome == 'success'");
  expect(rollback.if).toContain("steps.smoke.outcome == 'failure'");
  expect(step(deploy, /pulumi up --stack/).id).toBe('up');
  expect(step(deploy, /npm run smoke/)).toMatchObject({ id: 'smoke' });
  expect(step(deploy, /npm run smoke/).run).toContain('--commit "$GITHUB_SHA"');
  for (const { run = '' } of deploy.steps ?? []) expect(run).not.toMatch(/\|\| true|continue-on-error/);
});

test('the preflight of the pipeline asks for checks that exist', () => {
  const { run = '' } = step(deploy, /preflight:prod/);
  const wanted = /--only (\S+)/.exec(run)?.[1]?.split(',') ?? [];
  expect(wanted).toContain('migrations');
  expect(CHECKS.map(({ name }) => name)).toEqual(expect.arrayContaining(wanted));
});

test('every action is pinned by commit, every job ends by itself, and no expression is pasted into a shell', () => {
  for (const [name, job] of JOBS) {
    if (job.uses === undefined) expect(job['timeout-minutes'], name).toBeGreaterThan(0);
    for (const { uses, run = '' } of job.steps ?? []) {
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(run, name).not.toContain('${{');
    }
  }
});

test('the release is tagged only after production, for the next preflight to compare with', () => {
  expect(DEPLOY.jobs.tag?.needs).toBe('production');
  expect(step(DEPLOY.jobs.tag!, /git push/).run).toContain('release-');
});

test('whatever a job or a step refers to is there: jobs, inputs, steps before it, and settings that the documents ask for', () => {
  const operations = readFileSync('docs/ECS_OPERATIONS.md', 'utf8');
  const named = (value: unknown, pattern: RegExp) =>
    [...JSON.stringify(value).matchAll(pattern)].map(([, name = '']) => name);
  for (const workflow of [DEPLOY, STACK])
    for (const { needs = [] } of Object.values(workflow.jobs))
      expect(Object.keys(workflow.jobs)).toEqual(expect.arrayContaining([needs].flat()));
  for (const [name, { steps = [] }] of JOBS)
    steps.forEach((one, at) => {
      const before = steps.slice(0, at).map(({ id }) => id);
      expect(before, `${name}: ${one.name}`).toEqual(expect.arrayContaining(named(one, /\bsteps\.(\w+)\./g)));
    });
  const called = STACK.on.workflow_call as { inputs: object };
  expect(new Set(named(STACK.jobs, /\binputs\.(\w+)/g))).toEqual(new Set(Object.keys(called.inputs)));
  for (const job of [DEPLOY.jobs.staging, DEPLOY.jobs.production])
    expect(Object.keys(job?.with ?? {})).toEqual(Object.keys(called.inputs));
  const settings = named([DEPLOY, STACK], /\b(?:vars|secrets)\.(\w+)/g);
  // The documents name one of the three accounts in full.
  for (const name of settings) expect(operations).toContain(`\`${name.replace(/AUDITOR|USER/, 'ADMIN')}\``);
});

test('every npm script that the pipeline runs exists', () => {
  const { scripts } = parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const used = [...JSON.stringify([DEPLOY, STACK]).matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(
    ([, name]) => name ?? '',
  );
  expect(new Set(used)).toEqual(new Set(['ecs', 'preflight:prod', 'smoke']));
  for (const name of used) expect(scripts, name).toHaveProperty(name);
});

test('the migrator’s image is given what the release commands run in it', () => {
  const audit = /'(scripts\/[\w/-]+\.ts)'/.exec(readFileSync('infra/release/manifest/audit.ts', 'utf8'))?.[1];
  expect(MIGRATOR_PROGRAMS).toContain(audit);
});
