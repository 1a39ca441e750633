import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asGatewayError, GatewayError } from '../core/errors.ts'
import { readBody } from '../http/forward/read-body.ts'
import { sendError, sendJson } from '../http/forward/raw-answer.ts'
import { readDemoRequest, type DemoRequest } from './demo-request.ts'
import { nextStep, type DemoStep } from './demo-script.ts'

/** A running demo model. `baseUrl` ends before `/chat/completions`. */
export interface DemoModel { readonly baseUrl: string, close (): Promise<void> }

const MAX_BODY_BYTES = 33_554_432 // the default limit of the gateway in front of it
const PIECE_CHARS = 12 // small pieces, so that a first run shows a stream being held and released

/** Starts a scripted model on a loopback port, for a first run without any provider. It needs no key and reaches nothing. */
export async function startDemoModel (): Promise<DemoModel> {
  const server = createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => sendError(response, asGatewayError(thrown)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

async function serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions') throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  const body = await readBody(request, MAX_BODY_BYTES)
  const asked = readDemoRequest(body.toString(), MAX_BODY_BYTES)
  // Without tools OpenCode asks for a session title or a summary.
  const step = asked.hasTools ? nextStep(asked.messages, asked.directory) : { text: 'Weir demo', call: null }
  const usage = usageOf(body.length, step)
  if (asked.streams) stream(response, asked, step, usage)
  else sendJson(response, 200, whole(asked, step, usage))
}

interface Usage { readonly prompt_tokens: number, readonly completion_tokens: number, readonly total_tokens: number }

function stream (response: ServerResponse, asked: DemoRequest, { text, call }: DemoStep, usage: Usage): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (delta: unknown, finish: string | null = null): void => {
    response.write(`data: ${JSON.stringify({ ...envelope(asked, 'chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`)
  }
  send({ role: 'assistant', content: '' })
  for (const content of pieces(text)) send({ content })
  if (call !== null) {
    send({ tool_calls: [{ index: 0, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] })
    for (const part of pieces(JSON.stringify(call.args))) send({ tool_calls: [{ index: 0, function: { arguments: part } }] })
  }
  send({}, call === null ? 'stop' : 'tool_calls')
  response.end(`data: ${JSON.stringify({ ...envelope(asked, 'chat.completion.chunk'), choices: [], usage })}\n\ndata: [DONE]\n\n`)
}

function whole (asked: DemoRequest, { text, call }: DemoStep, usage: Usage): unknown {
  const calls = call === null ? {} : { tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: JSON.stringify(call.args) } }] }
  return {
    ...envelope(asked, 'chat.completion'),
    choices: [{ index: 0, message: { role: 'assistant', content: text, ...calls }, finish_reason: call === null ? 'stop' : 'tool_calls' }],
    usage,
  }
}

function envelope ({ model }: DemoRequest, object: string): Readonly<Record<string, unknown>> {
  return { id: 'chatcmpl-demo', object, created: 0, model }
}

function usageOf (requestBytes: number, { text, call }: DemoStep): Usage {
  const prompt = Math.ceil(requestBytes / 4)
  const completion = Math.ceil((text.length + JSON.stringify(call ?? '').length) / 4)
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

function pieces (text: string): readonly string[] {
  return text.match(new RegExp(`[^]{1,${PIECE_CHARS}}`, 'gu')) ?? []
}
