import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    'infra/policies/index.mjs',
    '.next/',
    '.data/',
    'prisma/client/',
    'next-env.d.ts',
    'coverage/',
    'test-results/',
  ]),
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    // Runs before anything is installed, so it is plain JavaScript without types.
    files: ['scripts/bootstrap.mjs', 'postcss.config.mjs'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', URL: 'readonly', setInterval: 'readonly', clearInterval: 'readonly' },
    },
  },
  { files: ['app/**/*.{ts,tsx}'], extends: [reactHooks.configs.flat['recommended-latest'] ?? {}] },
  {
    // Commands talk to people on the terminal; the app and the worker talk through lib/log.ts.
    files: ['scripts/**', 'tests/**', 'prisma/**', 'infra/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Railway's own program loads that file; everywhere else package.json's names hold.
    files: ['**/*.{ts,tsx,mts}'],
    ignores: ['.railway/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(\\.\\./)+(lib|prisma)/', message: 'Write #lib/… or #prisma/….' }] },
      ],
    },
  },
  {
    // What is opened elsewhere takes its time zone and the rest of its session from whoever configured the server. Tests look from outside.
    files: ['{app,lib,worker,scripts,prisma,infra}/**/*.{ts,tsx}', '*.ts'],
    ignores: ['**/*.test.ts', 'lib/db/client.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'pg',
              allowTypeImports: true,
              message: 'Open connections with openClient() or openPool() of #lib/db/client.ts, which pin the session.',
            },
          ],
          patterns: [{ regex: '^(postgres|pg-promise|pg-native|pg-pool|pg/.*)$', message: 'Use #lib/db/client.ts.' }],
        },
      ],
    },
  },
  {
    // A fixture of Playwright without dependencies must say so with an empty pattern.
    files: ['tests/e2e/**'],
    rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] },
  },
);
