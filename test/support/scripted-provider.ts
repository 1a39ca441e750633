import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One model answer: tool calls (native name and arguments), or text that ends the turn. */
export type Step = { readonly calls: ReadonlyArray<readonly [native: string, args: unknown]> } | { readonly text: string }

export interface ChatMessage { readonly role: string, readonly content: unknown, readonly tool_calls?: ReadonlyArray<{ readonly function: { readonly name: string, readonly arguments: string } }> }

export interface SeenRequest {
  readonly headers: IncomingMessage['headers']
  readonly body: { readonly model: string, readonly stream?: boolean, readonly messages: readonly ChatMessage[], readonly tools?: readonly unknown[] }
}

export interface ScriptedProvider {
  readonly baseUrl: string
  readonly requests: SeenRequest[]
  /** What the model says to a prompt that contains `name`. */
  script (name: string, steps: readonly Step[]): void
  close (): Promise<void>
}

/** A provider on loopback that speaks the OpenAI chat wire format and answers from scripts, as a model would. */
export async function startScriptedProvider (): Promise<ScriptedProvider> {
  const scripts = new Map<string, readonly Step[]>()
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    readBody(request).then((body) => {
      const seen = { headers: request.headers, body: JSON.parse(body) as SeenRequest['body'] }
      requests.push(seen)
      answer(seen.body, scripts, response, requests.length)
    }, () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    script (name, steps) { scripts.set(name, steps) },
    async close () {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer (body: SeenRequest['body'], scripts: ReadonlyMap<string, readonly Step[]>, response: ServerResponse, serial: number): void {
  const step = stepFor(body, scripts)
  if (body.stream === true) return stream(step, response, serial)
  const message = 'text' in step ? { role: 'assistant', content: step.text } : { role: 'assistant', content: null, tool_calls: toolCalls(step, serial) }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ id: 'cmpl', object: 'chat.completion', model: body.model, choices: [{ index: 0, message, finish_reason: 'text' in step ? 'stop' : 'tool_calls' }], usage }))
}

const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }

function stepFor (body: SeenRequest['body'], scripts: ReadonlyMap<string, readonly Step[]>): Step {
  if (body.tools === undefined) return { text: 'A title' }
  const last = body.messages.findLastIndex((message) => message.role === 'user' && scriptName(message, scripts) !== null)
  const prompt = body.messages[last]
  const name = prompt === undefined ? null : scriptName(prompt, scripts)
  const steps = name === null ? [] : scripts.get(name) ?? []
  const taken = body.messages.slice(last + 1).filter((message) => message.role === 'assistant').length
  return steps[taken] ?? { text: 'Done.' }
}

function scriptName (message: ChatMessage, scripts: ReadonlyMap<string, readonly Step[]>): string | null {
  const text = JSON.stringify(message.content)
  return [...scripts.keys()].find((name) => text.includes(name)) ?? null
}

function toolCalls (step: { readonly calls: ReadonlyArray<readonly [string, unknown]> }, serial: number): object[] {
  return step.calls.map(([name, args], index) => ({ id: `call_${serial}_${index}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }))
}

// Arguments are cut in two, as real models send them in pieces.
function stream (step: Step, response: ServerResponse, serial: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (delta: object, finish: string | null = null): void => {
    response.write(`data: ${JSON.stringify({ id: 'cmpl', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`)
  }
  send({ role: 'assistant', content: 'text' in step ? step.text : 'I will do that. ' })
  if ('calls' in step) {
    step.calls.forEach(([name, args], index) => {
      const text = JSON.stringify(args)
      const middle = Math.floor(text.length / 2)
      send({ tool_calls: [{ index, id: `call_${serial}_${index}`, type: 'function', function: { name, arguments: text.slice(0, middle) } }] })
      send({ tool_calls: [{ index, function: { arguments: text.slice(middle) } }] })
    })
  }
  send({}, 'text' in step ? 'stop' : 'tool_calls')
  response.write(`data: ${JSON.stringify({ id: 'cmpl', object: 'chat.completion.chunk', choices: [], usage })}\n\n`)
  response.end('data: [DONE]\n\n')
}

async function readBody (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
