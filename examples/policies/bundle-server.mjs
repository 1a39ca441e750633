// The least bundle server that Weir and OPA can poll, for trying out on one machine: GET and PUT of one file, with ETag and long
// polling. In earnest any web server or object store with authentication serves.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const MAX_BUNDLE_BYTES = 64 * 1024 * 1024
const MAX_WAIT_S = 60

/** Starts it on a free port of 127.0.0.1. */
export async function startBundleServer () {
  let bundle = null
  const waiting = new Set()
  const server = createServer((request, response) => {
    const answer = request.method === 'PUT' ? put : request.method === 'GET' || request.method === 'HEAD' ? get : refuse
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}/bundle.tar.gz`,
    close () {
      server.close()
      server.closeAllConnections()
    },
  }

  async function put (request, response) {
    if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== bundle?.etag) return end(response, 412)
    if (request.headers['if-none-match'] === '*' && bundle !== null) return end(response, 412)
    const chunks = []
    let bytes = 0
    for await (const chunk of request) {
      bytes += chunk.length
      if (bytes > MAX_BUNDLE_BYTES) return end(response, 413)
      chunks.push(chunk)
    }
    const content = Buffer.concat(chunks)
    bundle = { content, etag: `"${createHash('sha256').update(content).digest('hex')}"` }
    for (const wake of waiting) wake()
    response.setHeader('etag', bundle.etag)
    end(response, 204)
  }

  async function get (request, response) {
    const wanted = Number(/(?:^|;)wait=(\d{1,5})/.exec(request.headers.prefer ?? '')?.[1] ?? 0)
    if (wanted > 0 && request.headers['if-none-match'] === bundle?.etag) await change(Math.min(wanted, MAX_WAIT_S), request)
    response.setHeader('content-type', 'application/vnd.openpolicyagent.bundles')
    if (bundle === null) return end(response, 404)
    response.setHeader('etag', bundle.etag)
    if (request.headers['if-none-match'] === bundle.etag) return end(response, 304)
    response.end(request.method === 'HEAD' ? undefined : bundle.content)
  }

  async function change (seconds, request) {
    await new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, seconds * 1_000)
      waiting.add(wake)
      request.socket.once('close', wake)
    })
  }
}

async function refuse (_request, response) {
  end(response, 405)
}

function end (response, status) {
  response.statusCode = status
  response.end()
}
