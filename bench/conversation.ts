import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../gateway/package-root.ts'

// Prose, code and data that the package has with it, full of quotes, line ends and addresses, as what an agent sends is.
const SOURCES = ['docs/architecture.md', 'policies/weir/main/main.rego', 'policies/data.schema.json', 'docs/cookbook.md', 'policies/schemas/input.json']
const MESSAGE_CHARS = 3_000

/**
 * A chat completion request like a coding agent's: a growing conversation of short questions and long tool results.
 *
 * @param bytes its length, up to a message more or less
 * @param first makes it another one: how many characters of the texts are left out
 */
export function conversation (bytes: number, first = 0): string {
  const text = SOURCES.map((file) => readFileSync(join(packageRoot(), file), 'utf8')).join('\n').slice(first)
  const messages: unknown[] = [{ role: 'system', content: 'You are a coding agent. Answer in short sentences.' }]
  let size = 0
  for (let turn = 0; size < bytes; turn += 1) {
    const from = (turn * MESSAGE_CHARS) % (text.length - MESSAGE_CHARS)
    const id = `call_${turn}`
    const turnMessages = [
      { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: { name: 'read', arguments: JSON.stringify({ filePath: `/workspace/src/file-${turn}.ts` }) } }] },
      { role: 'tool', tool_call_id: id, content: text.slice(from, from + Math.max(1, Math.min(MESSAGE_CHARS, bytes - size))) },
    ]
    messages.push(...turnMessages)
    size += Buffer.byteLength(JSON.stringify(turnMessages))
  }
  return JSON.stringify({ model: 'bench', messages, stream: false })
}
