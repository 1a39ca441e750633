import { once } from 'node:events'
import { connect } from 'node:net'
import { createFrameReader, encodeFrame, FRAMES } from '../../../sandbox/inside/frames.ts'

/** Starts a command at the exec gate as the agent's shell does. @returns what it said, on both streams */
export async function startShell (socketPath: string, command: string): Promise<string> {
  const socket = connect(socketPath)
  const reader = createFrameReader()
  let said = ''
  socket.on('data', (chunk: Buffer) => {
    for (const { type, payload } of reader.push(chunk)) if (type !== FRAMES.exit) said += payload.toString()
  })
  socket.write(Buffer.concat([encodeFrame(FRAMES.start, JSON.stringify({ argv: ['-c', command], cwd: '/workspace' })), encodeFrame(FRAMES.stdinEnd, '')]))
  await once(socket, 'close')
  return said
}
