/** One message of a chat request, as far as the demo reads it. */
export interface DemoMessage { readonly role: string, readonly text: string, readonly calls: readonly DemoCall[], readonly callId: string | null }
export interface DemoCall { readonly id: string, readonly name: string }

/** What the demo model says next: words, or words and one tool call. */
export interface DemoStep { readonly text: string, readonly call: { readonly id: string, readonly name: string, readonly args: Readonly<Record<string, string>> } | null }

interface ScriptedCall { readonly label: string, readonly says: string, readonly name: string, readonly args: (directory: string) => Readonly<Record<string, string>> }

// Chosen so that an author's first prompt meets every verdict: two calls allowed, one left to a second person, one denied.
const SCRIPT: readonly ScriptedCall[] = [
  { label: 'read README.md', says: 'I will look at the project first.', name: 'read', args: (directory) => ({ filePath: `${directory}/README.md` }) },
  {
    label: 'write src/hello.js',
    says: 'Now I will add a small source file.',
    name: 'write',
    args: (directory) => ({ filePath: `${directory}/src/hello.js`, content: 'export const hello = (name) => \'Hello, \' + name\n' }),
  },
  { label: 'npm install left-pad', says: 'I would like a new dependency.', name: 'bash', args: () => ({ command: 'npm install left-pad', description: 'Installs left-pad' }) },
  { label: 'write .env', says: 'And I will try to write a secret.', name: 'write', args: (directory) => ({ filePath: `${directory}/.env`, content: 'API_TOKEN=demo\n' }) },
]

const LATER = 'I am the scripted demo model: I play one scene, on the first prompt of a session. Set a provider key with `weir keys set` to talk to a real model.'
const MAX_QUOTED_CHARS = 240

/** The step that follows these messages. */
export function nextStep (messages: readonly DemoMessage[], directory: string): DemoStep {
  const prompt = messages.findLastIndex(({ role }) => role === 'user')
  if (messages.slice(0, prompt).some(({ calls }) => calls.length > 0)) return { text: LATER, call: null }
  const turn = messages.slice(prompt + 1)
  const at = turn.filter(({ role, calls }) => role === 'assistant' && calls.length > 0).length
  const scripted = SCRIPT[at]
  if (scripted === undefined) return { text: summary(turn), call: null }
  return { text: `${scripted.says}\n`, call: { id: `call_demo_${prompt}_${at}`, name: scripted.name, args: scripted.args(directory) } }
}

function summary (turn: readonly DemoMessage[]): string {
  const results = new Map(turn.filter(({ role }) => role === 'tool').map(({ callId, text }) => [callId, text]))
  const calls = turn.flatMap(({ calls }) => calls)
  const lines = calls.map((call, at) => `- ${SCRIPT[at]?.label ?? call.name}: ${outcome(call, results.get(call.id) ?? 'no result')}`)
  return `This is the demo model. What became of my calls:\n${lines.join('\n')}\n\nEvery one of them is in the ledger: \`weir audit query\`.\n`
}

function outcome (call: DemoCall, result: string): string {
  // What OpenCode puts before the reason of a refused call says nothing about the refusal.
  const line = result.replace('The arguments provided to the tool are invalid:', '').replace(/\s+/g, ' ').trim()
  const short = line.length > MAX_QUOTED_CHARS ? `${line.slice(0, MAX_QUOTED_CHARS)}…` : line
  return call.name === 'invalid' ? `stopped. ${short}` : `done. ${short}`
}
