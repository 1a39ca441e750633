import type { ToolWork } from '../../../../adapters/weir/tool-work.ts'
import type { Permit } from '../../../core/permit.ts'
import type { Classification } from '../../../core/tool-call.ts'
import { INSIDE, type Sandbox } from '../../../../sandbox/sandbox.ts'
import { runCommand } from './command-work.ts'
import type { Match, SearchResult, ToolIo, WorkFailed } from './tool-result.ts'

const MAX_LINE_CHARS = 1_000 // of a line that is shown; minified files have lines of megabytes
const SEARCH_MS = 30_000
const NOTHING_FOUND = 1 // grep's

export interface AllowedSearch { readonly permit: Permit, readonly work: Extract<ToolWork, { readonly tool: 'search' }>, readonly facts: Classification }

/** Finds lines with the sandbox's own grep. @throws GatewayError WEIR_ERR_SANDBOX */
export async function runSearch (sandbox: Pick<Sandbox, 'runTool'>, { permit, work, facts }: AllowedSearch, { signal }: ToolIo): Promise<SearchResult | WorkFailed> {
  const path = searchedPath(facts)
  if (path === null) return { ok: false, problem: 'outside', text: 'Only the workspace is searched.' }
  const found = collectMatches(work.limit)
  const enough = AbortSignal.any([signal, found.full])
  const end = await runCommand(sandbox, { permit, command: grep(work, path), cwd: INSIDE.workspace, timeoutMs: SEARCH_MS }, {
    signal: enough,
    onOutput (stream, text) { if (stream === 'stdout') found.take(text) },
  })
  if (found.full.aborted) return { ok: true, kind: 'matches', matches: found.matches, whole: false }
  if (end.how === 'timed-out') return { ok: false, problem: 'timed-out', text: `The search took longer than ${SEARCH_MS / 1_000} s.` }
  // 2 is also for one file that could not be read: what was found is still found.
  if (end.how !== 'exited' || (end.code > NOTHING_FOUND && found.matches.length === 0)) return { ok: false, problem: 'failed', text: 'The search failed: the pattern is not one, or there is nothing at that path.' }
  return { ok: true, kind: 'matches', matches: found.matches, whole: end.code <= NOTHING_FOUND }
}

// Where it begins was decided, links followed; `-r` follows none below it.
function searchedPath ({ targets }: Classification): string | null {
  const paths = new Set(targets.map(({ path }) => path))
  const [base] = targets
  if (base === undefined || base.path.startsWith('/') || base.path.startsWith('~')) return null
  return [...paths].every((path) => !path.startsWith('/')) ? `./${base.path.replace(/^\.\/?/, '')}` : null
}

// Single quotes keep every character but their own from meaning anything to bash.
function grep ({ pattern, include, fixed }: AllowedSearch['work'], path: string): string {
  const only = include === null ? '' : ` --include=${quoted(include)}`
  return `exec grep -rnIHZ --exclude-dir=.git ${fixed ? '-F' : '-E'}${only} -e ${quoted(pattern)} -- ${quoted(path)}`
}

function quoted (text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

interface Matches { readonly matches: readonly Match[], readonly full: AbortSignal, take (text: string): void }

// A line of output: the path, a NUL, the number, a colon, the text.
function collectMatches (limit: number): Matches {
  const matches: Match[] = []
  const full = new AbortController()
  let rest = ''
  let isLong = false
  function line (text: string): void {
    const [, path, number, found] = /^(?:\.\/)?([^\0]*)\0(\d+):([^]*)$/.exec(text) ?? []
    if (path === undefined || number === undefined || found === undefined || full.signal.aborted) return
    matches.push({ path, line: Number(number), text: found.slice(0, MAX_LINE_CHARS) })
    if (matches.length >= limit) full.abort()
  }
  return {
    matches,
    full: full.signal,
    take (text) {
      const lines = text.split('\n')
      for (const [at, part] of lines.entries()) {
        if (!isLong) rest += part
        // What is past the shown part of a long line is thrown away as it comes.
        if (rest.length > 2 * MAX_LINE_CHARS + 8_192) isLong = true
        if (at === lines.length - 1) break
        line(rest)
        rest = ''
        isLong = false
      }
    },
  }
}
