import { createServer, type IncomingHttpHeaders } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { testFolder } from '../../../support/test-folder.ts'

/** One request as it reached the agent. */
export interface Arrived { readonly line: string, readonly headers: IncomingHttpHeaders, readonly rawHeaders: readonly string[], readonly body: string }

export interface RecordingAgent { readonly socketPath: string, readonly arrived: Arrived[] }

/** A server in the agent's place that writes down what reaches it and answers every request with `[]`, but for the sessions that it has, whose ids are `ses_` and digits. */
export async function startRecordingAgent (t: Test): Promise<RecordingAgent> {
  const socketPath = join(testFolder(t), 'agent.sock')
  const arrived: Arrived[] = []
  const server = createServer((request, response) => {
    text(request).then((body) => {
      arrived.push({ line: `${request.method} ${request.url}`, headers: request.headers, rawHeaders: request.rawHeaders, body })
      const [, id] = /^\/session\/(ses_\d+)\?/.exec(request.url ?? '') ?? []
      response.setHeader('content-type', 'application/json').end(id === undefined ? '[]' : JSON.stringify({ id, directory: '/workspace' }))
    }, () => response.destroy())
  })
  server.listen(socketPath)
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { socketPath, arrived }
}
