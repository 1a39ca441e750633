import { posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { Static } from 'typebox'
import { INSIDE } from '../../../../sandbox/sandbox.ts'
import type { AGENT_MESSAGES } from '../protocol/answers.ts'
import type { Ending } from '../protocol/messages.ts'
import { changesText } from '../protocol/texts.ts'
import type { WishedCall } from '../perform-call.ts'
import { createBoundedText } from './bounded-text.ts'

const MAX_OUTPUT_CHARS = 262_144 // of a command, in its answer: it is one message, which the client and its model take whole
const MAX_MATCHED_CHARS = 262_144

type Messages = { readonly [Type in keyof typeof AGENT_MESSAGES]: Readonly<Static<typeof AGENT_MESSAGES[Type]>> }
/** What the gateway says of a call in its own protocol, each as the published schema has it. */
export type AgentMessage = Messages[keyof Messages]

/** What becomes of the messages about one call: one MCP result. */
export interface CallAnswer {
  take (message: AgentMessage): void
  end (ending: Ending): CallToolResult
}

/**
 * Gathers what the wire protocol says of a call into what an MCP client reads. A call that was not done is an error result, never an error
 * of the protocol: a model reads the one and goes on by it.
 */
export function createCallAnswer ({ args }: WishedCall): CallAnswer {
  const output = createBoundedText(MAX_OUTPUT_CHARS)
  let decided: Messages['decided'] | null = null
  let result: Messages['result'] | null = null
  let changes: Messages['changes'] | null = null
  return {
    take (message) {
      if (message.type === 'output') output.add(message.text)
      else if (message.type === 'decided') decided = message
      else if (message.type === 'result') result = message
      else if (message.type === 'changes') changes = message
    },
    end (ending) {
      const content = result === null ? [text(refusal(ending, decided))] : contentOf(result, output.read(), args)
      if (changes !== null) content.push(text(changesText(changes)))
      return { content, isError: ending !== 'allow', _meta: { 'weir/status': ending, ...about(decided, result) } }
    },
  }
}

/** An error as a result. @param said code and message; no cause */
export function errorAnswer (said: { readonly code: string, readonly message: string }): CallToolResult {
  return { content: [text(said.message)], isError: true, _meta: { 'weir/status': 'failed', 'weir/error': said } }
}

type Content = CallToolResult['content'][number]

function text (said: string): Content {
  return { type: 'text', text: said }
}

function refusal (ending: Ending, decided: Messages['decided'] | null): string {
  if (ending === 'cancelled') return 'The call was cancelled.'
  if (decided === null) return 'The call was not done.'
  const { feedback, reason, rule, approval } = decided
  const why = `${feedback === '' ? reason : feedback} [${rule}]`
  return approval === undefined ? why : `${why} The call waits for a second person, as approval ${approval}; nothing was done yet. Once it is given, exactly the same call is done.`
}

function contentOf (result: Messages['result'], output: string, args: unknown): Content[] {
  switch (result.kind) {
    case 'file': return [fileContent(result, args), ...result.whole === true ? [] : [text(`This is a part. The whole file has ${result.size} bytes.`)]]
    case 'written': return [text(`Written: ${result.size} bytes.`)]
    case 'matches': return [text(matchesText(result))]
    case 'remote': return (result.parts ?? []) as Content[]
    case 'command': return [...output === '' ? [] : [text(output)], text(commandText(result))]
    case undefined: default: return [text(`${result.text ?? 'It did not work.'} [${result.problem ?? 'failed'}]`)]
  }
}

function fileContent ({ content = '', encoding }: Messages['result'], args: unknown): Content {
  if (encoding !== 'base64') return text(content)
  const path = typeof args === 'object' && args !== null && 'path' in args ? String(args.path) : ''
  return { type: 'resource', resource: { uri: pathToFileURL(posix.resolve(INSIDE.workspace, path)).href, mimeType: 'application/octet-stream', blob: content } }
}

function matchesText ({ matches = [], whole }: Messages['result']): string {
  if (matches.length === 0) return 'No line matches.'
  const found = createBoundedText(MAX_MATCHED_CHARS)
  for (const { path, line, text } of matches) found.add(`${path}:${line}:${text}\n`)
  return whole === true ? found.read() : `${found.read()}There are more.`
}

function commandText ({ how, code, tests }: Messages['result']): string {
  const ended = how === 'exited' ? `Exit code ${code}.` : `The command was ended: ${how}.`
  if (tests === undefined) return ended
  const { total, passed, failed, skipped, failures, complete } = tests
  return [
    `${total} tests: ${passed} passed, ${failed} failed, ${skipped} skipped.${complete ? '' : ' The report has no end: tests may be missing.'}`,
    ...failures.map((name) => `failed: ${name}`),
    ended,
  ].join('\n')
}

// For programs. Not as structured content: clients that have that show it to the model in place of the text.
function about (decided: Messages['decided'] | null, result: Messages['result'] | null): Record<string, unknown> {
  const said: Record<string, unknown> = {}
  if (decided !== null) {
    const { verdict, rule, reason, revision, entry, approval } = decided
    said['weir/decision'] = { verdict, rule, reason, revision, entry, ...(approval === undefined ? {} : { approval }) }
  }
  if (result !== null) {
    const { kind, problem, how, code, outputBytes, tests, size, whole, bytes, digest } = result
    said['weir/result'] = Object.fromEntries(Object.entries({ kind, problem, how, code, outputBytes, tests, size, whole, bytes, digest }).filter(([, value]) => value !== undefined))
  }
  return said
}
