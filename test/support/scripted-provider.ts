import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ModelFormatName } from '../../adapters/model-format.ts'
import { anthropicWire } from './wire-anthropic.ts'
import { geminiWire } from './wire-gemini.ts'
import { openaiChatWire } from './wire-openai-chat.ts'
import { openaiResponsesWire } from './wire-openai-responses.ts'
import type { Step, Turn, Wire } from './wire.ts'

export type { Step } from './wire.ts'

/** An answer, the status of a refusal, or nothing for as long as the client waits. */
export type ScriptedStep = Step | { readonly refuse: number } | { readonly silent: true }

export interface ChatMessage { readonly role: string, readonly content: unknown, readonly tool_calls?: ReadonlyArray<{ readonly function: { readonly name: string, readonly arguments: string } }> }

export interface SeenRequest {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  /** As a client of OpenAI chat sends it; of the other formats only `tools` is there. */
  readonly body: { readonly model: string, readonly stream?: boolean, readonly messages: readonly ChatMessage[], readonly tools?: readonly unknown[] }
  /** The history it carries, whatever its format. */
  readonly turns: readonly Turn[]
}

export interface ScriptedProvider {
  readonly baseUrl: string
  readonly requests: SeenRequest[]
  /** What the model says to a prompt that contains `name`. */
  script (name: string, steps: readonly ScriptedStep[]): void
  close (): Promise<void>
}

export const WIRES: Readonly<Record<ModelFormatName, Wire>> = {
  'openai-chat': openaiChatWire, 'openai-responses': openaiResponsesWire, anthropic: anthropicWire, gemini: geminiWire,
}

/** A provider on loopback that speaks a wire format and answers from scripts, as a model would. Default: OpenAI chat. */
export async function startScriptedProvider (format: ModelFormatName = 'openai-chat'): Promise<ScriptedProvider> {
  const wire = WIRES[format]
  const scripts = new Map<string, readonly ScriptedStep[]>()
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    readBody(request).then((text) => {
      const body = JSON.parse(text) as SeenRequest['body']
      const seen = { url: request.url ?? '', headers: request.headers, body, turns: wire.turns(body) }
      requests.push(seen)
      send(wire, response, { streams: wire.streams(seen.url, body), step: stepFor(seen, scripts), serial: requests.length })
    }, () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/${wire.version}`,
    requests,
    script (name, steps) { scripts.set(name, steps) },
    async close () {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function send (wire: Wire, response: ServerResponse, { streams, step, serial }: { readonly streams: boolean, readonly step: ScriptedStep, readonly serial: number }): void {
  if ('silent' in step) return
  if ('refuse' in step) {
    response.writeHead(step.refuse, { 'content-type': 'application/json' }).end('{"error":{"message":"refused"}}')
    return
  }
  response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json' })
  if (streams) for (const event of wire.events(step, serial)) response.write(event)
  response.end(streams ? '' : JSON.stringify(wire.whole(step, serial)))
}

function stepFor ({ body, turns }: SeenRequest, scripts: ReadonlyMap<string, readonly ScriptedStep[]>): ScriptedStep {
  if (body.tools === undefined) return { text: 'A title' }
  const last = turns.findLastIndex((turn) => turn.speaker === 'user' && scriptName(turn, scripts) !== null)
  const prompt = turns[last]
  const name = prompt === undefined ? null : scriptName(prompt, scripts)
  const steps = name === null ? [] : scripts.get(name) ?? []
  // What a model says at once can stand in several entries: text and each call.
  const taken = turns.slice(last + 1).filter(({ speaker }, at, said) => speaker === 'model' && said[at - 1]?.speaker !== 'model').length
  return steps[taken] ?? { text: 'Done.' }
}

function scriptName ({ text }: Turn, scripts: ReadonlyMap<string, readonly ScriptedStep[]>): string | null {
  return [...scripts.keys()].find((name) => text.includes(name)) ?? null
}

async function readBody (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Names of the tools that a request offers the model, in OpenAI chat. */
export function toolNames (request: SeenRequest | undefined): readonly string[] {
  return (request?.body.tools ?? []).map((tool) => (tool as { readonly function: { readonly name: string } }).function.name)
}
