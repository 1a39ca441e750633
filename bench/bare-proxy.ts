// The baseline: an ungoverned @fastify/http-proxy. Usage: bare-proxy UPSTREAM; prints its port.
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

const upstream = process.argv[2]
if (upstream === undefined) throw new Error('usage: bare-proxy UPSTREAM')
const app = Fastify({ bodyLimit: 64 * 1024 * 1024 })
await app.register(httpProxy, { upstream })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${new URL(address).port}\n`)
