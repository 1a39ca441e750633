import type { Syntax } from './syntax.ts'

/** The list with its redirection at its last command: the grammar hangs that of `cd a && b > c` on the whole list; the shell opens `c` for `b` alone, and in `a`. */
export function lastRedirected (body: Syntax, redirected: Syntax): Syntax | null {
  const last = body.children.at(-1)
  if (body.type !== 'list' || last === undefined) return null
  const redirects = redirected.children.filter((child) => child !== body)
  const text = redirected.text.slice(last.start - redirected.start)
  const inner: Syntax = { ...redirected, start: last.start, text, children: [{ ...last, field: 'body' }, ...redirects] }
  return { ...body, end: redirected.end, text: redirected.text, children: [...body.children.slice(0, -1), inner] }
}

/** The list whose last command is a pipeline: of `cd a && b 2>&1 | c` the grammar takes all before the bar for one stage, and so `cd` for one that moves another shell. */
export function lastPiped (pipeline: Syntax): Syntax {
  const [stage, ...rest] = pipeline.children
  const body = stage?.type === 'redirected_statement' ? stage.children.find(({ field }) => field === 'body') : undefined
  const list = stage === undefined ? null : stage.type === 'list' ? stage : body === undefined ? null : lastRedirected(body, stage)
  const last = list?.children.at(-1)
  if (list === null || last === undefined) return pipeline
  const text = pipeline.text.slice(last.start - pipeline.start)
  const inner: Syntax = { ...pipeline, field: last.field, start: last.start, text, children: [last, ...rest] }
  return { ...list, field: pipeline.field, end: pipeline.end, text: pipeline.text, children: [...list.children.slice(0, -1), inner] }
}
