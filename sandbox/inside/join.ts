import { connect, type NetConnectOpts, type Server, type Socket } from 'node:net'

/** Joins every connection of a server to a new one to `target`. Runs inside a sandbox, so it imports nothing of Weir's. */
export function join (server: Server, target: NetConnectOpts): void {
  server.on('connection', (near: Socket) => {
    const far = connect(target)
    near.pipe(far)
    far.pipe(near)
    // Either end gone means both: a half-dead pair would hold a model stream open for ever.
    near.on('error', () => { far.destroy() }).on('close', () => { far.destroy() })
    far.on('error', () => { near.destroy() }).on('close', () => { near.destroy() })
  })
}
