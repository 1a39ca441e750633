import type { FastifyReply } from 'fastify'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import { redactAnswer } from '../../../adapters/opencode/redact-answer.ts'
import type { Route } from '../../../adapters/opencode/routes/route.ts'
import { GatewayError } from '../../core/errors.ts'

const MAX_REDACTED_BYTES = 67_108_864 // the catalogue of all providers is 6.5 MB
const PASSED_TYPES = ['application/json', 'text/plain', 'text/x-diff', 'application/octet-stream']
const PASSED_HEADERS = ['content-length', 'cache-control', 'x-next-cursor']

/**
 * Passes the agent's answer on: its status, a few headers, and the body, with credentials taken out where the route says so.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the agent answered with something its API never answers
 */
export async function answerClient (route: Route, answer: AgentResponse, reply: FastifyReply, secrets: readonly string[]): Promise<unknown> {
  const type = contentType(answer)
  // The agent serves its web application on paths it does not know; on this origin a page could act as the console.
  if (type === 'text/html') {
    await answer.body.dump()
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent does not know this route.')
  }
  const guarded = reply.code(answer.statusCode).headers({ 'x-content-type-options': 'nosniff', 'content-security-policy': "sandbox; default-src 'none'" })
  if (route.answer === 'redacted') return guarded.header('content-type', 'application/json; charset=utf-8').send(await redactedBody(answer, secrets))
  return guarded.headers(passedHeaders(answer, type)).send(answer.body)
}

async function redactedBody (answer: AgentResponse, secrets: readonly string[]): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > MAX_REDACTED_BYTES) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The answer of the sandboxed agent is too large to be checked for credentials.')
    chunks.push(bytes)
  }
  return JSON.stringify(redactAnswer(parsed(Buffer.concat(chunks).toString('utf8')), secrets))
}

// What cannot be read cannot be redacted, so it is not passed on.
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent did not answer in JSON.', { cause })
  }
}

function passedHeaders (answer: AgentResponse, type: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  if (type === '') return headers
  const given = answer.headers['content-type']
  return { ...headers, 'content-type': PASSED_TYPES.includes(type) && typeof given === 'string' ? given : 'application/octet-stream' }
}

function contentType (answer: AgentResponse): string {
  const given = answer.headers['content-type']
  return typeof given === 'string' ? given.split(';', 1)[0]?.trim().toLowerCase() ?? '' : ''
}
