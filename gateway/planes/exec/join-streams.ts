import type { Readable } from 'node:stream'
import type { Socket } from 'node:net'
import { endText, limitText } from '../../../sandbox/limits.ts'
import type { ToolEnd, ToolProcess } from '../../../sandbox/sandbox.ts'
import { encodeFrame, encodeStream, FRAMES, type Frame, type FrameType } from '../../../sandbox/inside/frames.ts'
import type { StartedInput } from './read-start.ts'

/** Carries a tool's streams over the wrapper's connection until the tool ends. The wrapper leaving kills the tool. */
export async function joinStreams (socket: Socket, input: StartedInput, tool: ToolProcess): Promise<ToolEnd> {
  const leave = (): void => { tool.kill() }
  socket.on('close', leave)
  const receive = (frames: readonly Frame[]): void => {
    for (const frame of frames) feed(frame, socket, tool)
  }
  receive(input.early)
  socket.on('data', (chunk: Buffer) => {
    try {
      receive(input.reader.push(chunk))
    } catch {
      socket.destroy() // frames out of step: nothing after this could be trusted, and close kills the tool
    }
  })
  const listen = (): void => { socket.resume() }
  tool.stdin.on('drain', listen).on('close', listen)
  socket.resume()
  carry(tool.stdout, FRAMES.stdout, socket)
  carry(tool.stderr, FRAMES.stderr, socket)
  const end = await tool.ended
  socket.off('close', leave)
  if (!socket.destroyed) {
    const why = stopText(end)
    if (why !== null) socket.write(encodeFrame(FRAMES.stderr, `weir: the command was stopped${why}\n`))
    socket.end(encodeFrame(FRAMES.exit, Uint8Array.of(end.code & 0xFF)))
  }
  return end
}

function stopText ({ how, code, hit }: ToolEnd): string | null {
  if (how === 'timed-out') return ' at its time limit'
  const what = how === 'over-limit' && hit !== undefined ? limitText(hit) : endText(code)
  return what === null ? null : `: ${what}`
}

function feed (frame: Frame, socket: Socket, tool: ToolProcess): void {
  if (frame.type === FRAMES.stdinEnd) tool.stdin.end()
  if (frame.type !== FRAMES.stdin || tool.stdin.writableEnded || tool.stdin.destroyed) return
  if (!tool.stdin.write(frame.payload)) socket.pause()
}

/** Output waits in the tool's pipe while the wrapper is slow; once the wrapper is gone it is thrown away. */
function carry (from: Readable, type: FrameType, socket: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!socket.destroyed && !socket.write(encodeStream(type, chunk))) from.pause()
  })
  const go = (): void => { from.resume() }
  socket.on('drain', go).on('close', go)
}
