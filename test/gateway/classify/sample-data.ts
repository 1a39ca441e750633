import type { ClassifyData } from '../../../gateway/classify/classify-data.ts'

/** A small set of lists, so that these tests do not move with the policy. */
export const data: ClassifyData = {
  path_classes: [
    { class: 'config', globs: ['**/.env.example'] },
    { class: 'secret', globs: ['**/.env', '**/.env.*', '**/*.pem', '**/id_rsa*', '**/.ssh/**', '**/secrets/**'] },
    { class: 'policy', globs: ['**/AGENTS.md'] },
    { class: 'ci', globs: ['.github/**', '**/.git/**'] },
    { class: 'dependency', globs: ['**/package.json', '**/package-lock.json'] },
    { class: 'generated', globs: ['dist/**'] },
    { class: 'test', globs: ['test/**'] },
    { class: 'docs', globs: ['**/*.md'] },
    { class: 'source', globs: ['src/**', '**/*.ts', '**/*.txt'] },
  ],
  programs: {
    install: [['npm', 'install']],
    publish: [['git', 'push']],
    readonly: [['cat'], ['ls'], ['git', 'status'], ['grep'], ['find'], ['sed']],
    network: ['curl'],
  },
}
