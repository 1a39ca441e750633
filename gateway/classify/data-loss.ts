import type { Field } from './shell-facts.ts'

const TASKS: ReadonlyArray<readonly [program: RegExp, task: RegExp]> = [
  [/(?:^|\/)manage\.py$|^django-admin$/, /^(?:flush|reset_db)$/],
  [/(?:^|\/)artisan$/, /^(?:db:wipe|migrate:(?:fresh|reset|refresh))$/],
  [/(?:^|\/)console$/, /^doctrine:(?:database|schema):drop$/],
  [/^(?:rails|rake)$/, /^db:(?:drop|reset|purge|truncate_all|migrate:reset|seed:replant)(?::|$)/],
  [/^mix$/, /^ecto\.(?:drop|reset)$/],
  [/^alembic$/, /^base$/],
]

/**
 * Whether these words ask a framework to throw all data of a database away, of which no commit keeps a copy. The task is
 * looked for in every word: frameworks take options before it.
 */
export function losesData (program: string, words: readonly Field[]): boolean {
  return TASKS.some(([name, task]) => name.test(program) && words.some(({ text }) => task.test(text)))
}
