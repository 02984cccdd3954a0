import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** A layer may use only those below it: plugins, widgets, model, tokens, api. */
const above = {
  api: ['tokens', 'model', 'widgets', 'plugins'],
  model: ['widgets', 'plugins'],
  widgets: ['plugins']
};

const mayNotUse = (files, layers, extra = []) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: layers.flatMap(name => [`../${name}`, `../${name}/**`]),
            message: 'Arrows point down: plugins, widgets, model, tokens, api.'
          },
          ...extra
        ]
      }
    ]
  }
});

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
  mayNotUse(['src/api/**'], above.api),
  mayNotUse(['src/model/**'], above.model),
  mayNotUse(['src/widgets/**'], above.widgets),
  {
    files: ['src/tokens.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['./model*', './widgets*', './plugins*'],
              message: 'Tokens use the api only.'
            }
          ]
        }
      ]
    }
  }
);
