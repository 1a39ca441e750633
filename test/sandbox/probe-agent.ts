import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A server in the agent's place: same port and password; any other path is Python to run where the agent runs. */
const SCRIPT = `#!/weir/bin/node
const http = require('node:http'), cp = require('node:child_process')
http.createServer((request, response) => {
  const expected = 'Basic ' + Buffer.from('opencode:' + process.env.OPENCODE_SERVER_PASSWORD).toString('base64')
  if (request.headers.authorization !== expected) { response.writeHead(401).end(); return }
  if (request.url === '/global/health') { response.end('{}'); return }
  if (request.url === '/exit') process.exit(5)
  cp.execFile('/usr/bin/python3', ['-c', decodeURIComponent(request.url.slice(1))], (error, stdout, stderr) => { response.end(stdout + stderr) })
}).listen(4096, '127.0.0.1')
`

/** Writes the probe as an executable into a folder. @returns its path */
export function writeProbeAgent (folder: string): string {
  const file = join(folder, 'probe-agent')
  writeFileSync(file, SCRIPT)
  chmodSync(file, 0o755)
  return file
}
