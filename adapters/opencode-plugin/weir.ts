import { realpathSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'

const DECISION_MS = 10_000 // a decision takes milliseconds; a gateway that is slower than this is away
const MAX_ANSWER_CHARS = 1_048_576
const WORKSPACE = '/workspace' // what policy calls the project folder
const REFUSED = 'Weir could not ask its gateway, so this call was refused. Nothing was done.'

// Names under which OpenCode's tools take a path, and under which they take text that a shell or a subagent reads.
const PATHS: readonly string[] = ['filePath', 'path', 'workdir']
const TEXTS: readonly string[] = ['command', 'prompt', 'description', 'pattern', 'include', 'patchText']

type Args = Readonly<Record<string, unknown>>

export interface WeirPluginOptions { readonly url?: string, readonly token?: string }

/** The hooks of OpenCode that this plugin has. What the first one throws is the call's result, which the model reads. */
export interface WeirHooks {
  readonly 'tool.execute.before': (input: { readonly tool: string }, output: { readonly args: unknown }) => Promise<void>
  readonly 'shell.env': (input: unknown, output: { readonly env: Record<string, string> }) => Promise<void>
}

/**
 * A plugin for an OpenCode without walls: asks the gateway before each tool runs, and lets it run on an explicit allow alone. One file that
 * imports nothing of Weir's, because OpenCode loads it by itself. Address and token come from its options or from WEIR_URL and WEIR_TOKEN.
 * What it cannot hold is said in docs/agents.md.
 */
export const WeirPlugin = async ({ directory }: { readonly directory: string }, options?: WeirPluginOptions): Promise<WeirHooks> => {
  const url = options?.url ?? process.env['WEIR_URL'] ?? 'http://127.0.0.1:4000'
  const token = options?.token ?? process.env['WEIR_TOKEN'] ?? ''
  const root = realpathSync(directory)
  return {
    async 'tool.execute.before' ({ tool }, { args }) {
      const asked = asPolicyKnows(args, root)
      const refusal = asked === null ? 'Weir: this call names a folder that cannot be told from the project, so it was refused.' : await refusalOf(tool, asked, url, token)
      if (refusal !== null) throw new Error(refusal)
    },
    // The commands that the agent starts have no use for it.
    async 'shell.env' (_input, { env }) {
      env['WEIR_TOKEN'] = ''
    },
  }
}

/** Null when policy allows the call; otherwise what the model is told. */
async function refusalOf (tool: string, args: Args, url: string, token: string): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/weir/api/v1/decisions`, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ protocol: 'opencode', tool, args, cwd: WORKSPACE }),
      signal: AbortSignal.timeout(DECISION_MS),
    })
    const text = await answer.text()
    if (text.length > MAX_ANSWER_CHARS) return REFUSED
    const { decision, approval, error } = JSON.parse(text) as { readonly decision?: { readonly verdict?: unknown, readonly feedback?: unknown }, readonly approval?: unknown, readonly error?: { readonly message?: unknown } }
    if (answer.status !== 200) return typeof error?.message === 'string' ? `Weir: ${error.message}` : REFUSED
    if (decision?.verdict === 'allow') return null
    const feedback = typeof decision?.feedback === 'string' ? decision.feedback : 'Policy refuses this.'
    return `Weir: ${feedback}${typeof approval === 'string' ? ` It waits as approval ${approval}.` : ''}`
  } catch {
    return REFUSED // away, too slow, or speaking in riddles: none of that is an allow
  }
}

/** The arguments with the project folder named as policy names it; null when that cannot be said without changing what they mean. */
function asPolicyKnows (given: unknown, root: string): Args | null {
  const args = typeof given === 'object' && given !== null ? given as Args : {}
  const asked: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(args)) {
    asked[name] = value
    if (typeof value !== 'string') continue
    if (PATHS.includes(name)) asked[name] = placed(value, root)
    else if (TEXTS.includes(name)) asked[name] = renamed(value, root)
    if (asked[name] === null) return null
  }
  return asked
}

function renamed (text: string, root: string): string | null {
  if (root === WORKSPACE) return text
  const own = root.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  // A name that goes on before or behind it is another folder's.
  const pieces = text.split(new RegExp(`(?<![\\w./~-])${own}(?![\\w.-])`))
  return pieces.some((piece) => piece.includes(WORKSPACE)) ? null : pieces.join(WORKSPACE)
}

// Where the links lead. A file that is not there yet is where its folder really is.
function placed (path: string, root: string): string {
  const real = realPath(normalize(path.startsWith('/') ? path : join(root, path)))
  if (real === root) return WORKSPACE
  if (real.startsWith(`${root}/`)) return WORKSPACE + real.slice(root.length)
  // A real folder of that name is not the project.
  return real === WORKSPACE || real.startsWith(`${WORKSPACE}/`) ? `/outside${real}` : real
}

function realPath (path: string): string {
  const missing: string[] = []
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT' || at === dirname(at)) return `/outside${path}`
      missing.unshift(basename(at))
    }
  }
}
