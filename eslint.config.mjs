import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Folders of `src`; one may use those in the rows above its own. Files beside them (`index.ts`, `services.ts`) use all. */
const layers = [
  ['api'],
  ['shared'],
  ['campaigns', 'export', 'quotas', 'sizing'],
  ['clusters'],
  ['runs'],
  ['comparison', 'panel', 'timing']
];

const mayNotUse = (folder, others, files = []) => ({
  files: [`src/${folder}/**`],
  ignores: ['**/__tests__/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [
              ...others.flatMap(name => [`../${name}/**`, `../../${name}/**`]),
              ...files
            ],
            message: 'Arrows point one way, see `layers` in eslint.config.mjs.'
          }
        ]
      }
    ]
  }
});

const layerRules = layers.flatMap((row, level) =>
  row.map(folder =>
    mayNotUse(
      folder,
      layers
        .slice(level)
        .flat()
        .filter(name => name !== folder),
      ['../services', '../index', ...(folder === 'api' ? ['../tokens'] : [])]
    )
  )
);

export default tseslint.config(
  { ignores: ['**/*.js', '**/*.mjs', 'lib', 'hrlab', '**/node_modules'] },
  ...tseslint.configs.recommended,
  { plugins: { jupyter } },
  ...jupyter.configs.recommended,
  prettier,
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      curly: 'error',
      eqeqeq: 'error',
      'max-lines': ['error', 400],
      'max-lines-per-function': [
        'error',
        { max: 60, skipBlankLines: true, skipComments: true }
      ],
      'no-console': 'error',
      // All of hrlab is one small bundle: there is nothing to load later.
      'jupyter/prefer-lazy-imports': 'off'
    }
  },
  {
    files: ['**/*.spec.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'jupyter/no-untranslated-string': 'off'
    }
  },
  ...layerRules,
  {
    files: ['src/tokens.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['./*', '!./api'],
              message: 'Tokens use the api only.'
            }
          ]
        }
      ]
    }
  }
);
