import { connect } from 'node:net'
import { createFrameReader, encodeFrame, encodeStream, FRAMES, type Frame } from './frames.ts'

/**
 * What the agent takes for its shell: a thin client of the exec gate. It starts nothing itself and holds no secret;
 * the command runs, if it may, in a sandbox beside this one.
 *
 * Exit code: the command's, 128 + n when a signal ended it, 126 when the gate refused, 125 when the gate is not there.
 */
const GATE = '/weir/gate/exec.sock'
const REFUSED = 126
const NO_GATE = 125

const reader = createFrameReader()
const gate = connect(GATE)
let code = NO_GATE
let settled = false

gate.on('connect', () => { openRequest() })
gate.on('data', (chunk: Buffer) => { receive(chunk) })
gate.on('error', () => { gate.destroy() }) // what it means is said once, on close
gate.on('close', () => {
  if (!settled) process.stderr.write('weir: the exec gate did not answer; nothing more will run\n')
  // Not process.exit: output still in the pipes would be lost.
  process.exitCode = code
  process.stdin.destroy()
})

function openRequest (): void {
  let start: Buffer
  try {
    start = encodeFrame(FRAMES.start, JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd() }))
  } catch {
    settle(REFUSED, 'weir: the command is longer than the limit of 65536 bytes\n')
    return
  }
  gate.write(start)
  process.stdin.on('data', (chunk: Buffer) => { if (!gate.write(encodeStream(FRAMES.stdin, chunk))) pauseStdin() })
  process.stdin.on('end', () => { if (!gate.destroyed) gate.write(encodeFrame(FRAMES.stdinEnd, '')) })
  process.stdin.on('error', () => { process.stdin.destroy() }) // a vanished stdin is an ended one
}

function pauseStdin (): void {
  process.stdin.pause()
  gate.once('drain', () => { process.stdin.resume() })
}

function receive (chunk: Buffer): void {
  try {
    for (const frame of reader.push(chunk)) act(frame)
  } catch {
    settle(NO_GATE, 'weir: the exec gate answered wrongly\n')
  }
}

function act (frame: Frame): void {
  if (frame.type === FRAMES.stdout) forward(process.stdout, frame.payload)
  else if (frame.type === FRAMES.stderr) forward(process.stderr, frame.payload)
  else if (frame.type === FRAMES.refused) settle(REFUSED, `${frame.payload.toString('utf8')}\n`)
  else if (frame.type === FRAMES.exit && frame.payload.length > 0) settle(frame.payload.readUInt8(0), '')
}

/** A slow reader of our output must slow the command, not fill this process. */
function forward (out: NodeJS.WriteStream, payload: Buffer): void {
  if (out.write(payload)) return
  gate.pause()
  out.once('drain', () => { gate.resume() })
}

function settle (exitCode: number, message: string): void {
  settled = true
  code = exitCode
  if (message !== '') process.stderr.write(message)
  gate.destroy()
}
