import { descendants, type Syntax } from './syntax.ts'

const BODY: ReadonlySet<string> = new Set(['heredoc_body'])
const BESIDE = /(?<![&>|<])&(?![&>\d])|\b(?:setsid|coproc|disown)\b/

/** Whether something runs beside the rest, and may write when it likes; what a document holds word by word starts nothing. */
export function startsBeside (root: Syntax): boolean {
  if (!BESIDE.test(root.text)) return false
  let [rest, from] = ['', root.start]
  for (const { start, end } of descendants(root, BODY).filter(({ children }) => children.length === 0)) {
    rest += root.text.slice(from - root.start, start - root.start)
    from = end
  }
  return BESIDE.test(rest + root.text.slice(from - root.start))
}

/** The group that `time` stands before, a word of the shell; the grammar takes it for a program and the group for its argument. */
export function timedGroup (node: Syntax | null): Syntax | null {
  const [name, group, ...more] = node?.children ?? []
  return name?.text === 'time' && group?.type === 'subshell' && more.length === 0 ? group : null
}
