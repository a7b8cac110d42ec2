import { describe, expect, test } from 'vitest';
import { contentSecurityPolicy, securityHeaders } from './security-headers.ts';

const production = { nonce: 'abc', https: true, development: false };

describe('the content security policy', () => {
  const policy = contentSecurityPolicy(production);
  const script = policy.split('; ').find((directive) => directive.startsWith('script-src')) ?? '';

  test('lets no script run without the nonce', () => {
    expect(script).toContain(`'nonce-abc'`);
    expect(script).toContain(`'strict-dynamic'`);
    expect(script).not.toMatch(/unsafe-(inline|eval)|https?:|\*/);
  });

  test('forbids inline styles and framing', () => {
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(policy).toContain(`base-uri 'none'`);
  });
});

test('HSTS is sent on https and never on http, where it would be ignored', () => {
  expect(securityHeaders(production)['Strict-Transport-Security']).toMatch(/^max-age=\d{8}/);
  expect(securityHeaders({ ...production, https: false })).not.toHaveProperty('Strict-Transport-Security');
});
