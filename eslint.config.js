import neostandard from 'neostandard'

const coreOnly = ['node:*', '!node:crypto']

export default [
  { ignores: ['dist/', '.build/', 'node_modules/', '.tap/', '.weir/', 'examples/shop/', '**/*.as.ts'] },
  ...neostandard({ ts: true, filesTs: ['**/*.mts'] }),
  {
    files: ['**/*.ts', '**/*.mts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
      'no-void': ['error', { allowAsStatement: true }],
    },
  },
  {
    files: ['gateway/core/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['../*', ...coreOnly], message: 'the core knows nobody' }] }],
      'no-restricted-globals': ['error', 'process', 'Date', 'fetch', 'setTimeout', 'setInterval'],
    },
  },
  {
    files: ['gateway/**/*.ts', 'adapters/**/*.ts', 'sandbox/**/*.ts', 'sandbox/**/*.mts'],
    ignores: ['gateway/core/govern.ts'],
    rules: {
      'no-restricted-syntax': ['error', { selector: "ImportSpecifier[imported.name='issuePermit']", message: 'only govern makes a Permit' }],
    },
  },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/support/test-folder.ts'],
    rules: {
      'no-restricted-syntax': ['error', { selector: "MemberExpression[property.name='testdir']", message: 'testFolder outlives the teardowns; testdir may not' }],
    },
  },
]
