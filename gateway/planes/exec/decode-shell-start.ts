import { posix } from 'node:path'
import { digestOf } from '../../core/canonical-json.ts'
import type { DecodedCall, ToolCall } from '../../core/tool-call.ts'
import { INSIDE } from '../../../sandbox/sandbox.ts'

const MAX_ARGUMENTS = 64
const MAX_COMMAND = 60_000 // characters; below the frame's limit, far above what a person or model writes in one line
const MAX_CWD = 4_096

/**
 * What OpenCode 1.18.33 puts around the text of `POST /session/{id}/shell` (run with a wrapper that logged its arguments):
 * `bash -l -c WRAPPED opencode CWD`, the text as a JSON string in an `eval`. The tool `bash` and `!` expansion in slash
 * commands pass `-c TEXT` alone; a terminal passes `-l`.
 */
const EVAL_HEAD = '\n        shopt -s expand_aliases\n        [[ -f ~/.bashrc ]] && source ~/.bashrc >/dev/null 2>&1 || true\n        cd -- "$1"\n        eval '
const EVAL_TAIL = '\n      '

/** A shell start as the wrapper reported it: whether it can be run, and the call that policy is asked about. */
export interface ShellStart {
  readonly call: DecodedCall
  /** Exactly what will run when allowed; null when the start is a terminal or was not understood. */
  readonly command: string | null
  readonly cwd: string
}

/** Decodes the wrapper's request. Total: what is not understood is an UnreadableCall, which is denied. */
export function decodeShellStart (request: unknown): ShellStart {
  const fields = readFields(request)
  if (fields === null) return unreadable('the start of the shell is malformed', request, INSIDE.workspace)
  const cwd = insideWorkspace(fields.cwd)
  const command = commandOf(fields.argv)
  if (command === undefined) return unreadable('the arguments of the shell are in no known form', request, cwd)
  if (command !== null && (command.length > MAX_COMMAND || command.includes('\0'))) return unreadable('the command is too long or holds a NUL', request, cwd)
  return { call: toolCall(command, cwd), command, cwd }
}

function toolCall (command: string | null, cwd: string): ToolCall {
  const native = command === null ? 'terminal' : 'shell'
  return Object.freeze({
    readable: true,
    protocol: 'exec',
    native,
    tool: command === null ? 'other' : 'run-shell',
    args: Object.freeze({}),
    targets: Object.freeze([]),
    command,
    url: null,
    cwd,
    digest: digestOf({ native, args: { command, cwd } }),
  })
}

/** The command text, null for an interactive shell, undefined for a form that is not known. */
function commandOf (argv: readonly string[]): string | null | undefined {
  const [first, second, third, fourth] = argv
  if (argv.length === 0 || (argv.length === 1 && first === '-l')) return null
  if (argv.length === 2 && first === '-c' && second !== undefined) return second
  if (argv.length === 5 && first === '-l' && second === '-c' && third !== undefined && fourth === 'opencode') return evaluated(third)
  return undefined
}

/**
 * The text inside OpenCode's `eval "…"`. What runs is this text, not the wrapped one: between double quotes bash would
 * expand `$(…)` before the eval, so that the wrapped form can run what the text only quotes.
 */
function evaluated (wrapped: string): string | undefined {
  if (!wrapped.startsWith(EVAL_HEAD) || !wrapped.endsWith(EVAL_TAIL)) return undefined
  try {
    const text: unknown = JSON.parse(wrapped.slice(EVAL_HEAD.length, -EVAL_TAIL.length))
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined // not OpenCode's form after all, so an unknown one, which is denied
  }
}

function readFields (request: unknown): { readonly argv: readonly string[], readonly cwd: string } | null {
  if (typeof request !== 'object' || request === null || !('argv' in request) || !('cwd' in request)) return null
  const { argv, cwd } = request
  if (typeof cwd !== 'string' || cwd.length > MAX_CWD || !Array.isArray(argv) || argv.length > MAX_ARGUMENTS) return null
  return isStrings(argv) ? { argv, cwd } : null
}

function isStrings (values: readonly unknown[]): values is readonly string[] {
  return values.every((value) => typeof value === 'string')
}

/** A directory elsewhere in the agent's sandbox does not exist beside it: such commands run at the workspace's root. */
function insideWorkspace (cwd: string): string {
  const normal = posix.normalize(cwd).replace(/(?<=.)\/+$/, '')
  const inside = normal === INSIDE.workspace || normal.startsWith(`${INSIDE.workspace}/`)
  return inside && !normal.includes('\0') ? normal : INSIDE.workspace
}

function unreadable (problem: string, request: unknown, cwd: string): ShellStart {
  return { call: { readable: false, protocol: 'exec', native: 'shell', problem, digest: safeDigest(request) }, command: null, cwd }
}

/** A request nested too deep for canonical JSON still needs a digest. */
function safeDigest (request: unknown): string {
  try {
    return digestOf({ native: 'shell', args: request })
  } catch {
    return digestOf({ native: 'shell', args: null })
  }
}
