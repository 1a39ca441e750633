import { agent, methods, ndJsonStream, RequestError, type AgentContext } from '@agentclientprotocol/sdk'
import { Readable, Writable } from 'node:stream'

// An agent made with the official kit that has its editor run commands. Each prompt is the JSON of one; the answer, of what became of it.

/** What a prompt asks for. `kill`: it is ended as soon as it runs. */
export interface Wanted { readonly command: string, readonly args?: string[], readonly cwd?: string, readonly kill?: boolean }

export type Told =
  | { readonly output: string, readonly exitCode: number | null, readonly signal: string | null, readonly afterRelease: number | string | undefined }
  | { readonly code: number, readonly message: string, readonly data: unknown }

async function run ({ kill = false, ...params }: Wanted, sessionId: string, editor: AgentContext): Promise<Told> {
  try {
    const terminal = await editor.createTerminal({ sessionId, ...params })
    if (kill) await terminal.kill()
    const { exitCode = null, signal = null } = await terminal.waitForExit()
    const { output } = await terminal.currentOutput()
    await terminal.release()
    const afterRelease = await terminal.currentOutput().then(() => 'answered', (error: unknown) => error instanceof RequestError ? error.code : undefined)
    return { output, exitCode, signal, afterRelease }
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    return { code: error.code, message: error.message, data: error.data }
  }
}

agent({ name: 'terminal-agent' })
  .onRequest(methods.agent.initialize, () => ({ protocolVersion: 1, agentCapabilities: {} }))
  .onRequest(methods.agent.session.new, () => ({ sessionId: 'ses_1' }))
  .onRequest(methods.agent.session.prompt, async ({ params: { sessionId, prompt }, client }) => {
    const [part] = prompt
    const told = await run(JSON.parse(part?.type === 'text' ? part.text : '{}') as Wanted, sessionId, client)
    await client.notify(methods.client.session.update, { sessionId, update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: JSON.stringify(told) } } })
    return { stopReason: 'end_turn' as const }
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>))
