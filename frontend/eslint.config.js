import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** The folders of src/, from the top. Each imports from those below it, and not from its neighbours. */
const LAYERS = [
  ['app'],
  ['features'],
  ['forms', 'live'],
  ['data'],
  ['api'],
  ['lib', 'i18n', 'theme', 'icons'],
];

/** For each folder: an import of a folder above it, or beside it, is an error. */
const layers = LAYERS.slice(1).flatMap((folders, level) =>
  folders.map((folder) => {
    const above = LAYERS.slice(0, level + 1).flat();
    const beside = folders.filter((other) => other !== folder);
    const message = `src/${folder} does not import from ${[...above, ...beside].join(', ')} (LAYERS in eslint.config.js).`;
    const regex = `^(\\.{1,2}/)+(${[...above, ...beside].join('|')})/`;
    const selector = `:matches(ImportExpression, TSImportType) Literal[value=/${regex.replaceAll('/', '\\/')}/]`;
    return {
      files: [`src/${folder}/**/*.{ts,tsx}`],
      rules: {
        'no-restricted-imports': ['error', { patterns: [{ regex, message }] }],
        'no-restricted-syntax': ['error', { selector, message }],
      },
    };
  }),
);

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      '.packages-*',
      'e2e/artifacts',
      'src/api/schema.d.ts',
      'public',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `{ left: _, ...rest }` names a property only to leave it out of the rest.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_+$', ignoreRestSiblings: true },
      ],
      // An empty environment variable or title means "none", as a missing one does.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      // A non-null assertion does not say why the value cannot be null; a check or a throw does.
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  { files: ['src/**/*.{ts,tsx}'], ...hooks.configs.flat.recommended },
  ...layers,
  {
    files: ['src/**/*.tsx'],
    ...a11y.flatConfigs.recommended,
    rules: {
      ...a11y.flatConfigs.recommended.rules,
      // Where a page or a field opened on request has one purpose, the focus belongs there.
      'jsx-a11y/no-autofocus': 'off',
    },
  },
  {
    files: ['scripts/*.mjs', '*.js', '*.cjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', module: 'writable', URL: 'readonly' },
    },
  },
);
