import { describeTool } from '../programs/developer-tool.ts'
import type { Effect } from '../programs/invocation.ts'
import { literal } from '../shell/facts.ts'

const deno: Effect = (invocation) => {
  const { facts, directories } = invocation
  const [verb, ...rest] = invocation.args
  const words = rest.map(({ text }) => text)
  if (/^(?:eval|repl|jupyter)$/.test(verb?.text ?? '')) return facts.problem('inline-code')
  if (words.includes('-')) facts.problem('pipe-to-interpreter')
  // Without a name it reads the usual one.
  if (words.some((text) => /^--env(?:-file)?$/.test(text))) facts.touch(literal('.env'), 'read', directories)
  // A module of the network is fetched and run.
  if (words.some((text) => /^(?:https?|npm|jsr|data|blob):/i.test(text))) facts.network()
  describeTool({ ...invocation, args: rest }, PLAIN)
}

const PLAIN: ReadonlySet<string> = new Set(['--filter', '--v8-flags', '--seed'])

export const DENO_EFFECTS: Readonly<Record<string, Effect>> = { deno }
