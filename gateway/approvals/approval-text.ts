/** What the list of approvals says of one. */
export interface Held {
  readonly id: string
  readonly state: string
  readonly useless: string | null
  readonly scope: string | null
  readonly requestedBy: string
  readonly by: string | null
  readonly note: string | null
  readonly app: string
  readonly environment: string
  readonly session: string | null
  readonly permission: string
  readonly tool: { readonly native: string } | null
  readonly rule: string
  readonly reason: string
  readonly command: string | null
  readonly release?: { readonly id: string, readonly action: string } | undefined
  readonly heldAtMs: number
  readonly expiresAtMs: number
  readonly targets: ReadonlyArray<{ readonly path: string, readonly class?: string }>
}

/** One in full. `call` is what the client sent as arguments; `diff` what a waiting change makes of its file. */
export interface HeldInFull extends Held { readonly call: { readonly text: string, readonly whole: boolean } | null, readonly diff: string | null }

// Two arguments of an edit read best as the lines that go and those that come.
const GOES = new Set(['oldString'])
const COMES = new Set(['newString', 'content'])

/** One line of the list. */
export function heldLine (held: Held): string {
  const state = held.useless === null ? held.state : `${held.state} (${held.useless})`
  const what = held.command ?? releaseText(held) ?? held.targets.map(({ path }) => path).join(' ')
  return `${held.id}  ${state.padEnd(7)}  ${plain(held.requestedBy)}  ${held.app}/${held.environment}  ${held.rule}  ${plain(what)}\n`
}

/** The page of one: what was asked, by whom, why it waits, until when, and the call itself. */
export function heldPage (held: HeldInFull): string {
  const facts: Array<readonly [string, string | null]> = [
    ['approval', held.id],
    ['state', held.useless === null ? held.state : `${held.state}; it covers nothing any more: ${held.useless}`],
    ['scope', held.scope],
    ['requested by', held.requestedBy],
    ['for', `${held.app}/${held.environment}${held.session === null ? '' : `, session ${held.session}`}`],
    ['tool', held.tool === null ? null : `${held.tool.native} (${held.permission})`],
    ['files', held.targets.length === 0 ? null : held.targets.map(({ path, class: name }) => name === undefined ? path : `${path} (${name})`).join(', ')],
    ['release', releaseText(held)],
    ['rule', `${held.rule}: ${held.reason}`],
    ['held', new Date(held.heldAtMs).toISOString()],
    ['expires', new Date(held.expiresAtMs).toISOString()],
    ['said by', held.by],
    ['note', held.note],
  ]
  const head = facts.flatMap(([name, value]) => value === null ? [] : [`${`${name}:`.padEnd(14)}${plain(value)}\n`]).join('')
  return `${head}\n${held.diff === null ? callText(held.call) : `${lines(held.diff, '')}`}`
}

function releaseText ({ release }: Held): string | null {
  return release === undefined ? null : `${release.action} ${release.id}`
}

function callText (call: HeldInFull['call']): string {
  if (call === null) return '(The arguments were not kept.)\n'
  if (!call.whole) return `${lines(call.text, '')}(Too long to show whole.)\n`
  const args = parsed(call.text)
  if (args === null) return lines(call.text, '')
  return Object.entries(args).map(([name, value]) => `${plain(name)}:\n${lines(typeof value === 'string' ? value : JSON.stringify(value, null, 2), signOf(name))}`).join('')
}

function signOf (name: string): string {
  if (GOES.has(name)) return '- '
  return COMES.has(name) ? '+ ' : '  '
}

function lines (text: string, sign: string): string {
  return text.split('\n').map((line) => `${sign}${plain(line)}\n`).join('')
}

function parsed (text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null // models may send anything; then it is shown as it came
  }
}

// What a model wrote must not steer the terminal of the person who approves it, nor turn the text around.
function plain (text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
