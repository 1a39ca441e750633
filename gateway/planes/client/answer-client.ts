import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { AgentAnswer } from '../../../adapters/opencode/agent-answer.ts'
import { redactAnswer, withoutAddresses } from '../../../adapters/opencode/redact-answer.ts'
import type { Route } from '../../../adapters/opencode/routes/route.ts'
import { GatewayError } from '../../core/errors.ts'
import { sendBytes } from '../../http/forward/raw-answer.ts'
import { blankBytes, blankText, createBlanking } from './blank-secrets.ts'
import type { SessionOwner } from './session-owner.ts'

const MAX_REDACTED_BYTES = 67_108_864 // the catalogue of all providers is 6.5 MB
const PASSED_TYPES = ['application/json', 'text/plain', 'text/x-diff', 'application/octet-stream']
const GUARDS = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'content-security-policy': "sandbox; default-src 'none'" }
const JSON_TYPE = 'application/json; charset=utf-8'
const PASSED_HEADERS = ['cache-control', 'x-next-cursor']

export interface Cleaning {
  /** Blanked wherever they stand. */
  readonly secrets: readonly string[]
  readonly owner: SessionOwner
}

/**
 * Passes the agent's answer on: its status, a few headers, and the body, without the agent's own credentials and, where the route says
 * so, without any other and without what is of another folder.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the agent answered with something its API never answers
 */
export async function answerClient (route: Route, answer: AgentAnswer, response: ServerResponse, cleaning: Cleaning): Promise<void> {
  const type = contentType(answer)
  // The agent serves its web application on paths it does not know; on this origin a page could act as the console.
  if (type === 'text/html') {
    answer.body?.destroy()
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent does not know this route.')
  }
  if (route.answer === 'redacted' || route.answer === 'owned') {
    const clean = await cleanBody(route, answer, cleaning)
    return sendBytes(response, answer.statusCode, Buffer.from(clean), { ...GUARDS, ...cursorOf(answer), 'content-type': JSON_TYPE })
  }
  if (answer.statusCode >= 400) {
    const clean = cleanError(await wholeText(answer), cleaning.secrets)
    return sendBytes(response, answer.statusCode, Buffer.from(clean), { ...GUARDS, 'content-type': JSON_TYPE })
  }
  const headers = passedHeaders(answer, type)
  if (answer.bytes === null) return passStream(answer, headers, response, cleaning)
  sendBytes(response, answer.statusCode, blankBytes(answer.bytes, cleaning.secrets), headers)
}

function passStream ({ statusCode, headers: given, body }: AgentAnswer & { readonly bytes: null }, headers: Readonly<Record<string, string>>, response: ServerResponse, { secrets }: Cleaning): void {
  const length = given['content-length']
  response.writeHead(statusCode, typeof length === 'string' ? { ...headers, 'content-length': length } : headers)
  // Both ends hear of it when one breaks: the client's connection is cut then, which says that not all was told.
  pipeline(body, createBlanking(secrets), response, () => {})
}

async function cleanBody (route: Route, answer: AgentAnswer, { secrets, owner }: Cleaning): Promise<string> {
  const value = parsed(await wholeText(answer))
  if (route.answer === 'redacted') return JSON.stringify(redactAnswer(value, secrets))
  // An error is no list of sessions.
  return blankText(JSON.stringify(answer.statusCode === 200 ? await owner.ownPart(value) : value), secrets)
}

async function wholeText (answer: AgentAnswer): Promise<string> {
  if (answer.bytes !== null) return answer.bytes.toString('utf8')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > MAX_REDACTED_BYTES) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The answer of the sandboxed agent is too large to be checked for credentials.')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// What went wrong is told in the agent's own words, which may name what it was about to reach.
function cleanError (text: string, secrets: readonly string[]): string {
  try {
    return JSON.stringify(redactAnswer(JSON.parse(text), secrets))
  } catch {
    return JSON.stringify(withoutAddresses(blankText(text, secrets))) // an error need not be JSON
  }
}

// What cannot be read cannot be redacted, so it is not passed on.
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_UPSTREAM', 'The sandboxed agent did not answer in JSON.', { cause })
  }
}

function cursorOf ({ headers }: AgentAnswer): Record<string, string> {
  const cursor = headers['x-next-cursor']
  return typeof cursor === 'string' ? { 'x-next-cursor': cursor } : {}
}

function passedHeaders ({ headers: given }: AgentAnswer, type: string): Record<string, string> {
  const headers: Record<string, string> = Object.assign({}, GUARDS)
  for (const name of PASSED_HEADERS) {
    const value = given[name]
    if (typeof value === 'string') headers[name] = value
  }
  const as = given['content-type']
  if (type !== '') headers['content-type'] = PASSED_TYPES.includes(type) && typeof as === 'string' ? as : 'application/octet-stream'
  return headers
}

function contentType (answer: AgentAnswer): string {
  const given = answer.headers['content-type']
  return typeof given === 'string' ? given.split(';', 1)[0]?.trim().toLowerCase() ?? '' : ''
}
